#include "engine/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FIRST_FD = 3 };

/* The given descriptors move to 3, 4 ... by way of numbers that are free in the child. */
static int set_files(posix_spawn_file_actions_t *actions, const int *fds, unsigned count,
                     int output)
{
    int failed =
        posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    failed =
        failed ? failed : posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
    failed =
        failed ? failed : posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
    for (unsigned i = 0; i < count && !failed; i++) {
        failed = posix_spawn_file_actions_adddup2(actions, fds[i], FIRST_FD + (int)i);
    }
    return failed
               ? failed
               : posix_spawn_file_actions_addclosefrom_np(actions, FIRST_FD + (int)count);
}

/* A session of its own: it has no terminal, and where the kernel shares out processor time
 * by session it takes one share, however many threads it has. No signal blocked or ignored.
 */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int failed = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = failed ? failed : posix_spawnattr_setsigmask(attributes, &none);
    return failed ? failed : posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(pid_t *pid, const char *const *arguments, const int *fds, unsigned count,
                 int output)
{
    static char *const no_environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) {
        return failed;
    }
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = set_files(&actions, fds, count, output);
        failed = failed ? failed : set_attributes(&attributes);
        /* posix_spawn takes what it does not change as changeable. */
        char *const *argv = (char *const *)arguments;
        failed = failed ? failed
                        : posix_spawn(pid, arguments[0], &actions, &attributes, argv,
                                      no_environment);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Above the numbers the child gets, so that moving one there overwrites none of the others.
 */
static bool move_up(int *fds, unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        int high = fcntl(fds[i], F_DUPFD_CLOEXEC, FIRST_FD + PROCESS_FDS_MOST + 1);
        (void)close(fds[i]);
        fds[i] = high;
        good = good && high >= 0;
    }
    return good;
}

bool process_start(struct process *process, const char *const *arguments, const int *fds,
                   unsigned fd_count, int output, struct error *error)
{
    int moved[PROCESS_FDS_MOST + 1] = {0};
    pid_t pid = 0;
    unsigned count = fd_count;
    for (unsigned i = 0; i < fd_count; i++) {
        moved[i] = fds[i];
    }
    if (output >= 0) {
        moved[count++] = output;
    }
    int failed = EMFILE;
    if (move_up(moved, count)) {
        failed = spawn(&pid, arguments, moved, fd_count,
                       output >= 0 ? moved[fd_count] : STDERR_FILENO);
    }
    for (unsigned i = 0; i < count; i++) {
        if (moved[i] >= 0) {
            (void)close(moved[i]);
        }
    }
    if (failed) {
        return error_set(error, IMH_RETRY, "cannot start %s: %s", arguments[0],
                         strerror(failed));
    }
    process->pid = pid;
    process->pidfd = pidfd_open(pid, 0);
    if (process->pidfd < 0) {
        process_end(process);
        return error_set(error, IMH_RETRY, "cannot watch %s: %s", arguments[0],
                         strerror(errno));
    }
    return true;
}

void process_kill(const struct process *process)
{
    if (process->pid > 0) {
        (void)kill(-process->pid, SIGKILL);
        (void)kill(process->pid, SIGKILL);
    }
}

/* Each has a folder there. */
unsigned process_threads(const struct process *process)
{
    char path[64];
    struct stat status;
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)process->pid);
    bool known = process->pid > 0 && stat(path, &status) == 0 && status.st_nlink > 2;
    return known ? (unsigned)status.st_nlink - 2 : 0;
}

static void describe_end(const siginfo_t *info, char *how, size_t bytes)
{
    static const struct {
        int signal;
        const char *meaning;
    } signals[] = {{SIGSEGV, "it used memory that is not its own"},
                   {SIGBUS, "it used memory that is not its own"},
                   {SIGABRT, "it gave up by itself"},
                   {SIGFPE, "it computed what has no result"},
                   {SIGILL, "it ran something that is no program"},
                   {SIGSYS, "it asked the system for something forbidden"},
                   {SIGXCPU, "it used too much processor time"},
                   {SIGKILL, "it was ended by force"}};
    int number = info->si_status;
    if (info->si_code == CLD_EXITED) {
        (void)snprintf(how, bytes, "exited with status %d", number);
        return;
    }
    const char *meaning = "";
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        meaning = signals[i].signal == number ? signals[i].meaning : meaning;
    }
    (void)snprintf(how, bytes, "killed by signal %d%s%s%s", number, *meaning ? " (" : "",
                   meaning, *meaning ? ")" : "");
}

/* What it started is in its group: that ends too, while its number still stands for it. */
static void forget(struct process *process)
{
    (void)kill(-process->pid, SIGKILL);
    while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (process->pidfd >= 0) {
        (void)close(process->pidfd);
    }
    *process = (struct process){.pidfd = -1};
}

bool process_reap(struct process *process, char *how, size_t bytes)
{
    siginfo_t info = {0};
    if (process->pid <= 0 ||
        waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != process->pid) {
        return false;
    }
    describe_end(&info, how, bytes);
    forget(process);
    return true;
}

void process_end(struct process *process)
{
    if (process->pid > 0) {
        process_kill(process);
        forget(process);
    }
}
