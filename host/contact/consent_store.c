#include "contact/consent_store.h"

#include "base/own.h"
#include "base/text.h"

/* The contact in lower case; one that is empty or too long is refused. */
static bool fold(struct str contact, struct text *folded, struct error *error)
{
    struct str trimmed = str_trim(contact);
    text_init(folded, CONSENT_CONTACT_BYTES + 1);
    for (size_t i = 0; i < trimmed.len; i++) {
        char c = trimmed.ptr[i];
        text_add_char(folded, c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c);
    }
    return (trimmed.len > 0 && !folded->failed && trimmed.len <= CONSENT_CONTACT_BYTES) ||
           error_set(error, IMH_REJECTED, "a contact has to be a text of 1 to %d bytes",
                     CONSENT_CONTACT_BYTES);
}

static void put_place(struct query *query, const struct consent_place *place)
{
    query_put_text(query, place->account);
    query_put_text(query, place->contact);
    query_put_text(query, place->channel);
    query_put_text(query, place->list);
}

static bool load(struct db *db, const struct consent_place *place, struct consent *consent,
                 struct error *error)
{
    static const char sql[] = "select yes_ms, no_ms from consent where account = $1"
                              " and contact = $2 and channel = $3 and list = $4";
    OWN(query) query = db_query(db, sql, error);
    *consent = (struct consent){0};
    put_place(query, place);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE;
    }
    consent->yes_ms = query_int(query, 0);
    consent->no_ms = query_int(query, 1);
    return true;
}

static bool keep(struct db *db, const struct consent_place *place,
                 const struct consent *consent, bool wants, struct str source,
                 struct error *error)
{
    static const char *const sql[] = {
        "insert into consent (account, contact, channel, list, yes_ms, no_ms, yes_source,"
        " no_source) values ($1, $2, $3, $4, $5, $6, '', $7)"
        " on conflict (account, contact, channel, list) do update set"
        " no_ms = excluded.no_ms, no_source = excluded.no_source",
        "insert into consent (account, contact, channel, list, yes_ms, no_ms, yes_source,"
        " no_source) values ($1, $2, $3, $4, $5, $6, $7, '')"
        " on conflict (account, contact, channel, list) do update set"
        " yes_ms = excluded.yes_ms, yes_source = excluded.yes_source"};
    struct query *query = db_query(db, sql[wants], error);
    put_place(query, place);
    query_put_int(query, consent->yes_ms);
    query_put_int(query, consent->no_ms);
    query_put_text(query, str_before(source, CONSENT_SOURCE_BYTES));
    return query_run(query, error);
}

bool consent_note(struct db *db, const struct consent_place *place,
                  const struct consent_said *said, struct str source, int64_t now_ms,
                  struct error *error)
{
    struct text contact;
    struct consent consent;
    struct consent_place folded = *place;
    bool good = fold(place->contact, &contact, error);
    folded.contact = text_str(&contact);
    good = good && load(db, &folded, &consent, error);
    if (good && consent_take(&consent, said, now_ms)) {
        good = keep(db, &folded, &consent, said->wants, source, error);
    }
    text_done(&contact);
    return good;
}

bool consent_ask(struct db *db, const struct consent_place *place,
                 enum consent_answer *answer, struct error *error)
{
    struct text contact;
    struct consent list;
    struct consent channel;
    struct consent_place folded = *place;
    bool good = fold(place->contact, &contact, error);
    folded.contact = text_str(&contact);
    good = good && load(db, &folded, &list, error);
    folded.list = STR_OF("");
    good = good && load(db, &folded, &channel, error);
    if (good) {
        *answer = consent_answer(&list, &channel);
    }
    text_done(&contact);
    return good;
}

static bool each_row(struct db *db, struct str account, struct str contact,
                     void (*each)(void *self, const struct consent_kept *kept), void *self,
                     struct error *error)
{
    static const char sql[] = "select channel, list, yes_ms, no_ms, yes_source, no_source"
                              " from consent where account = $1 and contact = $2"
                              " order by channel, list";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, account);
    query_put_text(query, contact);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct consent_kept kept = {
            .contact = contact,
            .channel = query_text(query, 0),
            .list = query_text(query, 1),
            .consent = {.yes_ms = query_int(query, 2), .no_ms = query_int(query, 3)},
            .yes_source = query_text(query, 4),
            .no_source = query_text(query, 5)};
        each(self, &kept);
    }
    return step == QUERY_DONE;
}

bool consent_each(struct db *db, const struct consent_place *place,
                  void (*each)(void *self, const struct consent_kept *kept), void *self,
                  struct error *error)
{
    struct text contact;
    bool good = fold(place->contact, &contact, error) &&
                each_row(db, place->account, text_str(&contact), each, self, error);
    text_done(&contact);
    return good;
}
