#include "engine/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "open_files.h"

enum { PATIENCE_MS = 10000, FIRST_FD = 3 };

static char self[4096];

/* ---- what a child does: this program, started with a word ---- */

static int child_exit(void)
{
    return 7;
}

static int child_raise(int signal_number)
{
    (void)signal(signal_number, SIG_DFL); /* a sanitizer would turn it into an exit */
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    (void)raise(signal_number);
    return 99;
}

/* Ends with the number of what it should not have got. */
static int child_inherits(void)
{
    sigset_t blocked;
    char byte;
    struct sigaction action;
    bool good = environ[0] == NULL && getpgrp() == getpid() && getsid(0) == getpid() &&
                read(STDIN_FILENO, &byte, 1) == 0 &&
                sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 &&
                !sigismember(&blocked, SIGTERM) && sigaction(SIGPIPE, NULL, &action) == 0 &&
                action.sa_handler == SIG_DFL;
    return good ? 0 : 1;
}

/* Writes into 3 and 4 which of them it is; nothing else is open. */
static int child_files(void)
{
    bool good = write(FIRST_FD, "first", 5) == 5 && write(FIRST_FD + 1, "second", 6) == 6;
    return good && open_files() == FIRST_FD + 2 ? 0 : 1;
}

static int child_writes(void)
{
    bool good =
        write(STDOUT_FILENO, "out ", 4) == 4 && write(STDERR_FILENO, "error", 5) == 5;
    return good && open_files() == FIRST_FD ? 0 : 1;
}

static int child_waits(void)
{
    while (pause() < 0) {
    }
    return 0;
}

/* Starts one of its own, which keeps descriptor 3 open, and ends. */
static int child_leaves_one_behind(void)
{
    if (fork() == 0) {
        return child_waits();
    }
    return 0;
}

static int play(const char *word)
{
    static const struct {
        const char *word;
        int (*act)(void);
    } acts[] = {
        {"exit", child_exit},
        {"inherits", child_inherits},
        {"files", child_files},
        {"waits", child_waits},
        {"leaves", child_leaves_one_behind},
        {"writes", child_writes},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(word, acts[i].word) == 0) {
            return acts[i].act();
        }
    }
    return child_raise((int)strtol(word, NULL, 10));
}

/* ---- in the test ---- */

static struct process start(const char *word, const int *fds, unsigned count)
{
    const char *const arguments[] = {self, word, NULL};
    struct process process = {.pidfd = -1};
    struct error error;
    assert_true(process_start(&process, arguments, fds, count, -1, &error));
    assert_true(process.pid > 0);
    assert_true(process.pidfd >= 0);
    return process;
}

static void wait_for_end(const struct process *process)
{
    struct pollfd fd = {.fd = process->pidfd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
}

/* Ends by itself, and `how` says so. */
static void ends(const char *word, const char *wanted)
{
    char how[160] = "";
    struct process process = start(word, NULL, 0);
    wait_for_end(&process);
    assert_true(process_reap(&process, how, sizeof how));
    assert_string_equal(how, wanted);
    assert_int_equal(process.pid, 0);
    assert_int_equal(process.pidfd, -1);
    assert_false(process_reap(&process, how, sizeof how));
}

static void an_end_is_told_as_people_say_it(void **state)
{
    (void)state;
    size_t files = open_files();
    ends("exit", "exited with status 7");
    ends("11", "killed by signal 11 (it used memory that is not its own)");
    ends("6", "killed by signal 6 (it gave up by itself)");
    ends("31", "killed by signal 31 (it asked the system for something forbidden)");
    ends("9", "killed by signal 9 (it was ended by force)");
    ends("14", "killed by signal 14");
    assert_int_equal(open_files(), files);
}

static void a_long_story_is_cut(void **state)
{
    char how[12] = "";
    (void)state;
    struct process process = start("exit", NULL, 0);
    wait_for_end(&process);
    assert_true(process_reap(&process, how, sizeof how));
    assert_string_equal(how, "exited with");
}

static void a_child_gets_nothing_it_was_not_given(void **state)
{
    sigset_t blocked;
    sigset_t before;
    (void)state;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &before), 0);
    void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
    ends("inherits", "exited with status 0");
    (void)signal(SIGPIPE, handler);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void read_is(int fd, const char *wanted)
{
    char got[16] = "";
    assert_int_equal(read(fd, got, sizeof got - 1), strlen(wanted));
    assert_string_equal(got, wanted);
}

