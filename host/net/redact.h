/* redact - takes secrets out of what a remote said: some show what they were sent.
 *
 * One list per request, of all that went out with it. Pure.
 */
#ifndef HOST_NET_REDACT_H
#define HOST_NET_REDACT_H

#include "base/arena.h"
#include "base/text.h"

enum {
    REDACT_MOST = 90 /* texts in a list */
};

struct redact {
    struct str items[REDACT_MOST];
    unsigned count;
};

/* The secret as it is, and as it looks in addresses, in JSON and in JSON shown in JSON;
 * each is found in any spelling. One that is shorter than SPELLING_SECRET_BYTES is left
 * out. Copied into the arena; the copies are overwritten by redact_wipe(). false: the list
 * is full, or memory is out. */
bool redact_add(struct redact *redact, struct arena *arena, struct str secret);

void redact_wipe(struct redact *redact);

/* The words, with "[secret]" for each. Lent from `words` or from `room`, which the caller
 * frees; empty when there is no memory to do it. */
struct str redact_words(const struct redact *redact, struct str words, struct text *room);

#endif
