#include "base/cage_seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <seccomp.h>

#include "in_child.h"

/* One call, and how it ends: 0 for well, else errno. In its arguments SELF and PARENT stand
 * for process numbers. */
struct attempt {
    const char *what;
    long number;
    long arguments[6];
    int wanted;
};

enum { SELF = -1001, PARENT = -1002 };

static bool enter(const struct cage_rules *rules)
{
    struct error error;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && cage_seccomp_enter(rules, &error);
}

static bool seal(void)
{
    struct error error;
    return cage_seccomp_enter(&cage_rules_loaded, &error);
}

static long argument(const struct attempt *attempt, size_t number)
{
    long value = attempt->arguments[number];
    return value == SELF ? getpid() : value == PARENT ? getppid() : value;
}

static int try_one(const struct attempt *attempt)
{
    long got = syscall(attempt->number, argument(attempt, 0), argument(attempt, 1),
                       argument(attempt, 2), argument(attempt, 3), argument(attempt, 4),
                       argument(attempt, 5));
    return got < 0 ? errno : 0;
}

/* The number of the first that does not end as it should, from 1; 0 when all do. */
static int try_all(const struct attempt *attempts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (try_one(&attempts[i]) != attempts[i].wanted) {
            return (int)i + 1;
        }
    }
    return 0;
}

#define FILE_NAME ((long)"/etc/passwd")

/* ---- a worker ---- */

enum { THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM };

static const struct attempt of_worker[] = {
    {"no sockets", SYS_socket, {AF_INET, SOCK_STREAM}, EPERM},
    {"", SYS_socket, {AF_UNIX, SOCK_STREAM}, EPERM},
    {"", SYS_socket, {AF_NETLINK, SOCK_RAW}, EPERM},
    {"", SYS_socketpair, {AF_UNIX, SOCK_STREAM}, EPERM},
    {"", SYS_connect, {0}, EPERM},
    {"", SYS_bind, {0}, EPERM},
    {"", SYS_listen, {0}, EPERM},
    {"no programs, no processes", SYS_execve, {(long)"/bin/true"}, EPERM},
    {"", SYS_execveat, {AT_FDCWD}, EPERM},
    {"", SYS_clone, {SIGCHLD}, EPERM},
    {"", SYS_clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}, EPERM},
    {"", SYS_clone, {THREAD | CLONE_THREAD | CLONE_NEWNS}, EPERM},
    {"", SYS_clone, {THREAD}, EPERM},
    {"", SYS_clone3, {0}, ENOSYS},
    {"", SYS_unshare, {CLONE_NEWUSER}, EPERM},
    {"", SYS_setns, {0}, EPERM},
    {"nobody else", SYS_kill, {PARENT, 0}, EPERM},
    {"", SYS_kill, {-1, 0}, EPERM},
    {"", SYS_kill, {0, 0}, EPERM},
    {"", SYS_kill, {SELF, 0}, 0},
    {"", SYS_tgkill, {PARENT, PARENT, 0}, EPERM},
    {"", SYS_tgkill, {SELF, SELF, 0}, 0},
    {"", SYS_tkill, {SELF, 0}, EPERM},
    {"", SYS_ptrace, {PTRACE_ATTACH, PARENT}, EPERM},
    {"", SYS_ptrace, {PTRACE_TRACEME}, EPERM},
    {"", SYS_process_vm_readv, {PARENT}, EPERM},
    {"", SYS_process_vm_writev, {PARENT}, EPERM},
    {"", SYS_pidfd_open, {PARENT}, EPERM},
    {"", SYS_pidfd_send_signal, {0}, EPERM},
    {"", SYS_pidfd_getfd, {0}, EPERM},
    {"", SYS_fcntl, {0, F_SETOWN, PARENT}, EPERM},
    {"", SYS_fcntl, {0, F_GETFD}, 0},
    {"reading files, nothing else", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDONLY}, 0},
    {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_WRONLY}, EPERM},
    {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDWR}, EPERM},
    {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDONLY | O_CREAT}, EPERM},
    {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDONLY | O_TRUNC}, EPERM},
    {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_PATH}, EPERM},
    {"", SYS_openat, {AT_FDCWD, (long)"/tmp", O_TMPFILE | O_RDWR}, EPERM},
    {"", SYS_openat2, {AT_FDCWD, FILE_NAME, 0, 0}, ENOSYS},
    {"", SYS_unlinkat, {AT_FDCWD, FILE_NAME}, EPERM},
    {"", SYS_fchmod, {0}, EPERM},
    {"", SYS_ftruncate, {0}, EPERM},
    {"", SYS_memfd_create, {(long)"x"}, EPERM},
    {"limits stay", SYS_prlimit64, {0, RLIMIT_NOFILE, 0, 0}, 0},
    {"", SYS_prlimit64, {0, RLIMIT_NOFILE, FILE_NAME, 0}, EPERM},
    {"", SYS_prlimit64, {PARENT, RLIMIT_NOFILE, 0, 0}, EPERM},
    {"", SYS_prctl, {PR_SET_NAME, (long)"name"}, 0},
    {"", SYS_prctl, {PR_SET_DUMPABLE, 1}, EPERM},
    {"", SYS_prctl, {PR_SET_PDEATHSIG, 0}, EPERM},
    {"", SYS_prctl, {PR_SET_SECCOMP, 0}, EPERM},
    {"", SYS_setresuid, {0}, EPERM},
    {"", SYS_personality, {0x0400000}, EPERM},
    {"the kernel's larger rooms", SYS_io_uring_setup, {1}, EPERM},
    {"", SYS_bpf, {0}, EPERM},
    {"", SYS_keyctl, {0}, EPERM},
    {"", SYS_add_key, {0}, EPERM},
    {"", SYS_mount, {0}, EPERM},
    {"", SYS_perf_event_open, {0}, EPERM},
    {"", SYS_userfaultfd, {0}, EPERM},
    {"", SYS_timer_create, {0}, EPERM},
    {"", SYS_timerfd_create, {0}, EPERM},
    {"", SYS_ioctl, {0, 0x5412}, EPERM},
    {"", SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, 0x22}, EPERM},
};

