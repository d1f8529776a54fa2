/* user - whose rights this process has.
 *
 * Root starts it, another user runs it: what root could do is given up for good, before
 * anything is read or loaded that is not root's own.
 */
#ifndef HOST_BASE_USER_H
#define HOST_BASE_USER_H

#include <sys/types.h>

#include "base/error.h"

enum { USER_NAME_BYTES = 64 };

struct user {
    char name[USER_NAME_BYTES];
    uid_t id;
    gid_t group;
};

/* false: this machine has no such user. */
bool user_find(const char *name, struct user *user, struct error *error);

/* From now on and for good; only root can, but for the user it is already. */
bool user_become(const struct user *user, struct error *error);

/* As root, for whom we are about to become: makes the folder (mode 0700) and gives it away,
 * unless there is something of that name. */
bool user_make_folder(const struct user *user, const char *path, struct error *error);

#endif
