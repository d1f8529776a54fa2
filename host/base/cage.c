#include "base/cage.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cage_landlock.h"
#include "base/cage_seccomp.h"

enum { STACK_BYTES = 8 << 20, SIGNALS_MOST = 64 };

static bool limit(__rlimit_resource_t resource, uint64_t most, const char *what,
                  struct error *error)
{
    struct rlimit both = {.rlim_cur = most, .rlim_max = most};
    if (setrlimit(resource, &both) != 0) {
        return error_set(error, IMH_BROKEN, "cannot limit %s: %s", what, strerror(errno));
    }
    return true;
}

bool cage_hide(struct error *error)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return error_set(error, IMH_BROKEN, "cannot hide from other programs: %s",
                         strerror(errno));
    }
    return limit(RLIMIT_CORE, 0, "core dumps", error);
}

bool cage_is_possible(struct error *error)
{
    return cage_seccomp_is_possible(error);
}

bool cage_limits_files(void)
{
    return cage_landlock_version() > 0;
}

/* What a process of root may do beyond others, it may not do any more. Others have nothing
 * to lose here. */
static bool drop_capabilities(struct error *error)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    static const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_capset, &header, none) != 0) {
        return error_set(error, IMH_BROKEN, "cannot give up privileges: %s",
                         strerror(errno));
    }
    return true;
}

/* No file grows: who has one open, such as our standard error, gets an error instead of a
 * signal. */
static bool set_limits(const struct cage *cage, struct error *error)
{
    const struct {
        __rlimit_resource_t resource;
        uint64_t most;
        bool set;
        const char *what;
    } limits[] = {
        {RLIMIT_NOFILE, cage->files, true, "open files"},
        {RLIMIT_AS, cage->memory_bytes, cage->memory_bytes != 0, "memory"},
        {RLIMIT_NPROC, cage->threads, cage->threads != 0, "threads"},
        {RLIMIT_MEMLOCK, cage->locked_bytes, true, "locked memory"},
        {RLIMIT_STACK, STACK_BYTES, true, "the stack"},
        {RLIMIT_FSIZE, 0, true, "what is written"},
        {RLIMIT_SIGPENDING, SIGNALS_MOST, true, "waiting signals"},
        {RLIMIT_MSGQUEUE, 0, true, "message queues"},
        {RLIMIT_RTPRIO, 0, true, "priority"},
        {RLIMIT_NICE, 0, true, "priority"},
    };
    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].set &&
            !limit(limits[i].resource, limits[i].most, limits[i].what, error)) {
            return false;
        }
    }
    return true;
}

bool cage_enter(const struct cage *cage, struct error *error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != cage->parent) {
        return error_set(error, IMH_BROKEN, "the parent process is gone");
    }
    return cage_hide(error) && set_limits(cage, error) && drop_capabilities(error) &&
           (!cage->readable ||
            cage_landlock_enter(cage->readable, cage->internet, error)) &&
           (!cage->rules || cage_seccomp_enter(cage->rules, error));
}

bool cage_seal(const struct cage_rules *rules, struct error *error)
{
    return cage_seccomp_enter(rules, error);
}
