#include "app/config_followup.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/builtin.h"
#include "followup/rules.h"
#include "smarty/smarty.h"

enum { NAMES_BYTES = 64 << 10 };

/* A follow-up that is read or checked. */
struct looking {
    const struct account *account;
    const char *name;
    unsigned line;
    struct supervisor *supervisor;
    struct problems *problems;
};

/* `wrong` may be meant for one of the words `names`. */
static void complain(void *self, unsigned line, const char *what, struct str wrong,
                     struct str names)
{
    const struct looking *looking = self;
    struct text hint;
    char quoted[160] = "";
    text_init(&hint, 256);
    if (wrong.len > 0) {
        (void)snprintf(quoted, sizeof quoted, " '%.*s'", STR_ARGS(str_before(wrong, 128)));
        problems_suggest(&hint, wrong, names);
    }
    problems_add(looking->problems, looking->account->file, line ? line : looking->line,
                 "follow-up '%s': %s%s%s", looking->name, what, quoted, text_cstr(&hint));
    text_done(&hint);
}

/* ---- reading ---- */

static bool is_name(struct str name)
{
    bool good = name.len > 0 && name.len <= FOLLOWUP_NAME_BYTES;
    for (size_t i = 0; good && i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        good = letter || (i > 0 && ((c >= '0' && c <= '9') || c == '-'));
    }
    return good;
}

static struct followup_entry *entries_of(const struct ini_section *section, uint32_t *count)
{
    *count = 0;
    for (const struct ini_entry *at = section->entries; at; at = at->next) {
        ++*count;
    }
    struct followup_entry *entries = calloc(*count + 1, sizeof *entries);
    *count = 0;
    for (const struct ini_entry *at = section->entries; entries && at; at = at->next) {
        entries[(*count)++] = (struct followup_entry){at->name, at->value, at->line};
    }
    return entries;
}

static bool is_there(const struct account *account, struct str name)
{
    const struct followup *at = account->followups;
    while (at && !str_eq(at->name, name)) {
        at = at->next;
    }
    return at != NULL;
}

void config_followup_read(struct account *account, const struct ini_section *section,
                          struct str name, struct problems *problems)
{
    char shown[FOLLOWUP_NAME_BYTES + 1];
    struct looking looking = {
        .account = account, .name = shown, .line = section->line, .problems = problems};
    const struct followup_problems told = {&looking, complain};
    struct followup **last = &account->followups;
    uint32_t count;
    (void)snprintf(shown, sizeof shown, "%.*s", STR_ARGS(name));
    if (!is_name(name)) {
        complain(&looking, 0,
                 "the name of a follow-up is letters, digits, '_' and '-', at most 64, and "
                 "begins with a letter",
                 STR_OF(""), STR_OF(""));
        return;
    }
    if (is_there(account, name)) {
        complain(&looking, 0, "there are two of that name", STR_OF(""), STR_OF(""));
        return;
    }
    struct followup_entry *entries = entries_of(section, &count);
    while (*last) {
        last = &(*last)->next;
    }
    *last = entries ? followup_make(name, entries, count, &told) : NULL;
    if (*last) {
        (*last)->line = section->line;
    }
    free(entries);
}

void config_followup_free(struct account *account)
{
    while (account->followups) {
        struct followup *first = account->followups;
        account->followups = first->next;
        followup_free(first);
    }
    followup_set_release(account->followup_set);
}

/* ---- what it names ---- */

static void write_identifiers(const struct account *account, struct text *names)
{
    for (const struct configured *at = account->integrations; at; at = at->next) {
        text_print(names, "%s ", at->integration.identifier);
    }
}

/* The plugin of an integration; NULL: there is none, and that was said. */
static const struct descriptor *find(struct looking *looking, struct str identifier,
                                     unsigned line)
{
    const struct configured *found = config_actor(looking->account, identifier);
    const struct descriptor *descriptor = NULL;
    struct text text;
    text_init(&text, NAMES_BYTES);
    if (!found && str_is(identifier, "mail")) {
        complain(looking, line, "mails want a section [mail], with 'server' and 'from'",
                 STR_OF(""), STR_OF(""));
    } else if (!found) {
        write_identifiers(looking->account, &text);
        complain(looking, line, "there is no integration", identifier, text_str(&text));
    } else if (found->usable) {
        descriptor =
            supervisor_plugin(looking->supervisor, found->integration.plugin, &text);
    }
    text_done(&text);
    return descriptor;
}

