#include "base/cage.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static bool limit(__rlimit_resource_t resource, uint64_t most, const char *what,
                  struct error *error)
{
    struct rlimit both = {.rlim_cur = most, .rlim_max = most};
    if (setrlimit(resource, &both) != 0) {
        return error_set(error, IMH_BROKEN, "cannot limit %s: %s", what, strerror(errno));
    }
    return true;
}

bool cage_enter(const struct cage *cage, struct error *error)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != cage->parent) {
        return error_set(error, IMH_BROKEN, "the parent process is gone");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return error_set(error, IMH_BROKEN, "cannot give up privileges: %s",
                         strerror(errno));
    }
    return limit(RLIMIT_CORE, 0, "core dumps", error) &&
           limit(RLIMIT_NOFILE, cage->files, "open files", error) &&
           (cage->memory_bytes == 0 ||
            limit(RLIMIT_AS, cage->memory_bytes, "memory", error));
}