static int act_as_worker(void)
{
    return enter(&cage_rules_worker) ? try_all(of_worker, COUNT(of_worker)) : 250;
}

static void a_worker_is_kept_from_everything_else(void **state)
{
    (void)state;
    holds_in_a_child(act_as_worker);
}

static void *run_thread(void *self)
{
    *(bool *)self = true;
    return NULL;
}

static bool can_have_a_thread(void)
{
    pthread_t thread;
    bool ran = false;
    return pthread_create(&thread, NULL, run_thread, &ran) == 0 &&
           pthread_join(thread, NULL) == 0 && ran;
}

static bool can_use_memory(void)
{
    char *small = malloc(100);
    char *large = malloc(2 << 20);
    bool good = small && large;
    free(small);
    free(large);
    return good;
}

static int work(void)
{
    int pair[2];
    int pipes[2];
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct timespec moment = {.tv_nsec = 1};
    struct stat status;
    bool paired = socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
    const bool facts[] = {
        paired,
        enter(&cage_rules_worker),
        can_have_a_thread(),
        can_use_memory(),
        sendmsg(pair[0], &message, MSG_NOSIGNAL) == 1,
        recvmsg(pair[1], &message, 0) == 1,
        eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) >= 0,
        pipe(pipes) == 0,
        fcntl(pipes[0], F_SETFL, O_NONBLOCK) == 0,
        nanosleep(&moment, NULL) == 0,
        fstat(pipes[0], &status) == 0,
        seal(),
        can_have_a_thread(),
        can_use_memory(),
        sendmsg(pair[0], &message, MSG_NOSIGNAL) == 1,
        recvmsg(pair[1], &message, 0) == 1,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_worker_can_work(void **state)
{
    (void)state;
    holds_in_a_child(work);
}

static int act_when_loaded(void)
{
    const struct attempt attempts[] = {
        {"no files", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDONLY}, EPERM},
        {"", SYS_newfstatat, {AT_FDCWD, FILE_NAME}, EPERM},
        {"no code", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, 0x22}, EPERM},
        {"", SYS_mmap, {0, 4096, PROT_READ | PROT_WRITE, 0x22}, 0},
        {"", SYS_mprotect, {0, 4096, PROT_EXEC}, EPERM},
        {"no way back", SYS_seccomp, {0}, EPERM},
        {"what was refused before", SYS_socket, {AF_INET, SOCK_STREAM}, EPERM},
        {"", SYS_clone3, {0}, ENOSYS},
    };
    bool entered = enter(&cage_rules_worker) && seal();
    return entered ? try_all(attempts, COUNT(attempts)) : 250;
}