/* Descriptors may have any numbers here: also 4 and 3, the wrong way round. */
static void descriptors_are_handed_on_in_order_and_closed_here(void **state)
{
    int first[2];
    int second[2];
    char how[160] = "";
    (void)state;
    size_t files = open_files();
    assert_int_equal(pipe(first), 0);
    assert_int_equal(pipe(second), 0);
    const int high = fcntl(first[1], F_DUPFD, 20);
    assert_int_equal(dup2(second[1], first[1]), first[1]); /* second, by a lower number */
    assert_int_equal(close(second[1]), 0);
    const int fds[] = {high, first[1]};
    struct process process = start("files", fds, 2);
    assert_int_equal(fcntl(high, F_GETFD), -1);
    read_is(first[0], "first");
    read_is(second[0], "second");
    wait_for_end(&process);
    assert_true(process_reap(&process, how, sizeof how));
    assert_string_equal(how, "exited with status 0");
    assert_int_equal(close(first[0]), 0);
    assert_int_equal(close(second[0]), 0);
    assert_int_equal(open_files(), files);
}

static void what_a_child_writes_goes_where_it_shall(void **state)
{
    const char *const arguments[] = {self, "writes", NULL};
    struct process process = {.pidfd = -1};
    struct error error;
    char how[160] = "";
    int output[2];
    (void)state;
    size_t files = open_files();
    assert_int_equal(pipe(output), 0);
    assert_true(process_start(&process, arguments, NULL, 0, output[1], &error));
    wait_for_end(&process);
    assert_true(process_reap(&process, how, sizeof how));
    assert_string_equal(how, "exited with status 0");
    read_is(output[0], "out error");
    assert_int_equal(close(output[0]), 0);
    assert_int_equal(open_files(), files);
}

static void what_cannot_be_started_is_an_error_and_leaves_nothing_open(void **state)
{
    const char *const arguments[] = {"/nowhere/imh-net", NULL};
    struct process process = {.pidfd = -1};
    struct error error;
    int pair[2];
    (void)state;
    assert_int_equal(pipe(pair), 0);
    assert_false(process_start(&process, arguments, &pair[1], 1, -1, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_string_equal(error.text,
                        "cannot start /nowhere/imh-net: No such file or directory");
    assert_int_equal(fcntl(pair[1], F_GETFD), -1);
    assert_int_equal(process.pid, 0);
    assert_int_equal(close(pair[0]), 0);
}

static void a_process_that_runs_is_not_reaped_and_can_be_ended(void **state)
{
    char how[160] = "untouched";
    (void)state;
    struct process process = start("waits", NULL, 0);
    pid_t pid = process.pid;
    assert_false(process_reap(&process, how, sizeof how));
    assert_string_equal(how, "untouched");
    process_end(&process);
    assert_int_equal(process.pid, 0);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    process_end(&process);
    process_kill(&process);
}

/* A pipe that all of the group hold open: its end is theirs. */
static void what_a_child_left_behind_ends_with_it(void **state)
{
    int pair[2];
    char how[160] = "";
    char byte;
    (void)state;
    assert_int_equal(pipe(pair), 0);
    struct process process = start("leaves", &pair[1], 1);
    wait_for_end(&process);
    assert_true(process_reap(&process, how, sizeof how));
    assert_string_equal(how, "exited with status 0");
    struct pollfd fd = {.fd = pair[0], .events = POLLIN};
    assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
    assert_int_equal(read(pair[0], &byte, 1), 0);
    assert_int_equal(close(pair[0]), 0);
}

static void no_process_is_no_trouble(void **state)
{
    struct process process = {.pidfd = -1};
    char how[160];
    (void)state;
    process_kill(&process);
    process_end(&process);
    assert_false(process_reap(&process, how, sizeof how));
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return play(argv[1]);
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_end_is_told_as_people_say_it),
        cmocka_unit_test(a_long_story_is_cut),
        cmocka_unit_test(a_child_gets_nothing_it_was_not_given),
        cmocka_unit_test(descriptors_are_handed_on_in_order_and_closed_here),
        cmocka_unit_test(what_a_child_writes_goes_where_it_shall),
        cmocka_unit_test(what_cannot_be_started_is_an_error_and_leaves_nothing_open),
        cmocka_unit_test(a_process_that_runs_is_not_reaped_and_can_be_ended),
        cmocka_unit_test(what_a_child_left_behind_ends_with_it),
        cmocka_unit_test(no_process_is_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
