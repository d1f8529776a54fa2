#include "base/cage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "in_child.h"

static bool is_limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit both;
    return getrlimit(resource, &both) == 0 && both.rlim_cur == most &&
           both.rlim_max == most;
}

static int enter_and_look(void)
{
    struct error error = {.status = IMH_OK, .text = "untouched"};
    struct cage cage = {.parent = getppid(),
                        .memory_bytes = (uint64_t)3 << 30,
                        .locked_bytes = 8192,
                        .files = 77,
                        .threads = 4000};
    int signal = 0;
    bool entered = cage_enter(&cage, &error);
    int asked = prctl(PR_GET_PDEATHSIG, &signal);
    const bool facts[] = {
        entered,
        error.status == IMH_OK,
        strcmp(error.text, "untouched") == 0,
        asked == 0,
        signal == SIGKILL,
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
        is_limit(RLIMIT_CORE, 0),
        is_limit(RLIMIT_NOFILE, 77),
        is_limit(RLIMIT_AS, (rlim_t)3 << 30),
        is_limit(RLIMIT_NPROC, 4000),
        is_limit(RLIMIT_MEMLOCK, 8192),
        is_limit(RLIMIT_FSIZE, 0),
        is_limit(RLIMIT_STACK, 8 << 20),
        is_limit(RLIMIT_SIGPENDING, 64),
        is_limit(RLIMIT_MSGQUEUE, 0),
        prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void the_cage_has_no_door(void **state)
{
    (void)state;
    holds_in_a_child(enter_and_look);
}

static bool has_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    if (syscall(SYS_capget, &header, sets) != 0) {
        return true;
    }
    return sets[0].permitted || sets[0].effective || sets[0].inheritable ||
           sets[1].permitted || sets[1].effective || sets[1].inheritable;
}

static int enter_as_root(void)
{
    struct error error;
    struct cage cage = {.parent = getppid(), .files = 77};
    const struct rlimit more = {.rlim_cur = 78, .rlim_max = 78};
    const bool facts[] = {
        geteuid() != 0 || has_capabilities(),
        cage_enter(&cage, &error),
        !has_capabilities(),
        setrlimit(RLIMIT_NOFILE, &more) != 0,
        geteuid() != 0 || setuid(65534) != 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void root_has_no_more_rights_in_the_cage_than_others(void **state)
{
    (void)state;
    holds_in_a_child(enter_as_root);
}

/* Our standard error may be a file: the limit must not kill who writes to it. */
static int write_in_the_cage(void)
{
    struct error error;
    char path[] = "/tmp/imh-cage-XXXXXX";
    struct cage cage = {.parent = getppid(), .files = 77};
    int fd = mkstemp(path);
    bool removed = unlink(path) == 0;
    bool before = write(fd, "a", 1) == 1;
    bool entered = cage_enter(&cage, &error);
    ssize_t after = write(fd, "b", 1);
    bool refused = after < 0 && errno == EFBIG;
    const bool facts[] = {removed, before, entered, refused, close(fd) == 0};
    return first_wrong(facts, COUNT(facts));
}

static void no_file_grows_from_the_cage(void **state)
{
    (void)state;
    holds_in_a_child(write_in_the_cage);
}

static uid_t owner_in_proc(void)
{
    char path[64];
    struct stat status = {.st_uid = 4711};
    (void)snprintf(path, sizeof path, "/proc/%d/environ", (int)getpid());
    (void)stat(path, &status);
    return status.st_uid;
}

static int hide_and_look(void)
{
    struct error error;
    bool common = geteuid() != 0 || setuid(65534) == 0;
    bool open = prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0; /* as after an exec */
    const bool facts[] = {
        common,
        open,
        owner_in_proc() == getuid(),
        cage_hide(&error),
        owner_in_proc() == 0,
        is_limit(RLIMIT_CORE, 0),
    };
    return first_wrong(facts, COUNT(facts));
}

static void who_hides_belongs_to_root_in_proc(void **state)
{
    (void)state;
    holds_in_a_child(hide_and_look);
}

static int enter_without_memory_limit(void)
{
    struct error error;
    struct cage cage = {.parent = getppid(), .files = 77};
    struct rlimit before = {0};
    (void)getrlimit(RLIMIT_AS, &before);
    bool entered = cage_enter(&cage, &error);
    struct rlimit after = {0};
    (void)getrlimit(RLIMIT_AS, &after);
    const bool facts[] = {
        entered,
        before.rlim_cur > 0,
        before.rlim_cur == after.rlim_cur,
        before.rlim_max == after.rlim_max,
        is_limit(RLIMIT_NOFILE, 77),
        is_limit(RLIMIT_CORE, 0),
    };
    return first_wrong(facts, COUNT(facts));
}

static void no_memory_limit_leaves_the_one_there_is(void **state)
{
    (void)state;
    holds_in_a_child(enter_without_memory_limit);
}

static int open_too_many(void)
{
    struct error error;
    struct cage cage = {.parent = getppid(), .files = 20};
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool entered = cage_enter(&cage, &error);
    int last = first;
    for (int next = first; next >= 0; next = dup(first)) {
        last = next;
    }
    const bool facts[] = {first >= 0, entered, errno == EMFILE, last == 19};
    return first_wrong(facts, COUNT(facts));
}

static void the_cage_holds_so_many_files(void **state)
{
    (void)state;
    holds_in_a_child(open_too_many);
}

static bool can_map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED && munmap(memory, bytes) == 0;
}

static int take_too_much(void)
{
    struct error error;
    const size_t bytes = (size_t)2 << 30;
    struct cage cage = {.parent = getppid(), .memory_bytes = bytes, .files = 77};
    bool could = can_map(bytes);
    bool entered = cage_enter(&cage, &error);
    bool can = can_map(bytes);
    const bool facts[] = {could, entered, !can, errno == ENOMEM};
    return first_wrong(facts, COUNT(facts));
}

static void the_cage_holds_so_much_memory(void **state)
{
    (void)state;
    holds_in_a_child(take_too_much);
}

static int enter_with_another_parent(void)
{
    struct error error = {.status = IMH_OK};
    struct cage cage = {.parent = getpid(), .files = 77};
    bool entered = cage_enter(&cage, &error);
    const bool facts[] = {
        !entered,
        error.status == IMH_BROKEN,
        strcmp(error.text, "the parent process is gone") == 0,
        !is_limit(RLIMIT_NOFILE, 77),
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_parent_that_is_gone_already_is_noticed(void **state)
{
    (void)state;
    holds_in_a_child(enter_with_another_parent);
}

static int ask_for_more_files_than_there_are(void)
{
    struct error error = {.status = IMH_OK};
    struct cage cage = {.parent = getppid(), .files = UINT32_MAX};
    bool entered = cage_enter(&cage, &error);
    const bool facts[] = {
        !entered,
        error.status == IMH_BROKEN,
        strncmp(error.text, "cannot limit open files: ", 25) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_limit_that_cannot_be_set_is_an_error(void **state)
{
    (void)state;
    holds_in_a_child(ask_for_more_files_than_there_are);
}

static int ask_for_more_memory_than_allowed(void)
{
    struct error error = {.status = IMH_OK};
    struct cage cage = {
        .parent = getppid(), .memory_bytes = (uint64_t)1 << 42, .files = 77};
    const struct rlimit both = {.rlim_cur = (rlim_t)1 << 41, .rlim_max = (rlim_t)1 << 41};
    bool limited = setrlimit(RLIMIT_AS, &both) == 0;
    bool common = geteuid() != 0 || seteuid(65534) == 0; /* root may raise limits again */
    bool entered = cage_enter(&cage, &error);
    const bool facts[] = {
        limited,
        common,
        !entered,
        error.status == IMH_BROKEN,
        strncmp(error.text, "cannot limit memory: ", 21) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_limit_is_not_raised(void **state)
{
    (void)state;
    holds_in_a_child(ask_for_more_memory_than_allowed);
}

/* Enters, says its number, tells the parent to go and waits for ever. */
static void wait_in_the_cage(int say, int ready)
{
    struct error error;
    struct cage cage = {.parent = getppid(), .files = 77};
    if (cage_enter(&cage, &error)) {
        pid_t self = getpid();
        (void)!write(say, &self, sizeof self);
        (void)!write(ready, "", 1);
        (void)pause();
    }
    _exit(1);
}

static int leave_one_behind(int say)
{
    int ready[2];
    char byte;
    bool piped = pipe(ready) == 0;
    pid_t child = piped ? fork() : -1;
    if (child == 0) {
        wait_in_the_cage(say, ready[1]);
    }
    const bool facts[] = {
        piped,
        child > 0,
        close(ready[1]) == 0,
        read(ready[0], &byte, 1) == 1,
    };
    return first_wrong(facts, COUNT(facts));
}

static void who_is_in_the_cage_dies_with_the_parent(void **state)
{
    (void)state;
    int said[2];
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(pipe(said), 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(leave_one_behind(said[1]));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pid_t grandchild = -1;
    assert_int_equal(read(said[0], &grandchild, sizeof grandchild), sizeof grandchild);
    (void)alarm(60);
    assert_int_equal(waitpid(grandchild, &status, 0), grandchild);
    (void)alarm(0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(close(said[0]) + close(said[1]), 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cage_has_no_door),
        cmocka_unit_test(root_has_no_more_rights_in_the_cage_than_others),
        cmocka_unit_test(no_file_grows_from_the_cage),
        cmocka_unit_test(who_hides_belongs_to_root_in_proc),
        cmocka_unit_test(no_memory_limit_leaves_the_one_there_is),
        cmocka_unit_test(the_cage_holds_so_many_files),
        cmocka_unit_test(the_cage_holds_so_much_memory),
        cmocka_unit_test(a_parent_that_is_gone_already_is_noticed),
        cmocka_unit_test(a_limit_that_cannot_be_set_is_an_error),
        cmocka_unit_test(a_limit_is_not_raised),
        cmocka_unit_test(who_is_in_the_cage_dies_with_the_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