static void a_loaded_plugin_opens_no_files_and_makes_no_code(void **state)
{
    (void)state;
    holds_in_a_child(act_when_loaded);
}

/* A thread of a constructor is there before the rest is taken away. */
struct early {
    int start[2], done[2];
    int failed; /* of its open() */
};

static void *open_later(void *self)
{
    struct early *early = self;
    char byte;
    if (read(early->start[0], &byte, 1) == 1) {
        int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        early->failed = fd < 0 ? errno : close(fd);
        (void)!write(early->done[1], "", 1);
    }
    return NULL;
}

static int seal_with_a_thread_there(void)
{
    struct early early = {.failed = -1};
    pthread_t thread;
    char byte;
    bool piped = pipe(early.start) == 0 && pipe(early.done) == 0;
    const bool facts[] = {
        piped,
        enter(&cage_rules_worker),
        pthread_create(&thread, NULL, open_later, &early) == 0,
        seal(),
        write(early.start[1], "", 1) == 1,
        read(early.done[0], &byte, 1) == 1,
        early.failed == EPERM,
    };
    return first_wrong(facts, COUNT(facts));
}

static void what_is_taken_away_is_taken_from_all_threads(void **state)
{
    (void)state;
    holds_in_a_child(seal_with_a_thread_there);
}

/* One with a filter of its own cannot be sealed: then nothing goes on. */
static void *filter_itself(void *self)
{
    struct early *early = self;
    char byte;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    (void)seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), SCMP_SYS(getppid), 0);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    early->failed = seccomp_load(filter);
    seccomp_release(filter);
    (void)!write(early->done[1], "", 1);
    (void)!read(early->start[0], &byte, 1);
    return NULL;
}

