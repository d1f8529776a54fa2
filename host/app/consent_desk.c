#include "app/consent_desk.h"

#include "app/answer.h"
#include "contact/consent_store.h"

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    struct consent_place place;
    json_t *items;
    json_t *whole;                /* what was said of the channel of the lists below, ... */
    struct consent whole_consent; /* ... as it is kept */
};

static const char *const words[] = {
    [CONSENT_UNKNOWN] = "unknown", [CONSENT_YES] = "consent", [CONSENT_NO] = "opt-out"};

static void add_said(json_t *history, enum consent_answer said, int64_t at_ms,
                     struct str source)
{
    if (at_ms > 0) {
        (void)json_array_append_new(history, json_pack("{s:s,s:o,s:o}", "said", words[said],
                                                       "at", answer_time(at_ms), "because",
                                                       answer_text(source)));
    }
}

static json_t *history_of(const struct consent_kept *kept)
{
    json_t *history = json_array();
    bool yes_first = kept->consent.yes_ms > kept->consent.no_ms;
    if (yes_first) {
        add_said(history, CONSENT_YES, kept->consent.yes_ms, kept->yes_source);
    }
    add_said(history, CONSENT_NO, kept->consent.no_ms, kept->no_source);
    if (!yes_first) {
        add_said(history, CONSENT_YES, kept->consent.yes_ms, kept->yes_source);
    }
    return history;
}

/* What decides: the newest of its own words, or an opt-out from the whole channel. */
static const json_t *deciding(const struct desk *desk, const json_t *history,
                              const struct consent *own, enum consent_answer answer)
{
    bool whole =
        answer == CONSENT_NO && desk->whole && desk->whole_consent.no_ms > own->no_ms;
    const json_t *said = whole ? json_object_get(desk->whole, "history") : history;
    const json_t *first = json_array_get(said, 0);
    bool is_it = first && strcmp(json_string_value(json_object_get(first, "said")),
                                 words[answer]) == 0;
    return is_it ? first : json_array_get(said, 1);
}

static void add_list(void *self, const struct consent_kept *kept)
{
    struct desk *desk = self;
    if (!desk->whole || !str_is(kept->channel, json_string_value(json_object_get(
                                                   desk->whole, "channel")))) {
        desk->whole = NULL;
        desk->whole_consent = (struct consent){0};
    }
    json_t *history = history_of(kept);
    enum consent_answer answer = consent_answer(&kept->consent, &desk->whole_consent);
    const json_t *by = deciding(desk, history, &kept->consent, answer);
    json_t *item =
        json_pack("{s:o,s:o,s:o,s:o,s:s,s:O?,s:O?,s:o}", "account",
                  answer_text(desk->place.account), "contact", answer_text(kept->contact),
                  "channel", answer_text(kept->channel), "list", answer_text(kept->list),
                  "state", words[answer], "since", json_object_get(by, "at"), "because",
                  json_object_get(by, "because"), "history", history);
    (void)json_array_append_new(desk->items, item);
    if (kept->list.len == 0) {
        desk->whole = item;
        desk->whole_consent = kept->consent;
    }
}

static bool run(struct store_work *work, struct db *db, struct error *error)
{
    struct desk *desk = (struct desk *)(void *)work;
    return consent_each(db, &desk->place, add_list, desk, error);
}

static struct str asked_text(const json_t *arguments, const char *name)
{
    const json_t *value = json_object_get(arguments, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

json_t *consent_desk_ask(struct store *store, const json_t *arguments, struct error *error)
{
    struct desk desk = {.work = {.run = run},
                        .place = {.account = asked_text(arguments, "account"),
                                  .contact = asked_text(arguments, "contact")},
                        .items = json_array()};
    bool done = store_do(store, &desk.work, error);
    json_t *answer = done ? json_pack("{s:O,s:n}", "items", desk.items, "next") : NULL;
    json_decref(desk.items);
    if (done && !answer) {
        (void)error_set(error, IMH_RETRY, "no memory for the answer");
    }
    return answer;
}
