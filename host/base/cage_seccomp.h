/* cage_seccomp - rules become a filter in the kernel. Private to the cage. */
#ifndef HOST_BASE_CAGE_SECCOMP_H
#define HOST_BASE_CAGE_SECCOMP_H

#include "base/cage_rules.h"
#include "base/error.h"

bool cage_seccomp_is_possible(struct error *error);

/* From now on and for good, in all threads of the process. */
bool cage_seccomp_enter(const struct cage_rules *rules, struct error *error);

#endif