static int seal_with_a_thread_that_resists(void)
{
    struct error error = {.status = IMH_OK};
    struct early early = {.failed = -1};
    pthread_t thread;
    char byte;
    bool piped = pipe(early.start) == 0 && pipe(early.done) == 0;
    bool entered = enter(&cage_rules_worker);
    bool started = pthread_create(&thread, NULL, filter_itself, &early) == 0 &&
                   read(early.done[0], &byte, 1) == 1;
    bool sealed = cage_seccomp_enter(&cage_rules_loaded, &error);
    const bool facts[] = {
        piped, entered, started, early.failed == 0, !sealed, error.status == IMH_BROKEN,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_thread_that_resists_is_an_error(void **state)
{
    (void)state;
    holds_in_a_child(seal_with_a_thread_that_resists);
}

/* ---- imh-net ---- */

static int act_as_net(void)
{
    const struct attempt attempts[] = {
        {"the internet", SYS_socket, {AF_INET, SOCK_STREAM}, 0},
        {"", SYS_socket, {AF_INET6, SOCK_DGRAM}, 0},
        {"", SYS_socket, {AF_UNIX, SOCK_STREAM}, EPERM},
        {"", SYS_socket, {AF_NETLINK, SOCK_RAW}, EPERM},
        {"", SYS_socket, {AF_PACKET, SOCK_RAW}, EPERM},
        {"no programs, nobody else", SYS_execve, {(long)"/bin/true"}, EPERM},
        {"", SYS_clone, {SIGCHLD}, EPERM},
        {"", SYS_kill, {PARENT, 0}, EPERM},
        {"", SYS_ptrace, {PTRACE_ATTACH, PARENT}, EPERM},
        {"", SYS_process_vm_readv, {PARENT}, EPERM},
        {"reading files", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDONLY}, 0},
        {"", SYS_openat, {AT_FDCWD, FILE_NAME, O_RDWR}, EPERM},
        {"", SYS_unlinkat, {AT_FDCWD, FILE_NAME}, EPERM},
        {"", SYS_listen, {0}, EPERM},
        {"", SYS_io_uring_setup, {1}, EPERM},
        {"", SYS_seccomp, {0}, EPERM},
        {"", SYS_prctl, {PR_SET_DUMPABLE, 1}, EPERM},
    };
    return enter(&cage_rules_net) ? try_all(attempts, COUNT(attempts)) : 250;
}

static int resolve_a_name(void)
{
    struct addrinfo *found = NULL;
    const bool facts[] = {
        enter(&cage_rules_net),
        can_have_a_thread(),
        getaddrinfo("localhost", "http", NULL, &found) == 0 && found != NULL,
    };
    return first_wrong(facts, COUNT(facts));
}

static void imh_net_reaches_the_internet_and_nothing_else(void **state)
{
    (void)state;
    holds_in_a_child(act_as_net);
    holds_in_a_child(resolve_a_name);
}

/* ---- kernels ---- */

static bool pretend_there_is_none(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool good =
        filter &&
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0) == 0 &&
        seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

static int enter_without(void)
{
    struct error possible = {.status = IMH_OK};
    struct error entered = {.status = IMH_OK};
    const bool facts[] = {
        pretend_there_is_none(),
        !cage_seccomp_is_possible(&possible),
        possible.status == IMH_BROKEN,
        strncmp(possible.text,
                "plugins cannot be caged on this kernel, so none is run: ", 56) == 0,
        !cage_seccomp_enter(&cage_rules_worker, &entered),
        entered.status == IMH_BROKEN,
        strncmp(entered.text,
                "imh-worker cannot be kept from system calls (seccomp): ", 55) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_kernel_without_it_cages_nobody(void **state)
{
    struct error error;
    (void)state;
    assert_true(cage_seccomp_is_possible(&error)); /* else these tests show nothing */
    holds_in_a_child(enter_without);
}

#ifdef __x86_64__
/* As a program of 32 bits would ask: in that table number 20 is getpid. */
static int call_of_another_machine(void)
{
    long got = 20;
    if (!enter(&cage_rules_worker)) {
        return 250;
    }
    __asm__ volatile("int $0x80" : "+a"(got) : : "memory", "r8", "r9", "r10", "r11");
    return 0;
}

static void a_call_of_another_machine_is_the_end(void **state)
{
    int status = -1;
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* of a kernel without such programs */
        _exit(call_of_another_machine());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGSYS || WTERMSIG(status) == SIGSEGV);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_is_kept_from_everything_else),
        cmocka_unit_test(a_worker_can_work),
        cmocka_unit_test(a_loaded_plugin_opens_no_files_and_makes_no_code),
        cmocka_unit_test(what_is_taken_away_is_taken_from_all_threads),
        cmocka_unit_test(a_thread_that_resists_is_an_error),
        cmocka_unit_test(imh_net_reaches_the_internet_and_nothing_else),
        cmocka_unit_test(a_kernel_without_it_cages_nobody),
#ifdef __x86_64__
        cmocka_unit_test(a_call_of_another_machine_is_the_end),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
