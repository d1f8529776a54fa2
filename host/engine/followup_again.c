#include "engine/followup_again.h"

#include <inttypes.h>
#include <stdio.h>

#include "event/event.h"

enum { REASON_BYTES = 400 };

/* A later event with the same value. */
struct later {
    int64_t id; /* 0: there is none */
    int64_t at_ms;
};

static bool is_same(struct query *query, struct str field, struct str value)
{
    const struct trigger trigger = {.data = query_text(query, 2),
                                    .subject = query_text(query, 3)};
    struct text other;
    bool near = str_find(trigger.data, value, 0) < trigger.data.len ||
                str_find(trigger.subject, value, 0) < trigger.subject.len;
    text_init(&other, EVENT_DATA_BYTES);
    bool same =
        near && trigger_field(&trigger, field, &other) && str_eq(text_str(&other), value);
    text_done(&other);
    return same;
}

/* The newest of them: what it wants is what counts. */
static bool find_of_type(struct db *db, const struct run_watch *wanted, int64_t after,
                         struct later *later, struct error *error)
{
    static const char sql[] =
        "select id, at_ms, data, subject from event where integration ="
        " (select id from integration where account = $1 and name = $2)"
        " and id > $3 and type = $4 order by id";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    if (!query) {
        return false;
    }
    query_put_text(query, wanted->account);
    query_put_text(query, wanted->integration);
    query_put_int(query, after);
    query_put_text(query, wanted->type);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        if (query_int(query, 0) > later->id &&
            is_same(query, wanted->field, wanted->value)) {
            *later = (struct later){query_int(query, 0), query_int(query, 1)};
        }
    }
    return step == QUERY_DONE;
}

static bool find_later(struct db *db, struct str account, const struct trigger *trigger,
                       const struct followup_events *events, struct later *later,
                       struct error *error)
{
    bool good = true;
    *later = (struct later){.id = 0};
    for (uint32_t i = 0; good && i < events->count; i++) {
        struct text value;
        text_init(&value, EVENT_DATA_BYTES);
        if (trigger_field(trigger, events->items[i].field, &value)) {
            const struct run_watch wanted = {.account = account,
                                             .integration = events->items[i].integration,
                                             .type = events->items[i].type,
                                             .field = events->items[i].field,
                                             .value = text_str(&value)};
            good = find_of_type(db, &wanted, trigger->id, later, error);
        }
        text_done(&value);
    }
    return good;
}

bool followup_catch_up(const struct catching_up *late, struct db *db,
                       struct followup_run *run, struct error *error)
{
    char reason[REASON_BYTES];
    struct later ended;
    struct later anew;
    if (!find_later(db, late->account, late->trigger, &late->followup->until, &ended,
                    error) ||
        !find_later(db, late->account, late->trigger, &late->followup->restart, &anew,
                    error)) {
        return false;
    }
    if (anew.id != 0 && anew.at_ms > run->since_ms) {
        run->since_ms = anew.at_ms < run->made_ms ? anew.at_ms : run->made_ms;
    }
    if (ended.id == 0) {
        return true;
    }
    (void)snprintf(reason, sizeof reason, "until: event %" PRId64 ", which came before",
                   ended.id);
    run->state = RUN_ENDED;
    run->reason = arena_copy(late->arena, str_from(reason));
    return run->reason.ptr || error_set(error, IMH_RETRY, "no memory for a follow-up");
}
