#include "app/operation_event.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "app/answer.h"
#include "engine/builtin.h"
#include "engine/consents.h"
#include "engine/followups.h"
#include "event/event_list.h"
#include "followup/followup_run.h"
#include "queue/book_sql.h"
#include "store/audit.h"

enum { BLOCK_BYTES = 16 << 10, TYPE_BYTES = 64, WHO_BYTES = 40 };

static struct str text_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

/* An event that a person gives. */
struct giving {
    struct store_work work; /* first */
    const struct operation *operation;
    const struct integration *integration;
    struct arena arena;
    struct event event;
    struct followup_page *page;
    char who[WHO_BYTES];
    json_t *runs;
    bool was_there;
};

/* ---- whose it is, and of which type ---- */

static const struct configured *find_integration(const struct operation *operation,
                                                 struct error *error)
{
    struct problems problems;
    struct account *account = config_account(&operation->daemon->site->config,
                                             text_at(operation->arguments, "account"));
    struct str name = text_at(operation->arguments, "integration");
    const struct configured *found = account ? config_actor(account, name) : NULL;
    problems_init(&problems);
    if (account && !found) {
        config_miss(account, name, &problems);
    }
    if (!found) {
        struct str why = problems.count > 0 ? problems.items[0].text
                                            : STR_OF("there is no such account");
        (void)error_set(error, IMH_REJECTED, "%.*s", STR_ARGS(why));
    }
    problems_done(&problems);
    return found;
}

static const imh_event_type *find_type(const struct descriptor *descriptor, struct str type)
{
    for (uint32_t i = 0; i < descriptor->event_type_count; i++) {
        if (str_is(type, descriptor->event_types[i].name)) {
            return &descriptor->event_types[i];
        }
    }
    return NULL;
}

