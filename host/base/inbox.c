#include "base/inbox.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

struct inbox {
    pthread_mutex_t mutex;
    struct inbox_item *first;
    struct inbox_item **last;
    int event; /* counts to non-zero while items are inside */
};

struct inbox *inbox_make(void)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    int event = inbox ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (event < 0) {
        free(inbox);
        return NULL;
    }
    (void)pthread_mutex_init(&inbox->mutex, NULL);
    inbox->last = &inbox->first;
    inbox->event = event;
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    if (inbox) {
        (void)pthread_mutex_destroy(&inbox->mutex);
        (void)close(inbox->event);
        free(inbox);
    }
}

void inbox_put(struct inbox *inbox, struct inbox_item *item)
{
    struct inbox_chain chain = {NULL, NULL};
    inbox_chain_add(&chain, item);
    inbox_put_chain(inbox, &chain);
}

void inbox_chain_add(struct inbox_chain *chain, struct inbox_item *item)
{
    item->next = NULL;
    if (chain->first) {
        chain->last->next = item;
    } else {
        chain->first = item;
    }
    chain->last = item;
}

void inbox_put_chain(struct inbox *inbox, struct inbox_chain *chain)
{
    if (!chain->first) {
        return;
    }
    (void)pthread_mutex_lock(&inbox->mutex);
    bool was_empty = inbox->first == NULL;
    *inbox->last = chain->first;
    inbox->last = &chain->last->next;
    /* Inside the lock: else a fast receiver could free the inbox under our feet. */
    if (was_empty) {
        (void)eventfd_write(inbox->event, 1);
    }
    (void)pthread_mutex_unlock(&inbox->mutex);
    *chain = (struct inbox_chain){NULL, NULL};
}

struct inbox_item *inbox_take(struct inbox *inbox)
{
    (void)pthread_mutex_lock(&inbox->mutex);
    struct inbox_item *item = inbox->first;
    if (item) {
        inbox->first = item->next;
        if (!inbox->first) {
            inbox->last = &inbox->first;
            eventfd_t ignored;
            (void)eventfd_read(inbox->event, &ignored);
        }
    }
    (void)pthread_mutex_unlock(&inbox->mutex);
    return item;
}

struct inbox_item *inbox_wait(struct inbox *inbox, int64_t wait_ms)
{
    struct pollfd event = {.fd = inbox->event, .events = POLLIN};
    struct inbox_item *item = inbox_take(inbox);
    int64_t start = clock_mono_ms(&clock_real);
    /* A signal ends poll() before its time. */
    for (int64_t left = wait_ms; !item && left > 0;) {
        (void)poll(&event, 1, left > INT_MAX ? INT_MAX : (int)left);
        item = inbox_take(inbox);
        left = wait_ms - (clock_mono_ms(&clock_real) - start);
    }
    return item;
}

int inbox_fd(const struct inbox *inbox)
{
    return inbox->event;
}
