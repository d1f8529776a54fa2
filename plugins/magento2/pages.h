/* pages - a list of the shop, page by page.
 *
 * A page is as large as the shop allows and the host takes: one that is too large is asked
 * for again in parts. Memory of attempts, and of pages that are done, is given back.
 */
#ifndef PLUGINS_MAGENTO2_PAGES_H
#define PLUGINS_MAGENTO2_PAGES_H

#include "criteria.h"

struct pages {
    imh_call *call;
    struct criteria criteria; /* of the list: the page is not part of it */
    const char *id;           /* what it is sorted by behind all else, or NULL */
    unsigned size;            /* of a page */
    unsigned long number;     /* of the page, from 1 on */
    int is_too_large;         /* so failed pages_read(): one thing alone is */
};

/* The page; its body when the status is IMH_OK. */
imh_status pages_read(struct pages *pages, imh_str *body);

/* Half a page or less, in whole parts: so that what follows begins where this began. 0: it
 * is one thing. */
int pages_shrink(struct pages *pages);

/* Reads on from that page, up to `most` things of the list. `take` is given one after the
 * other, which is gone when it returns, and says whether more are needed. A thing that is
 * too large is passed over; then that is the status. */
imh_status pages_each(struct pages *pages, unsigned long most,
                      int (*take)(void *self, imh_str item), void *self);

#endif