static void check_event(struct looking *looking, const struct followup_event *event)
{
    const struct descriptor *descriptor = find(looking, event->integration, event->line);
    struct text names;
    char what[128];
    text_init(&names, NAMES_BYTES);
    bool found = !descriptor || descriptor == builtin_descriptor(BUILTIN_EVENT);
    for (uint32_t i = 0; descriptor && i < descriptor->event_type_count; i++) {
        found = found || str_is(event->type, descriptor->event_types[i].name);
        text_print(&names, "%s ", descriptor->event_types[i].name);
    }
    if (!found) {
        (void)snprintf(what, sizeof what, "'%.*s' has no event",
                       STR_ARGS(event->integration));
        complain(looking, event->line, what, event->type, text_str(&names));
    }
    text_done(&names);
}

static void check_events(struct looking *looking, const struct followup_events *events)
{
    for (uint32_t i = 0; i < events->count; i++) {
        check_event(looking, &events->items[i]);
    }
}

/* What is read has to be the event, or an integration. */
static void check_root(struct looking *looking, struct str name, unsigned line)
{
    struct text names;
    if (str_is(name, "trigger") || str_is(name, "smarty") ||
        config_integration(looking->account, name)) {
        return;
    }
    text_init(&names, NAMES_BYTES);
    text_add_cstr(&names, "trigger ");
    write_identifiers(looking->account, &names);
    complain(looking, line, "nobody knows the variable", name, text_str(&names));
    text_done(&names);
}

/* Of an expression, which sets nothing itself. */
static void check_variables(struct looking *looking, const struct smarty_template *template,
                            unsigned line)
{
    struct str name;
    for (uint32_t i = 0; template && (name = smarty_variable(template, i)).len > 0; i++) {
        check_root(looking, name, line);
    }
}

/* ---- arguments ---- */

/* Names of the members of an object. */
static void write_members(struct str object, struct text *names)
{
    struct json_reader reader;
    struct str whole;
    struct arena arena;
    arena_init(&arena, 1024, 0);
    json_open(&reader, object, &json_limits_input);
    enum json_event event = json_next(&reader);
    while (event == JSON_OBJECT || event == JSON_KEY) {
        event = json_next(&reader);
        if (event == JSON_KEY) {
            struct str name = json_decode(reader.token, reader.escaped, &arena);
            text_print(names, "%.*s ", STR_ARGS(name));
            if (!json_whole(&reader, json_next(&reader), &whole)) {
                break;
            }
        }
    }
    arena_done(&arena);
}

static bool has_word(struct str words, struct str wanted)
{
    struct str word;
    while (str_word(&words, &word)) {
        if (str_eq(word, wanted)) {
            return true;
        }
    }
    return false;
}

static bool gives(const struct followup_step *step, struct str name)
{
    for (uint32_t i = 0; i < step->argument_count; i++) {
        if (str_eq(step->arguments[i].name, name)) {
            return true;
        }
    }
    return false;
}

static void check_required(struct looking *looking, const struct followup_step *step,
                           struct str params, struct arena *arena)
{
    for (uint32_t i = 0;; i++) {
        char pointer[32];
        struct str name;
        (void)snprintf(pointer, sizeof pointer, "/required/%u", i);
        if (json_find(params, str_from(pointer), arena, &name) != JSON_STRING) {
            return;
        }
        name = str_before(str_after(name, 1), name.len - 2);
        if (!gives(step, name)) {
            char what[160];
            (void)snprintf(what, sizeof what, "'%.*s.%.*s' needs the argument 'with.%.*s'",
                           STR_ARGS(step->integration), STR_ARGS(step->action),
                           STR_ARGS(str_before(name, 64)));
            complain(looking, step->line, what, STR_OF(""), STR_OF(""));
        }
    }
}

