/* The kernel's larger rooms, and the limits that were set. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "rogue.h"

static int use_io_uring(void)
{
    char parameters[120] = {0};
    return rogue_errno(syscall(SYS_io_uring_setup, 4, parameters));
}

static int use_bpf(void)
{
    char attributes[128] = {0};
    return rogue_errno(syscall(SYS_bpf, 0, attributes, sizeof attributes));
}

static int use_keys(void)
{
    return rogue_errno(syscall(SYS_keyctl, 0, -3, 0, 0, 0));
}

static int add_key(void)
{
    return rogue_errno(syscall(SYS_add_key, "user", "rogue", "x", 1, -3));
}

static int use_perf(void)
{
    char attributes[128] = {0};
    return rogue_errno(syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
}

static int use_userfaultfd(void)
{
    return rogue_errno(syscall(SYS_userfaultfd, 0));
}

static int be_root_of_a_world(void)
{
    return rogue_errno(unshare(CLONE_NEWUSER));
}

static int leave_namespace(void)
{
    return rogue_errno(unshare(CLONE_NEWNS));
}

static int enter_namespace(void)
{
    return rogue_errno(setns(3, 0));
}

static int load_module(void)
{
    return rogue_errno(syscall(SYS_init_module, "", 0, ""));
}

/* With numbers that restart nothing. */
static int restart_machine(void)
{
    return rogue_errno(syscall(SYS_reboot, 0, 0, 0, NULL)) == EINVAL ? 0 : errno;
}

static int read_kernel_log(void)
{
    return rogue_errno(syscall(SYS_syslog, 10, NULL, 0));
}

static int become_root(void)
{
    return rogue_errno(setuid(0));
}

static int take_privileges(void)
{
    return rogue_errno(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 0, 0, 0));
}

static int change_personality(void)
{
    return rogue_errno(syscall(SYS_personality, 0x0400000));
}

static int show_memory_to_others(void)
{
    return rogue_errno(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int outlive_host(void)
{
    return rogue_errno(prctl(PR_SET_PDEATHSIG, 0));
}

static int adopt_orphans(void)
{
    return rogue_errno(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

static int filter_calls(void)
{
    return rogue_errno(prctl(PR_SET_SECCOMP, 1, 0, 0, 0));
}

static int raising(__rlimit_resource_t resource)
{
    struct rlimit more;
    if (getrlimit(resource, &more) != 0) {
        return errno;
    }
    more.rlim_max += 1;
    more.rlim_cur = more.rlim_max;
    return rogue_errno(setrlimit(resource, &more));
}

static int raise_files(void)
{
    return raising(RLIMIT_NOFILE);
}

static int raise_memory(void)
{
    return raising(RLIMIT_AS);
}

static int raise_core(void)
{
    return raising(RLIMIT_CORE);
}

static int make_timer(void)
{
    timer_t timer;
    return rogue_errno(timer_create(CLOCK_MONOTONIC, NULL, &timer));
}

static int make_timer_file(void)
{
    return rogue_errno(timerfd_create(CLOCK_MONOTONIC, 0));
}

static int start_timer(void)
{
    const struct itimerval soon = {.it_value = {.tv_sec = 1000}};
    return rogue_errno(setitimer(ITIMER_REAL, &soon, NULL));
}

static int set_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return rogue_errno(clock_settime(CLOCK_REALTIME, &now));
}

static int share_memory(void)
{
    return rogue_errno(shmget(IPC_PRIVATE, 4096, 0600));
}

static int share_semaphores(void)
{
    return rogue_errno(semget(IPC_PRIVATE, 1, 0600));
}

static int share_messages(void)
{
    return rogue_errno(msgget(IPC_PRIVATE, 0600));
}

static int lock_memory(void)
{
    return rogue_errno(syscall(SYS_mlockall, MCL_FUTURE)); /* sanitizers play mlockall() */
}

static int go_first(void)
{
    const struct sched_param first = {.sched_priority = 1};
    return rogue_errno(sched_setscheduler(0, SCHED_FIFO, &first));
}

static int mapping(int protection)
{
    void *memory = mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : munmap(memory, 4096);
}

static int make_code(void)
{
    return mapping(PROT_READ | PROT_WRITE | PROT_EXEC);
}

static int make_code_later(void)
{
    return mapping(PROT_READ | PROT_EXEC);
}

static int change_own_code(void)
{
    uintptr_t page = (uintptr_t)&change_own_code & ~(uintptr_t)4095;
    return rogue_errno(
        syscall(SYS_mprotect, page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
}

/* Data becomes code. */
static int run_data(void)
{
    static _Alignas(4096) char page[4096];
    return rogue_errno(mprotect(page, sizeof page, PROT_READ | PROT_EXEC));
}

static int push_into_terminal(void)
{
    return rogue_errno(syscall(SYS_ioctl, 2, 0x5412, "x"));
}

static const struct rogue_act acts[] = {
    {"use-io-uring", use_io_uring, false},
    {"use-bpf", use_bpf, false},
    {"use-keys", use_keys, false},
    {"add-key", add_key, false},
    {"use-perf", use_perf, false},
    {"use-userfaultfd", use_userfaultfd, false},
    {"be-root-of-a-world", be_root_of_a_world, false},
    {"leave-namespace", leave_namespace, false},
    {"enter-namespace", enter_namespace, false},
    {"load-module", load_module, false},
    {"restart-machine", restart_machine, false},
    {"read-kernel-log", read_kernel_log, false},
    {"become-root", become_root, false},
    {"take-privileges", take_privileges, false},
    {"change-personality", change_personality, false},
    {"show-memory-to-others", show_memory_to_others, false},
    {"outlive-host", outlive_host, false},
    {"adopt-orphans", adopt_orphans, false},
    {"filter-calls", filter_calls, false},
    {"raise-files", raise_files, false},
    {"raise-memory", raise_memory, false},
    {"raise-core", raise_core, false},
    {"make-timer", make_timer, false},
    {"make-timer-file", make_timer_file, false},
    {"start-timer", start_timer, false},
    {"set-clock", set_clock, false},
    {"share-memory", share_memory, false},
    {"share-semaphores", share_semaphores, false},
    {"share-messages", share_messages, false},
    {"lock-memory", lock_memory, false},
    {"go-first", go_first, false},
    {"make-code", make_code, false},
    {"make-code-later", make_code_later, true},
    {"change-own-code", change_own_code, false},
    {"run-data", run_data, true},
    {"push-into-terminal", push_into_terminal, false},
};

const struct rogue_table rogue_kernel = {acts, sizeof acts / sizeof *acts};
