/* pass - all things of a kind, looked at again and again: for changes that move no time.
 *
 * Only what is looked at is asked for; the whole of a thing when there is news of it. Read
 * by the key of the last one, never by the number of a page. A page ends early when it has
 * as much news as can be told at once.
 */
#ifndef PLUGINS_MAGENTO2_PASS_H
#define PLUGINS_MAGENTO2_PASS_H

#include "collection.h"

struct pass {
    struct criteria (*list)(imh_call *call, const struct shop_view *view);
    const char *key, *key_at; /* what the list is sorted and read on by */
    unsigned size;            /* of a page */
    int has_rows;             /* a thing may be several of the list, one behind the other */

    /* Notes a thing, which is `count` of the list. What is new about it, as tell() is given
     * it; empty: nothing is. */
    imh_status (*note)(void *self, imh_call *call, const imh_item *rows, uint32_t count,
                       imh_str *what);

    const struct collection *kind; /* of the whole of it ... */
    const char *whole, *whole_at;  /* ... by that filter, with the same key */
    /* `moment` is the same for all of a pass, and no other's. */
    imh_status (*tell)(void *self, imh_call *call, imh_str whole,
                       const struct shop_view *view, imh_str what, imh_str moment);
    void *self;
};

imh_status pass_poll(struct shop *shop, imh_call *call, const imh_span *span,
                     const struct pass *pass);

#endif
