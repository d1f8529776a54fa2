#include "app/command.h"

#include <string.h>
#include <unistd.h>

#include "app/asking.h"
#include "app/event_desk.h"
#include "app/followup_desk.h"
#include "app/queue_desk.h"
#include "app/queue_show.h"
#include "app/why.h"
#include "followup/followup.h"

enum { EVENTS_USUAL = 10, INTEGRATIONS_MOST = 64 };

/* What is asked, and what is known so far. */
struct asked_why {
    struct asking asking;
    const char *account, *name, *key, *limit;
    json_t *facts;
    int status;
};

/* ---- asking ---- */

static json_t *ask_events(const struct asking *asking, const char *what, json_t *arguments,
                          struct error *error)
{
    return event_desk_ask(asking->context->store, what, arguments, error);
}

static json_t *ask_followups(const struct asking *asking, const char *what,
                             json_t *arguments, struct error *error)
{
    return followup_desk_ask(asking->context->store, what, arguments, error);
}

static json_t *ask_queue(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    const struct queue_asked asked = {
        .what = what, .arguments = arguments, .asker = geteuid()};
    return queue_desk_ask(asking->context->store, &asked, error);
}

static json_t *question_of(const struct asked_why *asked)
{
    return json_pack("{s:s,s:s,s:s}", "account", asked->account, "followup", asked->name,
                     "key", asked->key);
}

static json_t *ask_followup(struct asked_why *asked, const char *what, json_t *question)
{
    return asking_ask(&asked->asking, "followup", what, question, ask_followups,
                      &asked->status);
}

/* ---- what the file says ---- */

static void suggest(const struct account *account, const char *name,
                    struct problems *problems)
{
    struct text names;
    struct text hint;
    text_init(&names, 1 << 20);
    text_init(&hint, 256);
    for (const struct followup *at = account->followups; at; at = at->next) {
        text_print(&names, "%.*s ", STR_ARGS(at->name));
    }
    problems_suggest(&hint, str_from(name), text_str(&names));
    problems_add(problems, account->file, 0, "there is no follow-up '%s'%s", name,
                 text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
}

/* The account's integrations as the file has them, until a daemon says more. */
static void add_integrations(const struct account *account, json_t *facts)
{
    json_t *items = json_array();
    for (const struct configured *at = account->integrations; at; at = at->next) {
        const struct integration *one = &at->integration;
        (void)json_array_append_new(
            items, json_pack("{s:s,s:s,s:s,s:n}", "integration", one->identifier, "plugin",
                             one->plugin, "state", one->enabled ? "enabled" : "disabled",
                             "problem"));
    }
    (void)json_object_set_new(facts, "integrations", items);
}

/* One that has left the file may have runs still. */
static void look_at_file(struct asked_why *asked)
{
    struct problems problems;
    struct config config;
    bool was = json_array_size(json_object_get(asked->facts, "eras")) > 0;
    problems_init(&problems);
    config_read(&config, asked->asking.context->config_file, asked->account, &problems);
    const struct account *account = config_account(&config, str_from(asked->account));
    const struct followup *found = account ? account->followups : NULL;
    while (found && !str_is(found->name, asked->name)) {
        found = found->next;
    }
    if (account && !found && !was) {
        suggest(account, asked->name, &problems);
    }
    if (found) {
        (void)json_object_set_new(asked->facts, "file",
                                  json_pack("{s:s,s:o}", "state",
                                            found->disabled ? "disabled" : "enabled", "on",
                                            followup_desk_on(found)));
    }
    if (account) {
        add_integrations(account, asked->facts);
    }
    asked->status = command_problems(&problems);
    config_free(&config);
    problems_done(&problems);
}

/* ---- what starts it ---- */

static void add_once(json_t *list, const char *text)
{
    const json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), text) == 0) {
            return;
        }
    }
    (void)json_array_append_new(list, json_string(text));
}

