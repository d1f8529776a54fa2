#include "base/cage_rules.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define IS(number, wanted)                                          \
    {                                                               \
        .argument = (number), .mask = UINT64_MAX, .value = (wanted) \
    }
#define BITS(number, bits, wanted)                              \
    {                                                           \
        .argument = (number), .mask = (bits), .value = (wanted) \
    }
#define TABLE(rows)                           \
    {                                         \
        (rows), sizeof(rows) / sizeof *(rows) \
    }

/* A thread of our own process and nothing else; the extras concern that thread only. */
#define THREAD_FLAGS \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define THREAD_EXTRAS                                                                 \
    (CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | \
     CLONE_DETACHED)

/* What an open() that only reads what is there does not have. */
#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC | O_PATH | (O_TMPFILE & ~O_DIRECTORY))

/* The C library asks for these first and then takes older ones, if it is told so. */
#define NEWER "clone3 openat2 faccessat2 close_range futex_waitv epoll_pwait2"

static const struct cage_rule common[] = {
    /* memory, which is written or run, not both at once */
    {.calls = "brk munmap mremap madvise"},
    {.calls = "mmap mprotect", .tests = {BITS(2, PROT_EXEC, 0)}},
    {.calls = "mmap mprotect", .tests = {BITS(2, PROT_WRITE, 0)}},
    /* threads of its own, and the end */
    {.calls = "clone", .tests = {BITS(0, ~(uint64_t)THREAD_EXTRAS, THREAD_FLAGS)}},
    {.calls = "futex set_robust_list rseq gettid getpid"},
    {.calls = "sched_yield sched_getaffinity getcpu"},
    {.calls = "prctl", .tests = {IS(0, PR_SET_NAME)}},
    {.calls = "prctl", .tests = {IS(0, PR_GET_NAME)}},
    {.calls = "exit exit_group"},
    /* time, and letting it pass; timers are left out: they can be had without end */
    {.calls = "clock_gettime clock_getres gettimeofday time times"},
    {.calls = "nanosleep clock_nanosleep pause restart_syscall"},
    /* signals, sent to itself only, as by abort() and raise() */
    {.calls = "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack"},
    {.calls = "rt_sigsuspend rt_sigtimedwait"},
    {.calls = "kill tgkill", .own = true},
    /* who and where it is, what it may use and has used */
    {.calls = "getuid geteuid getgid getegid getppid uname sysinfo getrusage getrlimit"},
    {.calls = "prlimit64", .tests = {IS(0, 0), IS(2, 0)}},
    {.calls = "getrandom"},
    /* the descriptors it has; not who gets a signal of theirs (F_SETOWN), nor locks */
    {.calls = "read readv pread64 write writev lseek close fstat"},
    {.calls = "dup dup2 dup3 pipe pipe2 eventfd2 poll ppoll select pselect6"},
    {.calls = "fcntl", .tests = {IS(1, F_DUPFD)}},
    {.calls = "fcntl", .tests = {IS(1, F_DUPFD_CLOEXEC)}},
    {.calls = "fcntl", .tests = {IS(1, F_GETFD)}},
    {.calls = "fcntl", .tests = {IS(1, F_SETFD)}},
    {.calls = "fcntl", .tests = {IS(1, F_GETFL)}},
    {.calls = "fcntl", .tests = {IS(1, F_SETFL)}},
    /* the socket pairs to the other programs */
    {.calls = "sendmsg recvmsg"},
    /* files, to read them */
    {.calls = "openat", .tests = {BITS(2, WRITING, O_RDONLY)}},
    {.calls = "newfstatat"},
};

/* ---- imh-worker ---- */

static const struct cage_rule worker[] = {
    /* taking more away when the plugin is loaded */
    {.calls = "seccomp"},
};

const struct cage_rules cage_rules_worker = {
    .program = "imh-worker",
    .tables = {TABLE(common), TABLE(worker)},
    .absent = NEWER,
};

static const struct cage_rule loaded[] = {
    /* no files any more, also none that could be looked at by name */
    {.calls = "openat newfstatat"},
    /* no code but what was loaded */
    {.calls = "mmap mprotect", .tests = {BITS(2, PROT_EXEC, PROT_EXEC)}},
    {.calls = "seccomp"},
};

const struct cage_rules cage_rules_loaded = {
    .program = "imh-worker",
    .others_allowed = true,
    .tables = {TABLE(loaded)},
    .absent = "",
};

/* ---- imh-net ---- */

static const struct cage_rule net[] = {
    /* the internet; other sockets are other programs of this machine */
    {.calls = "socket", .tests = {IS(0, AF_INET)}},
    {.calls = "socket", .tests = {IS(0, AF_INET6)}},
    {.calls = "connect bind getsockname getpeername getsockopt setsockopt shutdown"},
    {.calls = "sendto recvfrom sendmmsg"},
    {.calls = "ioctl", .tests = {IS(1, FIONREAD)}},
    {.calls = "ioctl", .tests = {IS(1, FIONBIO)}},
    /* libcurl wakes itself by one */
    {.calls = "socketpair", .tests = {IS(0, AF_UNIX)}},
    /* the resolver's files, the certificates */
    {.calls = "stat lstat statx access faccessat readlink readlinkat"},
    {.calls = "getdents64 fadvise64 getcwd"},
    /* secrets are kept out of the swap */
    {.calls = "mlock munlock"},
};

const struct cage_rules cage_rules_net = {
    .program = "imh-net",
    .tables = {TABLE(common), TABLE(net)},
    .absent = NEWER,
};
