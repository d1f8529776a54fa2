/* stand_in - a text that stands for a secret until imh-net puts the secret in its place.
 *
 * A plugin places it in a request; it holds the secret's name and the ticket of the call,
 * so that it means nothing in any other call, and nobody outside can write one. Only
 * letters, digits, - and _, which no escape changes.
 */
#ifndef HOST_BASE_STAND_IN_H
#define HOST_BASE_STAND_IN_H

#include "base/text.h"

void stand_in_write(struct text *out, struct str name, struct str ticket);

struct stand_in {
    size_t at, len; /* where it stands */
    struct str name;
};

/* The first one of this ticket at or after `from`. */
bool stand_in_find(struct str text, size_t from, struct str ticket,
                   struct stand_in *stand_in);

#endif