/* By what the daemon knew last; of one that has left the file, before that. */
static const json_t *known_on(const json_t *facts)
{
    const json_t *era;
    size_t i;
    json_array_foreach(json_object_get(facts, "eras"), i, era)
    {
        const json_t *on = json_object_get(era, "on");
        if (json_array_size(on) > 0) {
            return on;
        }
    }
    return NULL;
}

/* Now, by the file or the daemon: "on", and of which integrations: "sources_of". */
static void find_on(json_t *facts)
{
    const json_t *file = json_object_get(json_object_get(facts, "file"), "on");
    const json_t *lists[] = {file, known_on(facts)};
    json_t *on = json_array();
    json_t *sources = json_array();
    for (unsigned which = 0; which < 2; which++) {
        const json_t *item;
        size_t i;
        json_array_foreach(lists[which], i, item)
        {
            struct str whole = str_from(json_string_value(item));
            char name[128];
            (void)snprintf(name, sizeof name, "%.*s",
                           STR_ARGS(str_before(whole, str_find_char(whole, '.'))));
            add_once(on, json_string_value(item));
            add_once(sources, name);
        }
    }
    (void)json_object_set_new(facts, "on", on);
    (void)json_object_set_new(facts, "sources_of", sources);
}

/* ---- events ---- */

static bool is_named(const json_t *list, const json_t *event)
{
    char name[256];
    const json_t *item;
    size_t i;
    (void)snprintf(name, sizeof name, "%s.%s",
                   json_string_value(json_object_get(event, "integration")),
                   json_string_value(json_object_get(event, "type")));
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), name) == 0) {
            return true;
        }
    }
    return false;
}

/* Newest first, over all integrations. */
static void insert(json_t *events, json_t *event)
{
    json_int_t id = json_integer_value(json_object_get(event, "id"));
    size_t at = json_array_size(events);
    while (at > 0 &&
           json_integer_value(json_object_get(json_array_get(events, at - 1), "id")) < id) {
        at--;
    }
    (void)json_array_insert(events, at, event);
}

/* All of an integration that are about the key, as far as wanted. */
static void find_events(struct asked_why *asked, const char *integration)
{
    size_t most = asked->limit ? (size_t)asking_number(asked->limit) : EVENTS_USUAL;
    json_t *events = json_object_get(asked->facts, "events");
    json_t *before = json_integer(0);
    size_t found = 0;
    while (asked->status == EXIT_DONE && json_is_integer(before) && found < most) {
        json_t *question = question_of(asked);
        (void)json_object_set_new(question, "integration", json_string(integration));
        (void)json_object_set(question, "before", before);
        json_auto_t *answer = ask_followup(asked, "seen", question);
        json_t *event;
        size_t i;
        json_array_foreach(json_object_get(answer, "items"), i, event)
        {
            bool starts = is_named(json_object_get(asked->facts, "on"), event);
            (void)json_object_set_new(event, "starts", json_boolean(starts));
            insert(events, event);
            found += starts ? 1 : 0;
        }
        json_decref(before);
        before = json_incref(json_object_get(answer, "next"));
    }
    json_decref(before);
}

static void find_job(struct asked_why *asked, json_t *event)
{
    const json_t *job = json_object_get(json_object_get(event, "run"), "job");
    struct error ignored;
    if (!json_is_integer(job)) {
        return;
    }
    json_t *question = json_pack("{s:O}", "id", job);
    json_t *answer;
    if (asked->asking.daemon) {
        answer = control_ask_json(asked->asking.daemon, "queue show", question, STR_OF(""),
                                  &ignored);
    } else {
        answer = ask_queue(&asked->asking, "show", question, &ignored);
        json_decref(question);
    }
    if (answer) {
        (void)json_object_set_new(event, "job", answer);
    }
}

/* ---- where they come from ---- */

static void find_sources(struct asked_why *asked)
{
    json_t *sources = json_array();
    const json_t *name;
    size_t i;
    json_array_foreach(json_object_get(asked->facts, "sources_of"), i, name)
    {
        json_auto_t *answer = asking_ask(
            &asked->asking, "event", "sources",
            json_pack("{s:s,s:O}", "account", asked->account, "integration", name),
            ask_events, &asked->status);
        (void)json_array_extend(sources, json_object_get(answer, "items"));
    }
    (void)json_object_set_new(asked->facts, "sources", sources);
}

