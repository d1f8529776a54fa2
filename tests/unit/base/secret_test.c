#include "base/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct secret *copy(const char *text)
{
    struct error error;
    struct secret *secret = secret_copy(str_from(text), &error);
    assert_non_null(secret);
    return secret;
}

static void holds_what_it_was_given(void **state)
{
    (void)state;
    OWN(secret) secret = copy("s3cret");
    struct str value = secret_reveal(secret);
    assert_true(str_is(value, "s3cret"));
    assert_int_equal(value.ptr[value.len], '\0');
    assert_int_equal(secret_length(secret), 6);
    secret_free(NULL);
}

static void any_length_fits_and_not_one_byte_more(void **state)
{
    static const size_t lengths[] = {0, 1, 4000, 4095, 4096, 4097, 65536};
    static const char bytes[65536] = "x";
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        OWN(secret) secret = secret_make(lengths[i], &error);
        assert_non_null(secret);
        assert_true(secret_add(secret, (struct str){bytes, lengths[i]}));
        assert_false(secret_add(secret, STR_OF("y")));
        assert_null(secret_extend(secret, 1));
        assert_non_null(secret_extend(secret, 0));
        assert_int_equal(secret_length(secret), lengths[i]);
        assert_memory_equal(secret_reveal(secret).ptr, bytes, lengths[i]);
    }
    assert_null(secret_make(SIZE_MAX, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_null(secret_make((size_t)1 << 46, &error));
    assert_string_equal(error.text, "no memory for a secret");
}

static void what_is_cut_off_is_overwritten(void **state)
{
    (void)state;
    OWN(secret) secret = copy("front and behind");
    secret_cut(secret, 100);
    assert_int_equal(secret_length(secret), 16);
    secret_cut(secret, 5);
    struct str value = secret_reveal(secret);
    assert_true(str_is(value, "front"));
    assert_memory_equal(value.ptr, "front\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void one_newline_at_the_end_is_cut(void **state)
{
    static const char *const pairs[][2] = {
        {"a\n", "a"}, {"a\r\n", "a"},    {"a\n\n", "a\n"}, {"a\r", "a\r"},
        {"a", "a"},   {"\na", "\na"},    {"\n", ""},       {"", ""},
        {"\r\n", ""}, {"a\n\r", "a\n\r"}};
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        OWN(secret) secret = copy(pairs[i][0]);
        secret_cut_newline(secret);
        assert_true(str_is(secret_reveal(secret), pairs[i][1]));
    }
}

/* A descriptor from which this can be read. */
static int file_of(const char *content, size_t bytes)
{
    int fd = memfd_create("secret", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, bytes), bytes);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void a_file_is_read_to_its_end_and_no_further_than_allowed(void **state)
{
    static const struct {
        const char *content;
        size_t most;
        bool good;
    } rows[] = {{"", 0, true}, {"12345", 5, true}, {"123456", 5, false}, {"1", 0, false}};
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int fd = file_of(rows[i].content, strlen(rows[i].content));
        OWN(secret) secret = secret_read(fd, "it", rows[i].most, &error);
        assert_int_equal(secret != NULL, rows[i].good);
        if (secret) {
            assert_true(str_is(secret_reveal(secret), rows[i].content));
            assert_null(
                secret_extend(secret, 1)); /* it takes no more room than it has to */
        } else {
            assert_int_equal(error.status, IMH_REJECTED);
            assert_non_null(strstr(error.text, "it: larger than "));
        }
        assert_int_equal(close(fd), 0);
    }
    assert_null(secret_read(-1, "it", 5, &error));
    assert_string_equal(error.text, "it: Bad file descriptor");
}

/* The flags that the kernel has for the pages at this address: "rd wr lo dd wf". */
static void flags_of(const void *at, char *flags, size_t bytes)
{
    char line[512];
    bool here = false;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    *flags = '\0';
    while (!*flags && fgets(line, sizeof line, maps)) {
        char *dash;
        unsigned long from = strtoul(line, &dash, 16);
        if (*dash == '-') {
            unsigned long to = strtoul(dash + 1, NULL, 16);
            here = (uintptr_t)at >= from && (uintptr_t)at < to;
        } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
            (void)snprintf(flags, bytes, "%.150s", line + 8);
        }
    }
    assert_int_equal(fclose(maps), 0);
}

static void its_pages_are_locked_and_in_no_dump(void **state)
{
    char flags[200];
    (void)state;
    OWN(secret) secret = copy("s3cret");
    flags_of(secret_reveal(secret).ptr, flags, sizeof flags);
    assert_non_null(strstr(flags, " rd wr "));
    assert_non_null(strstr(flags, " dd")); /* not in core dumps */
    assert_non_null(strstr(flags, " wf")); /* wiped on fork */
#if !defined(IMH_SANITIZE)
    assert_non_null(strstr(flags, " lo")); /* locked; sanitizers take mlock() away */
#endif
}

static void without_memory_to_lock_a_secret_is_kept_all_the_same(void **state)
{
    static const struct rlimit none = {0, 0};
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct error error;
        (void)setrlimit(RLIMIT_MEMLOCK, &none);
        (void)!setuid(65534);
        struct secret *secret = secret_copy(STR_OF("s3cret"), &error);
        _exit(secret && str_is(secret_reveal(secret), "s3cret") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The signal that ends a child which looks `offset` bytes beyond the value's end. */
static int signal_of_looking(const char *at)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        static const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGSEGV, SIG_DFL);
        volatile char seen = *(const volatile char *)at;
        _exit(seen == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void a_byte_further_nobody_may_look(void **state)
{
    (void)state;
    OWN(secret) secret = copy("s3cret");
    struct str value = secret_reveal(secret);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(signal_of_looking(value.ptr + value.len + 1), SIGSEGV);
    assert_int_equal(signal_of_looking(value.ptr - page), SIGSEGV);
    /* The child sees zeros where the value is. */
    assert_int_equal(signal_of_looking(value.ptr), 0);
}

static void a_freed_secret_is_nowhere_in_memory(void **state)
{
    char flags[200];
    (void)state;
    struct secret *secret = copy("s3cret");
    const char *at = secret_reveal(secret).ptr;
    secret_free(secret);
    flags_of(at, flags, sizeof flags);
    assert_string_equal(flags, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_it_was_given),
        cmocka_unit_test(any_length_fits_and_not_one_byte_more),
        cmocka_unit_test(what_is_cut_off_is_overwritten),
        cmocka_unit_test(one_newline_at_the_end_is_cut),
        cmocka_unit_test(a_file_is_read_to_its_end_and_no_further_than_allowed),
        cmocka_unit_test(its_pages_are_locked_and_in_no_dump),
        cmocka_unit_test(without_memory_to_lock_a_secret_is_kept_all_the_same),
        cmocka_unit_test(a_byte_further_nobody_may_look),
        cmocka_unit_test(a_freed_secret_is_nowhere_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
