/* environment - secrets that came as variables of the environment: taken out of it.
 *
 * A variable is read once and overwritten where it stood, so that neither
 * /proc/PID/environ nor a child shows it any more; its value stays here for who asks again.
 *
 * Thread: the main one; take what is needed before others start.
 */
#ifndef HOST_BASE_ENVIRONMENT_H
#define HOST_BASE_ENVIRONMENT_H

#include "base/secret.h"

enum { ENVIRONMENT_NAME_BYTES = 255 };

struct environment;

/* NULL when memory is out. */
struct environment *environment_make(void);
void environment_free(struct environment *environment);
OWN_BY(environment);

/* The value, lent for the life of the environment. Errors: IMH_MISSING when it is not set
 * or empty, IMH_REJECTED for a name that is none. */
const struct secret *environment_take(struct environment *environment, struct str name,
                                      struct error *error);

#endif
