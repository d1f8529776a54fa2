/* slots - a few bytes kept of each thing of a kind, by its number.
 *
 * A thousand of them are one state: so a hundred thousand things are a hundred states, and
 * those who read things in the order of their numbers seldom change from one to the next.
 * A blank slot is of a thing that was never seen, or was forgotten.
 */
#ifndef PLUGINS_MAGENTO2_SLOTS_H
#define PLUGINS_MAGENTO2_SLOTS_H

#include <imh/imh.h>

enum { SLOTS_THOUSAND = 1000, SLOTS_WIDTH_MOST = 64 };

struct slots {
    imh_call *call;
    const char *name; /* of the kind: its states begin with it */
    size_t width;     /* bytes of each, SLOTS_WIDTH_MOST or less */
    long thousand;    /* the one that is read */
    char *kept;       /* NULL: none is */
    int changed;
};

struct slots slots_begin(imh_call *call, const char *name, size_t width);

/* The slot of that thing, until the next one is asked for; NULL: the state cannot be had,
 * and `status` says why. Who writes to it sets `changed`. */
char *slots_at(struct slots *slots, long id, imh_status *status);

int slots_is_blank(const struct slots *slots, const char *slot);
void slots_clear(struct slots *slots, char *slot);

/* Keeps what was changed: at the end of a call, and done by itself before. */
imh_status slots_keep(struct slots *slots);

#endif