/* Did its key come before? By each name of what starts it. */
static void find_known(struct asked_why *asked)
{
    json_t *known = json_array();
    const json_t *on;
    size_t i;
    json_array_foreach(json_object_get(asked->facts, "on"), i, on)
    {
        struct str whole = str_from(json_string_value(on));
        size_t dot = str_find_char(whole, '.');
        json_t *question = question_of(asked);
        (void)json_object_set_new(question, "integration", json_stringn(whole.ptr, dot));
        (void)json_object_set_new(
            question, "types",
            json_pack("[o]", json_string(str_after(whole, dot + 1).ptr)));
        json_auto_t *answer = ask_followup(asked, "known", question);
        json_t *item = json_array_get(json_object_get(answer, "items"), 0);
        (void)json_object_set(item, "on", (json_t *)on);
        (void)json_array_append(known, item);
    }
    (void)json_object_set_new(asked->facts, "known", known);
}

/* How the daemon finds its integrations and their plugins. */
static void find_status(struct asked_why *asked)
{
    struct error ignored;
    json_t *found = json_array();
    const json_t *item;
    size_t i;
    json_auto_t *answer = asked->asking.daemon
                              ? control_ask_json(asked->asking.daemon, "status",
                                                 json_object(), STR_OF(""), &ignored)
                              : NULL;
    (void)json_object_set_new(asked->facts, "daemon", json_boolean(answer));
    json_array_foreach(json_object_get(answer, "integrations"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "account")), asked->account) ==
            0) {
            (void)json_array_append(found, (json_t *)item);
        }
    }
    if (answer) {
        (void)json_object_set(asked->facts, "integrations", found);
        (void)json_object_set(asked->facts, "plugins", json_object_get(answer, "plugins"));
    }
    json_decref(found);
}

static void find_facts(struct asked_why *asked)
{
    const json_t *name;
    json_t *event;
    size_t i;
    json_auto_t *eras = ask_followup(asked, "eras", question_of(asked));
    (void)json_object_set(asked->facts, "eras", json_object_get(eras, "items"));
    if (asked->status == EXIT_DONE) {
        look_at_file(asked);
    }
    if (asked->status != EXIT_DONE) {
        return;
    }
    find_on(asked->facts);
    find_status(asked);
    json_array_foreach(json_object_get(asked->facts, "sources_of"), i, name)
    {
        find_events(asked, json_string_value(name));
    }
    json_array_foreach(json_object_get(asked->facts, "events"), i, event)
    {
        find_job(asked, event);
    }
    find_sources(asked);
    find_known(asked);
}

