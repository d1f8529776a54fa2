/* event_list - what people are shown of events and of where they come from.
 *
 * Read-only; a page costs what it holds, however many events there are. Thread: store.
 */
#ifndef HOST_EVENT_EVENT_LIST_H
#define HOST_EVENT_EVENT_LIST_H

#include "event/event.h"

enum { EVENT_PAGE_MOST = 1000 };

struct event_filter {
    struct str account;     /* empty: of all */
    struct str integration; /* empty: all of the account */
    struct str type;        /* empty: all */
    int64_t before;         /* the last one of the page before; 0: from the newest on */
    int64_t after;          /* of event_replayed: likewise, from the oldest on */
    int64_t since_ms;       /* likewise: seen since then */
    uint32_t most;
};

/* An event and whose it is. */
struct event_shown {
    struct event event;
    struct str account, identifier;
};

/* Newest first; what is passed is lent for the call, without data and subject. */
bool event_list(struct db *db, const struct event_filter *filter,
                void (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error);

/* Of one integration, newest first, with all of it: for who looks into them. */
bool event_scan(struct db *db, const struct event_filter *filter,
                void (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error);

/* Oldest first, with all of it: for who goes through them again. The account is said. */
bool event_replayed(struct db *db, const struct event_filter *filter,
                    void (*each)(void *self, const struct event_shown *shown), void *self,
                    struct error *error);

/* One with all of it. Errors: IMH_MISSING there is none of that number. */
bool event_load(struct db *db, int64_t id, struct arena *arena, struct event_shown *shown,
                struct error *error);

/* Of an account, oldest first, with all of it: for who reads through them. */
struct event_span {
    struct str account;
    int64_t after;               /* the last one of the page before; or 0 */
    int64_t since_ms, before_ms; /* when they happened; 0: ever */
    uint32_t most;
};

/* Until `each` says that it is enough. */
bool event_read(struct db *db, const struct event_span *span,
                bool (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error);

/* A source and how far it was read. */
struct source_shown {
    struct str account, identifier, source;
    struct source_place place;
};

bool source_list(struct db *db, const struct event_filter *filter,
                 void (*each)(void *self, const struct source_shown *shown), void *self,
                 struct error *error);

#endif
