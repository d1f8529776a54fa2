/* inbox - how threads of one process talk: items move from many senders to one receiver.
 *
 * The only room with a mutex. An item moves with its ownership: after inbox_put() the
 * sender must not touch it. The receiver either polls inbox_fd() or sleeps in inbox_wait().
 *
 * Thread: inbox_put any; the rest the receiver's.
 */
#ifndef HOST_BASE_INBOX_H
#define HOST_BASE_INBOX_H

#include <stdint.h>

#include "base/own.h"

/* First member of what travels. */
struct inbox_item {
    struct inbox_item *next;
};

struct inbox;

/* NULL when memory or descriptors are out. */
struct inbox *inbox_make(void);
void inbox_free(struct inbox *inbox); /* items still inside are not freed */
OWN_BY(inbox);

void inbox_put(struct inbox *inbox, struct inbox_item *item);

/* Several that are put together, so that who waits finds all of them. All zero at first. */
struct inbox_chain {
    struct inbox_item *first, *last;
};

void inbox_chain_add(struct inbox_chain *chain, struct inbox_item *item);

/* Puts all of it, in order; the chain is empty then. An empty one does nothing. */
void inbox_put_chain(struct inbox *inbox, struct inbox_chain *chain);

/* The oldest item or NULL, at once. */
struct inbox_item *inbox_take(struct inbox *inbox);

/* The oldest item, waiting for one up to `wait_ms`; NULL when the time is over. */
struct inbox_item *inbox_wait(struct inbox *inbox, int64_t wait_ms);

/* Readable while items are inside, or may be: inbox_take() says. */
int inbox_fd(const struct inbox *inbox);

#endif
