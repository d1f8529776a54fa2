/* changes - the things of a kind that changed in a span, in the order of their changes.
 *
 * Read by the moment and the number of the last one read, never by the number of a page: a
 * list that grows meanwhile loses none. Facts: what moves `updated_at` was recorded.
 */
#ifndef PLUGINS_MAGENTO2_CHANGES_H
#define PLUGINS_MAGENTO2_CHANGES_H

#include "criteria.h"

/* A kind of thing whose changes are read. */
struct changes {
    const char *path;  /* "orders" */
    const char *id_at; /* place of the entity id */
    void (*scope)(struct criteria *criteria, const struct shop_view *view);
    /* Of a shop that was just linked: which things have to be known; NULL: none. */
    void (*known)(struct criteria *criteria);
    /* One that has a number, of nine digits at most. `first`: it is learned, nothing is
     * told. */
    imh_status (*take)(void *self, imh_call *call, imh_str item,
                       const struct shop_view *view, int first);
    void *self;
};

imh_status changes_poll(struct shop *shop, imh_call *call, const imh_span *span,
                        const struct changes *changes);

/* When things of that path were first asked for, as the shop writes times; empty: it is
 * being done now. */
imh_str changes_linked(imh_call *call, const char *path);

/* Was the thing there before? */
int changes_is_old(imh_call *call, const char *path, imh_str item);

#endif