static bool miss_type(const struct integration *integration,
                      const struct descriptor *descriptor, struct str type,
                      struct error *error)
{
    struct text names;
    struct text hint;
    text_init(&names, 1 << 20);
    text_init(&hint, 256);
    for (uint32_t i = 0; i < descriptor->event_type_count; i++) {
        text_print(&names, "%s ", descriptor->event_types[i].name);
    }
    problems_suggest(&hint, type, text_str(&names));
    (void)error_set(error, IMH_REJECTED, "'%s' has no event '%.*s'%s",
                    integration->identifier, STR_ARGS(str_before(type, TYPE_BYTES)),
                    text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return false;
}

/* An account's own events have any type. A person's word ends a consent, and gives none:
 * that takes the remote's proof. */
static bool take_type(struct giving *giving, const struct configured *configured,
                      struct error *error)
{
    const struct integration *integration = &configured->integration;
    struct str type = giving->event.type;
    struct text ignored;
    text_init(&ignored, 4096);
    const struct descriptor *descriptor = supervisor_plugin(
        giving->operation->daemon->site->supervisor, integration->plugin, &ignored);
    text_done(&ignored);
    bool own = strcmp(integration->plugin, BUILTIN_EVENT) == 0;
    const imh_event_type *found = descriptor && !own ? find_type(descriptor, type) : NULL;
    if (!descriptor) {
        return error_set(error, IMH_REJECTED, "the plugin of '%s' cannot be used",
                         integration->identifier);
    }
    if (own && (type.len == 0 || type.len > TYPE_BYTES)) {
        return error_set(error, IMH_REJECTED, "an event's type has 1 to %d bytes",
                         TYPE_BYTES);
    }
    if (!own && !found) {
        return miss_type(integration, descriptor, type, error);
    }
    giving->event.flags = found ? found->flags & IMH_OPT_OUT : 0;
    return true;
}

/* ---- the event ---- */

/* One of its own, unless the person says which. */
static bool take_key(struct giving *giving, struct error *error)
{
    char key[64];
    uint64_t dice = 0;
    struct str given = text_at(giving->operation->arguments, "key");
    if (given.len == 0 && getrandom(&dice, sizeof dice, 0) != sizeof dice) {
        return error_set(error, IMH_RETRY, "no random numbers for a key");
    }
    (void)snprintf(key, sizeof key, "by-hand/%016" PRIx64, dice);
    giving->event.key = arena_copy(&giving->arena, given.len > 0 ? given : str_from(key));
    return giving->event.key.ptr || error_set(error, IMH_RETRY, "no memory for an event");
}

static bool make_event(struct giving *giving, struct error *error)
{
    const json_t *arguments = giving->operation->arguments;
    struct str subject = text_at(arguments, "subject");
    char origin[2 * WHO_BYTES];
    int64_t now_ms = clock_now_ms(&clock_real);
    (void)snprintf(giving->who, sizeof giving->who, "uid %u",
                   (unsigned)giving->operation->asker);
    (void)snprintf(origin, sizeof origin, "{\"by\":\"%s\"}", giving->who);
    giving->event.type = text_at(arguments, "type");
    giving->event.at_ms = now_ms;
    giving->event.seen_at_ms = now_ms;
    giving->event.data = text_at(arguments, "data");
    giving->event.subject = subject.len > 0 ? subject : STR_OF("{}");
    giving->event.origin = arena_copy(&giving->arena, str_from(origin));
    return (giving->event.origin.ptr ||
            error_set(error, IMH_RETRY, "no memory for an event")) &&
           take_key(giving, error) && event_check(&giving->event, error);
}

/* ---- in the store's thread ---- */

static bool find_same(struct giving *giving, struct db *db, struct error *error)
{
    static const char sql[] = "select coalesce(max(id), 0) from event"
                              " where integration = $1 and type = $2 and key = $3";
    OWN(query) query = db_query(db, sql, error);
    query_put_int(query, giving->event.integration);
    query_put_text(query, giving->event.type);
    query_put_text(query, giving->event.key);
    if (query_next(query, error) != QUERY_ROW) {
        return false;
    }
    giving->event.id = query_int(query, 0);
    return true;
}

static void add_run(void *self, const struct followup_run *run)
{
    (void)json_array_append_new(self,
                                json_pack("{s:o,s:s}", "followup", answer_text(run->name),
                                          "state", run_state_name(run->state)));
}

static bool note(struct db *db, const struct giving *giving, struct error *error)
{
    char subject[40];
    (void)snprintf(subject, sizeof subject, "event %" PRId64, giving->event.id);
    const struct audit audit = {.at_ms = giving->event.at_ms,
                                .actor = str_from(giving->who),
                                .action = STR("event emit"),
                                .account = str_from(giving->integration->account),
                                .subject = str_from(subject)};
    return audit_add(db, &audit, error);
}

static bool take_new(struct giving *giving, struct db *db, struct error *error)
{
    struct event_page page = {.integration = giving->event.integration,
                              .events = &giving->event,
                              .count = 1,
                              .now_ms = giving->event.at_ms};
    return followup_page_take(giving->page, db, &giving->event, error) &&
           consents_take(db, &page, &giving->arena, error) && note(db, giving, error);
}

static bool give(struct store_work *work, struct db *db, struct error *error)
{
    struct giving *giving = (struct giving *)(void *)work;
    const struct integration *integration = giving->integration;
    if (!book_sql_integration(db, str_from(integration->account),
                              str_from(integration->identifier), &giving->event.integration,
                              error) ||
        !event_add(db, &giving->event, false, error)) {
        return false;
    }
    giving->was_there = giving->event.id == 0;
    return (giving->was_there ? find_same(giving, db, error)
                              : take_new(giving, db, error)) &&
           run_each_of_event(db, giving->event.id, &giving->arena, add_run, giving->runs,
                             error);
}

/* ---- emit ---- */

/* What is new is refused when the disk is nearly full. */
static bool has_room(const struct daemon *daemon, struct error *error)
{
    const struct room *room = keeper_room(daemon->keeper);
    if (room->is_short) {
        room_say(room, error);
    }
    return !room->is_short;
}

static bool keep_event(struct giving *giving, struct error *error)
{
    struct daemon *daemon = giving->operation->daemon;
    const struct integration *integration = giving->integration;
    giving->page = followups_look(daemon->followups, str_from(integration->account),
                                  str_from(integration->identifier), &giving->event, 1);
    if (!giving->page) {
        return error_set(error, IMH_RETRY, "no memory for an event");
    }
    giving->work.run = give;
    bool good = store_do(safe_store(daemon->context->safe), &giving->work, error);
    if (good) {
        followup_page_stored(giving->page, daemon->deliver);
    }
    followup_page_free(giving->page);
    return good;
}

json_t *operation_event_emit(const struct operation *operation, struct error *error)
{
    struct giving giving = {.operation = operation};
    const struct configured *configured = find_integration(operation, error);
    json_t *answer = NULL;
    arena_init(&giving.arena, BLOCK_BYTES, 0);
    giving.runs = json_array();
    giving.integration = configured ? &configured->integration : NULL;
    if (configured && make_event(&giving, error) && take_type(&giving, configured, error) &&
        has_room(operation->daemon, error) && keep_event(&giving, error)) {
        answer =
            json_pack("{s:o,s:o,s:b,s:O}", "id",
                      giving.event.id > 0 ? json_integer(giving.event.id) : json_null(),
                      "key", answer_text(giving.event.key), "was_there", giving.was_there,
                      "followups", giving.runs);
    }
    json_decref(giving.runs);
    arena_done(&giving.arena);
    return answer;
}
