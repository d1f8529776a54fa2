#include "event/event_list.h"

/* ---- events ---- */

#define HEAD                                                     \
    " e.id, e.integration, e.at_ms, e.seen_at_ms, e.type, e.key" \
    ", i.account, i.name"
#define WHOLE HEAD ", e.subject, e.data, e.origin"
#define EVENTS " from event e join integration i on i.id = e.integration"

static struct event_shown read_head(const struct query *query)
{
    return (struct event_shown){.event = {.id = query_int(query, 0),
                                          .integration = query_int(query, 1),
                                          .at_ms = query_int(query, 2),
                                          .seen_at_ms = query_int(query, 3),
                                          .type = query_text(query, 4),
                                          .key = query_text(query, 5)},
                                .account = query_text(query, 6),
                                .identifier = query_text(query, 7)};
}

static uint32_t page_of(uint32_t most)
{
    return most < EVENT_PAGE_MOST ? most : EVENT_PAGE_MOST;
}

bool event_list(struct db *db, const struct event_filter *filter,
                void (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error)
{
    static const char sql[] =
        "select" HEAD EVENTS
        " where ($1 = '' or i.account = $1) and ($2 = '' or i.name = $2)"
        " and ($3 = '' or e.type = $3) and ($4 = 0 or e.id < $4)"
        " order by e.id desc limit $5";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    query_put_text(query, filter->type);
    query_put_int(query, filter->before);
    query_put_int(query, page_of(filter->most));
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct event_shown shown = read_head(query);
        each(self, &shown);
    }
    return step == QUERY_DONE;
}

static struct event_shown read_whole(const struct query *query)
{
    struct event_shown shown = read_head(query);
    shown.event.subject = query_text(query, 8);
    shown.event.data = query_text(query, 9);
    shown.event.origin = query_text(query, 10);
    return shown;
}

static bool tell_whole(struct query *query,
                       void (*each)(void *self, const struct event_shown *shown),
                       void *self, struct error *error)
{
    enum query_step step;
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct event_shown shown = read_whole(query);
        each(self, &shown);
    }
    return step == QUERY_DONE;
}

bool event_scan(struct db *db, const struct event_filter *filter,
                void (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error)
{
    static const char sql[] =
        "select e.id, e.integration, e.at_ms, e.seen_at_ms, e.type, e.key, $1, $2,"
        " e.subject, e.data, e.origin from event e where e.integration ="
        " (select id from integration where account = $1 and name = $2)"
        " and ($3 = 0 or e.id < $3) order by e.id desc limit $4";
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    query_put_int(query, filter->before);
    query_put_int(query, page_of(filter->most));
    return tell_whole(query, each, self, error);
}

bool event_replayed(struct db *db, const struct event_filter *filter,
                    void (*each)(void *self, const struct event_shown *shown), void *self,
                    struct error *error)
{
    static const char sql[] =
        "select" WHOLE EVENTS " where i.account = $1"
        " and ($2 = '' or i.name = $2) and ($3 = '' or e.type = $3) and e.id > $4"
        " and e.id >= coalesce((select id from event where seen_at_ms >= $5"
        "  order by seen_at_ms, id limit 1), 0) and e.seen_at_ms >= $5"
        " order by e.id limit $6";
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    query_put_text(query, filter->type);
    query_put_int(query, filter->after);
    query_put_int(query, filter->since_ms);
    query_put_int(query, page_of(filter->most));
    return tell_whole(query, each, self, error);
}

/* false when memory is out. */
static bool keep(struct arena *arena, struct str *const *texts, unsigned count)
{
    bool good = true;
    for (unsigned i = 0; i < count; i++) {
        *texts[i] = arena_copy(arena, *texts[i]);
        good = good && texts[i]->ptr;
    }
    return good;
}

bool event_load(struct db *db, int64_t id, struct arena *arena, struct event_shown *shown,
                struct error *error)
{
    static const char sql[] = "select" WHOLE EVENTS " where e.id = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, id);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE &&
               error_set(error, IMH_MISSING, "there is no event %lld", (long long)id);
    }
    *shown = read_whole(query);
    struct str *const texts[] = {
        &shown->event.type, &shown->event.key,    &shown->account,      &shown->identifier,
        &shown->event.data, &shown->event.origin, &shown->event.subject};
    return keep(arena, texts, sizeof texts / sizeof *texts) ||
           error_set(error, IMH_RETRY, "no memory for an event");
}

bool event_read(struct db *db, const struct event_span *span,
                bool (*each)(void *self, const struct event_shown *shown), void *self,
                struct error *error)
{
    static const char sql[] =
        "select" WHOLE EVENTS " where i.account = $1 and e.id > $2 and e.at_ms >= $3"
        " and ($4 = 0 or e.at_ms < $4) order by e.id limit $5";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, span->account);
    query_put_int(query, span->after);
    query_put_int(query, span->since_ms);
    query_put_int(query, span->before_ms);
    query_put_int(query, page_of(span->most));
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct event_shown shown = read_whole(query);
        if (!each(self, &shown)) {
            return true;
        }
    }
    return step == QUERY_DONE;
}

/* ---- sources ---- */

bool source_list(struct db *db, const struct event_filter *filter,
                 void (*each)(void *self, const struct source_shown *shown), void *self,
                 struct error *error)
{
    static const char sql[] =
        "select i.account, i.name, s.name, s.learned, s.done_ms, s.failures, s.parked,"
        " s.good_at_ms, s.tried_at_ms, s.trouble from source s"
        " join integration i on i.id = s.integration"
        " where ($1 = '' or i.account = $1) and ($2 = '' or i.name = $2)"
        " order by i.account, i.name, s.name";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, filter->account);
    query_put_text(query, filter->integration);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct source_shown shown = {
            .account = query_text(query, 0),
            .identifier = query_text(query, 1),
            .source = query_text(query, 2),
            .place = {.learned = query_int(query, 3) != 0,
                      .done_ms = query_int(query, 4),
                      .failures = (uint32_t)query_int(query, 5),
                      .parked = (uint32_t)query_int(query, 6),
                      .good_at_ms = query_int(query, 7),
                      .tried_at_ms = query_int(query, 8),
                      .trouble = query_text(query, 9)}};
        each(self, &shown);
    }
    return step == QUERY_DONE;
}