static void check_arguments(struct looking *looking, const struct followup_step *step,
                            struct str params)
{
    struct arena arena;
    struct str found;
    struct text names;
    arena_init(&arena, 4096, 0);
    text_init(&names, NAMES_BYTES);
    bool closed =
        json_find(params, STR_OF("/additionalProperties"), &arena, &found) == JSON_FALSE;
    if (json_find(params, STR_OF("/properties"), &arena, &found) == JSON_OBJECT) {
        write_members(found, &names);
    }
    for (uint32_t i = 0; closed && i < step->argument_count; i++) {
        if (!has_word(text_str(&names), step->arguments[i].name)) {
            complain(looking, step->arguments[i].line, "the action has no argument",
                     step->arguments[i].name, text_str(&names));
        }
    }
    check_required(looking, step, params, &arena);
    text_done(&names);
    arena_done(&arena);
}

struct reading {
    struct looking *looking;
    unsigned line;
};

static void check_path(void *self, const struct smarty_path *path)
{
    const struct reading *reading = self;
    check_root(reading->looking, path->root, reading->line);
}

/* Templates of a mail see the members of its own 'data', too. */
static void check_values(struct looking *looking, const struct followup_step *step,
                         const char *params)
{
    bool has_data = gives(step, STR_OF("data"));
    for (uint32_t i = 0; i < step->argument_count; i++) {
        const struct followup_argument *argument = &step->arguments[i];
        struct reading reading = {looking, argument->line};
        struct error ignored; /* it was compiled */
        if (!has_data || !builtin_is_template(params, argument->name)) {
            (void)smarty_paths("with", argument->source, check_path, &reading, &ignored);
        }
    }
}

static void check_step(struct looking *looking, const struct followup_step *step)
{
    struct text names;
    char what[128];
    check_variables(looking, step->condition, step->condition_line);
    check_variables(looking, step->recheck, step->recheck_line);
    if (step->line == 0) {
        return; /* it was said that it has no action */
    }
    const struct descriptor *descriptor = find(looking, step->integration, step->line);
    text_init(&names, NAMES_BYTES);
    int number = descriptor ? descriptor_action(descriptor, step->action) : -1;
    const char *params = number < 0 ? NULL : descriptor->actions[number].params;
    for (uint32_t i = 0; descriptor && i < descriptor->action_count; i++) {
        text_print(&names, "%s ", descriptor->actions[i].name);
    }
    if (descriptor && number < 0) {
        (void)snprintf(what, sizeof what, "'%.*s' has no action",
                       STR_ARGS(step->integration));
        complain(looking, step->line, what, step->action, text_str(&names));
    } else if (params) {
        check_arguments(looking, step, str_from(params));
    }
    check_values(looking, step, params);
    text_done(&names);
}

static void check_one(struct looking *looking, const struct followup *followup)
{
    char name[FOLLOWUP_NAME_BYTES + 1];
    (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(followup->name));
    looking->name = name;
    looking->line = followup->line;
    check_events(looking, &followup->on);
    check_events(looking, &followup->until);
    check_events(looking, &followup->restart);
    check_variables(looking, followup->limit.per, followup->limit.line);
    for (uint32_t i = 0; i < followup->step_count; i++) {
        check_step(looking, &followup->steps[i]);
    }
}

void config_check_followups(struct config *config, struct supervisor *supervisor,
                            struct problems *problems)
{
    for (struct account *at = config->accounts; at; at = at->next) {
        struct looking looking = {
            .account = at, .supervisor = supervisor, .problems = problems};
        for (const struct followup *one = at->followups; one; one = one->next) {
            check_one(&looking, one);
        }
        at->followup_set =
            followup_set_make(at->followups, at->zone ? zone_name(at->zone) : NULL);
        if (!at->followup_set) {
            problems_add(problems, at->file, 0, "no memory for its follow-ups");
        } else {
            followup_set_limit(at->followup_set, &config->render);
            at->followups = NULL; /* they are the set's */
        }
    }
}
