#include "engine/consents.h"

#include "base/json.h"

/* Whose list it is: that of the event's integration. */
static bool read_place(struct db *db, const struct event *event, struct arena *arena,
                       struct consent_place *place, struct error *error)
{
    static const char sql[] = "select account, name from integration where id = $1";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, event->integration);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    place->account = arena_copy(arena, query_text(query, 0));
    place->list = arena_copy(arena, query_text(query, 1));
    return (place->account.ptr && place->list.ptr) ||
           error_set(error, IMH_RETRY, "no memory for a consent");
}

/* The person; empty: nobody. */
static struct str email_of(struct str subject, struct arena *arena)
{
    struct str whole;
    if (json_find(subject, STR_OF("/email"), arena, &whole) != JSON_STRING) {
        return STR_OF("");
    }
    struct str token = {whole.ptr + 1, whole.len - 2};
    return json_decode(token, str_find_char(token, '\\') < token.len, arena);
}

static bool take(struct db *db, const struct event *event, int64_t now_ms,
                 struct arena *arena, struct error *error)
{
    const struct consent_said said = {.wants = !(event->flags & IMH_OPT_OUT),
                                      .at_ms = event->at_ms,
                                      .proof = CONSENT_PROOF_EVENT};
    struct consent_place place = {.channel = STR_OF("email"),
                                  .contact = email_of(event->subject, arena)};
    struct text source;
    if (place.contact.len == 0) {
        return place.contact.ptr || error_set(error, IMH_RETRY, "no memory for a consent");
    }
    text_init(&source, CONSENT_SOURCE_BYTES);
    text_print(&source, "event %lld", (long long)event->id);
    bool good = read_place(db, event, arena, &place, error) &&
                (consent_note(db, &place, &said, text_str(&source), now_ms, error) ||
                 error->status == IMH_REJECTED); /* no address */
    text_done(&source);
    return good;
}

bool consents_take(struct db *db, const struct event_page *page, struct arena *arena,
                   struct error *error)
{
    bool good = true;
    for (uint32_t i = 0; good && i < page->count; i++) {
        const struct event *event = &page->events[i];
        bool speaks = (event->flags & (IMH_OPT_IN | IMH_OPT_OUT)) != 0;
        good = !speaks || event->id == 0 || take(db, event, page->now_ms, arena, error);
    }
    return good;
}