/* ---- what is told ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static void add_note(struct text *out, const json_t *note)
{
    static const char *const texts[] = {"values", "until", "whom"};
    static const char *const numbers[] = {"before", "most", "period_s", "event", "job"};
    text_print(out, "  %s  %s", text_of(note, "at"), text_of(note, "what"));
    if (number_of(note, "step") > 1) {
        text_print(out, ".%lld", number_of(note, "step"));
    }
    const json_t *yes = json_object_get(note, "yes");
    text_add_cstr(out, json_is_true(yes) ? ": yes" : json_is_false(yes) ? ": no" : "");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (*text_of(note, texts[i])) {
            text_print(out, ", %s %s", texts[i], text_of(note, texts[i]));
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (json_is_integer(json_object_get(note, numbers[i]))) {
            text_print(out, ", %s %lld", numbers[i], number_of(note, numbers[i]));
        }
    }
    if (number_of(note, "times") > 1) {
        text_print(out, ", %lld times", number_of(note, "times"));
    }
    text_add_char(out, '\n');
}

static void add_job(struct text *out, const json_t *job)
{
    const json_t *item;
    size_t i;
    if (!json_is_object(job)) {
        return;
    }
    text_print(out, "  job %lld  %s.%s: %s, attempts %lld\n", number_of(job, "id"),
               text_of(job, "integration"), text_of(job, "what"), text_of(job, "state"),
               number_of(job, "attempts"));
    json_array_foreach(json_object_get(job, "history"), i, item)
    {
        text_print(out, "    %s  %s", text_of(item, "at"), text_of(item, "what"));
        if (json_is_integer(json_object_get(item, "code"))) {
            text_print(out, ", code %lld", number_of(item, "code"));
        }
        text_print(out, " %s: %s\n", text_of(item, "category"), text_of(item, "words"));
    }
}

static void add_event(struct text *out, const json_t *event)
{
    const json_t *note;
    size_t i;
    const json_t *run = json_object_get(event, "run");
    text_print(out, "event %lld  %s.%s  %s\n", number_of(event, "id"),
               text_of(event, "integration"), text_of(event, "type"),
               text_of(event, "key"));
    text_print(out, "  %s  seen; it happened at %s\n", text_of(event, "seen_at"),
               text_of(event, "at"));
    json_array_foreach(json_object_get(run, "notes"), i, note)
    {
        add_note(out, note);
    }
    add_job(out, json_object_get(event, "job"));
    text_print(out, "  %s: %s\n", text_of(event, "stage"), text_of(event, "words"));
}

static void add_source(struct text *out, const json_t *source)
{
    text_print(out, "source %s.%s: %s, read to %s, %lld records skipped%s%s\n",
               text_of(source, "integration"), text_of(source, "source"),
               text_of(source, "state"), text_of(source, "read_to"),
               number_of(source, "skipped"), *text_of(source, "error") ? ": " : "",
               text_of(source, "error"));
}

static void write_people(const json_t *facts, struct text *out)
{
    const json_t *item;
    size_t i;
    text_print(out, "%s: %s\n", text_of(facts, "stage"), text_of(facts, "words"));
    json_array_foreach(json_object_get(facts, "events"), i, item)
    {
        add_event(out, item);
    }
    json_array_foreach(json_object_get(facts, "sources"), i, item)
    {
        add_source(out, item);
    }
}

/* Whole texts of follow-ups are only for finding out. */
static void write_programs(json_t *facts, struct text *out)
{
    json_t *era;
    size_t i;
    json_array_foreach(json_object_get(facts, "eras"), i, era)
    {
        (void)json_object_del(era, "text");
        (void)json_object_del(era, "from_ms");
    }
    queue_show_add(out, "", facts);
    text_add_char(out, '\n');
}

static int print(const struct asked_why *asked)
{
    struct text out;
    bool json = asked->asking.context->json;
    text_init(&out, WIRE_FRAME_BYTES);
    if (json) {
        write_programs(asked->facts, &out);
    } else {
        write_people(asked->facts, &out);
    }
    int status = json ? command_print(text_str(&out)) : queue_show_lines(text_str(&out));
    text_done(&out);
    return status;
}

int command_followup_why(struct context *context, int argc, char **argv)
{
    struct words words;
    struct asked_why asked = {.asking = {.context = context}};
    const struct flag flags[] = {{"--key", &asked.key, NULL},
                                 {"--limit", &asked.limit, NULL}};
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status == EXIT_DONE && (!asked.key || !*asked.key)) {
        status = command_fail(EXIT_WRONG_USE, "--key: of which event, person or cart?");
    }
    if (status == EXIT_DONE && asked.limit && asking_number(asked.limit) == 0) {
        status =
            command_fail(EXIT_WRONG_USE, "--limit: '%s' is no number above 0", asked.limit);
    }
    status = status == EXIT_DONE ? asking_open(&asked.asking, context) : status;
    if (status == EXIT_DONE) {
        asked.account = words.items[0];
        asked.name = words.items[1];
        asked.facts = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:[]}", "account", asked.account,
                                "followup", asked.name, "key", asked.key, "stage", "",
                                "reason", "", "words", "", "events");
        find_facts(&asked);
        status = asked.status;
    }
    if (status == EXIT_DONE) {
        why_judge(asked.facts);
        status = print(&asked);
    }
    json_decref(asked.facts);
    asking_close(&asked.asking);
    return status;
}
