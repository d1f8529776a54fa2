/* in_child - what changes a process for good is tested in a child of its own. */
#ifndef TESTS_UNIT_BASE_IN_CHILD_H
#define TESTS_UNIT_BASE_IN_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The child answers with 0, or with the number of the first fact that is none. */
static inline void holds_in_a_child(int (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(body());
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0) {
        fail_msg("fact number %d", WEXITSTATUS(status));
    }
}

static inline int first_wrong(const bool *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!facts[i]) {
            return (int)i + 1;
        }
    }
    return 0;
}

#endif
