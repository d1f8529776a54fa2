#include "base/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_BYTES = 16 << 10 }; /* of the user's line in /etc/passwd, or like it */

bool user_find(const char *name, struct user *user, struct error *error)
{
    char room[ENTRY_BYTES];
    struct passwd entry;
    struct passwd *found = NULL;
    int failed = strlen(name) < sizeof user->name
                     ? getpwnam_r(name, &entry, room, sizeof room, &found)
                     : 0;
    if (!found) {
        return error_set(error, IMH_REJECTED,
                         "there is no user '%.64s' on this machine%s%s", name,
                         failed ? ": " : "", failed ? strerror(failed) : "");
    }
    (void)snprintf(user->name, sizeof user->name, "%s", name);
    user->id = found->pw_uid;
    user->group = found->pw_gid;
    return true;
}

/* Sanitizers look for leaks by attaching to ourselves, which a process that changed its
 * user does not let happen by itself. */
static void stay_open_to_sanitizers(void)
{
#ifdef IMH_SANITIZE
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
#endif
}

/* Nothing of root is left: neither now nor by asking for it. */
static bool is_no_way_back(const struct user *user)
{
    uid_t ids[3];
    gid_t groups[3];
    if (getresuid(&ids[0], &ids[1], &ids[2]) != 0 ||
        getresgid(&groups[0], &groups[1], &groups[2]) != 0) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (ids[i] != user->id || groups[i] != user->group) {
            return false;
        }
    }
    return setuid(0) != 0 && (user->group == 0 || setgid(0) != 0);
}

bool user_become(const struct user *user, struct error *error)
{
    if (geteuid() == user->id) {
        return true;
    }
    if (geteuid() != 0) {
        return error_set(error, IMH_REJECTED,
                         "only root can become '%s': start imh as root, or as '%s'",
                         user->name, user->name);
    }
    if (initgroups(user->name, user->group) != 0 ||
        setresgid(user->group, user->group, user->group) != 0 ||
        setresuid(user->id, user->id, user->id) != 0) {
        return error_set(error, IMH_REJECTED, "cannot become '%s': %s", user->name,
                         strerror(errno));
    }
    stay_open_to_sanitizers();
    return is_no_way_back(user) ||
           error_set(error, IMH_BROKEN, "root's rights stay after becoming '%s'",
                     user->name);
}

bool user_make_folder(const struct user *user, const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST ||
               error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool good = fd >= 0 && fchown(fd, user->id, user->group) == 0;
    if (!good) {
        (void)error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}
