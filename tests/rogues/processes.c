/* Other processes: making them, looking into them, sending them signals, changing them. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rogue.h"

/* A child, if there is one, ends at once. */
static int end_child(pid_t pid)
{
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 ? errno : waitpid(pid, NULL, 0) != pid;
}

static int make_process(void)
{
    return end_child(fork());
}

static int make_process_by_clone(void)
{
    return end_child((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int make_process_by_clone3(void)
{
    const uint64_t arguments[8] = {[4] = SIGCHLD};
    return end_child((pid_t)syscall(SYS_clone3, arguments, sizeof arguments));
}

static int start_program(void)
{
    char *const arguments[] = {"touch", (char *)rogue_target.file, NULL};
    pid_t pid = 0;
    int failed = posix_spawnp(&pid, "/bin/touch", NULL, NULL, arguments, arguments + 2);
    return failed ? failed : waitpid(pid, NULL, 0) != pid;
}

static int become_program(void)
{
    char *const arguments[] = {"touch", (char *)rogue_target.file, NULL};
    return rogue_errno(execve("/bin/touch", arguments, arguments + 2));
}

static int wait_for_children(void)
{
    return rogue_errno(waitpid(-1, NULL, WNOHANG));
}

static int attach_to_host(void)
{
    return rogue_errno(ptrace(PTRACE_ATTACH, rogue_target.host, NULL, NULL));
}

static int seize_host(void)
{
    return rogue_errno(ptrace(PTRACE_SEIZE, rogue_target.host, NULL, NULL));
}

static int be_traced(void)
{
    return rogue_errno(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int read_into_host(void)
{
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {&rogue_target, 1};
    return rogue_errno(process_vm_readv(rogue_target.host, &here, 1, &there, 1, 0));
}

static int write_into_host(void)
{
    char byte = 0;
    struct iovec here = {&byte, 1};
    struct iovec there = {&rogue_target, 1};
    return rogue_errno(process_vm_writev(rogue_target.host, &here, 1, &there, 1, 0));
}

static int end_host(void)
{
    return rogue_errno(kill(rogue_target.host, SIGTERM));
}

static int probe_everybody(void)
{
    return rogue_errno(kill(-1, 0));
}

static int probe_group(void)
{
    return rogue_errno(kill(0, 0));
}

static int end_thread_of_host(void)
{
    return rogue_errno(syscall(SYS_tgkill, rogue_target.host, rogue_target.host, SIGTERM));
}

static int end_by_number(void)
{
    return rogue_errno(syscall(SYS_tkill, rogue_target.host, SIGTERM));
}

static int queue_for_host(void)
{
    return rogue_errno(sigqueue(rogue_target.host, SIGTERM, (union sigval){0}));
}

static int hold_host(void)
{
    return rogue_errno(pidfd_open(rogue_target.host, 0));
}

static int end_by_handle(void)
{
    return rogue_errno(pidfd_send_signal(3, SIGTERM, NULL, 0));
}

static int take_file_of_host(void)
{
    return rogue_errno(pidfd_getfd(3, 0, 0));
}

static int signal_by_socket(void)
{
    return rogue_errno(fcntl(3, F_SETOWN, rogue_target.host));
}

static int compare_with_host(void)
{
    return rogue_errno(syscall(SYS_kcmp, getpid(), rogue_target.host, 0, 0, 0));
}

static int limit_host(void)
{
    struct rlimit nothing = {0, 0};
    return rogue_errno(prlimit(rogue_target.host, RLIMIT_CORE, &nothing, NULL));
}

static int ask_limits_of_host(void)
{
    struct rlimit got;
    return rogue_errno(prlimit(rogue_target.host, RLIMIT_NOFILE, NULL, &got));
}

static int slow_down_host(void)
{
    return rogue_errno(setpriority(PRIO_PROCESS, (id_t)rogue_target.host, 19));
}

static int pin_host(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    return rogue_errno(sched_setaffinity(rogue_target.host, sizeof set, &set));
}

static int leave_session(void)
{
    return rogue_errno(setsid());
}

static const struct rogue_act acts[] = {
    {"make-process", make_process, false},
    {"make-process-by-clone", make_process_by_clone, false},
    {"make-process-by-clone3", make_process_by_clone3, false},
    {"start-program", start_program, false},
    {"become-program", become_program, false},
    {"wait-for-children", wait_for_children, false},
    {"attach-to-host", attach_to_host, false},
    {"seize-host", seize_host, false},
    {"be-traced", be_traced, false},
    {"read-into-host", read_into_host, false},
    {"write-into-host", write_into_host, false},
    {"end-host", end_host, false},
    {"probe-everybody", probe_everybody, false},
    {"probe-group", probe_group, false},
    {"end-thread-of-host", end_thread_of_host, false},
    {"end-by-number", end_by_number, false},
    {"queue-for-host", queue_for_host, false},
    {"hold-host", hold_host, false},
    {"end-by-handle", end_by_handle, false},
    {"take-file-of-host", take_file_of_host, false},
    {"signal-by-socket", signal_by_socket, false},
    {"compare-with-host", compare_with_host, false},
    {"limit-host", limit_host, false},
    {"ask-limits-of-host", ask_limits_of_host, false},
    {"slow-down-host", slow_down_host, false},
    {"pin-host", pin_host, false},
    {"leave-session", leave_session, false},
};

const struct rogue_table rogue_processes = {acts, sizeof acts / sizeof *acts};
