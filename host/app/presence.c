#include "app/presence.h"

#include <string.h>

#include "engine/builtin.h"
#include "engine/followup_store.h"

enum { NAMES_BYTES = 1 << 20, HINT_BYTES = 256 };

/* What is in the way. */
enum lack { LACK_NONE, LACK_ACCOUNT, LACK_SECTION, LACK_ENABLED, LACK_USE };

static enum lack lack_of(const struct config *config, struct str account,
                         struct str identifier, const struct configured **configured)
{
    const struct account *found = config_account(config, account);
    *configured = found ? config_actor(found, identifier) : NULL;
    if (!found) {
        return LACK_ACCOUNT;
    }
    if (!*configured) {
        return str_is(identifier, FOLLOWUP_PLACE) ? LACK_NONE : LACK_SECTION;
    }
    return !(*configured)->integration.enabled ? LACK_ENABLED
           : (*configured)->problem            ? LACK_USE
                                               : LACK_NONE;
}

/* ---- jobs ---- */

static void say_gone(enum lack lack, struct str account, struct str identifier,
                     struct error *why)
{
    if (lack == LACK_ACCOUNT) {
        (void)error_set(why, IMH_MISSING, "account '%.*s' is not in the configuration",
                        STR_ARGS(account));
    } else {
        (void)error_set(why, IMH_MISSING, "'%.*s' is not in the file of %.*s",
                        STR_ARGS(identifier), STR_ARGS(account));
    }
}

static void say_why(enum lack lack, struct str account, struct str identifier,
                    const struct configured *configured, struct error *why)
{
    if (!configured) {
        say_gone(lack, account, identifier, why);
        return;
    }
    const struct integration *integration = &configured->integration;
    if (lack == LACK_ENABLED) {
        (void)error_set(why, IMH_MISSING, "'%s' is disabled in the file of %s",
                        integration->identifier, integration->account);
    } else {
        (void)error_set(why, IMH_MISSING, "'%s' is left out: %s", integration->identifier,
                        configured->problem);
    }
}

static void say_remedy(enum lack lack, struct str account, struct str identifier,
                       struct error *remedy)
{
    if (lack == LACK_ACCOUNT) {
        (void)error_set(remedy, IMH_MISSING, "bring back the file of %.*s",
                        STR_ARGS(account));
    } else if (lack == LACK_SECTION) {
        (void)error_set(remedy, IMH_MISSING, "bring back [integration %.*s]",
                        STR_ARGS(identifier));
    } else {
        (void)error_set(remedy, IMH_MISSING, "%s",
                        lack == LACK_ENABLED ? "say enabled = yes" : "mend that");
    }
}

bool presence_lacks(const struct config *config, struct str account, struct str identifier,
                    struct absence *absence)
{
    const struct configured *configured;
    enum lack lack = lack_of(config, account, identifier, &configured);
    if (lack != LACK_NONE) {
        say_why(lack, account, identifier, configured, &absence->why);
        say_remedy(lack, account, identifier, &absence->remedy);
    }
    return lack != LACK_NONE;
}

static struct str text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

static void mark(const struct config *config, json_t *job)
{
    struct absence absence;
    if (!str_is(text_of(job, "state"), "waiting") ||
        !presence_lacks(config, text_of(job, "account"), text_of(job, "integration"),
                        &absence)) {
        return;
    }
    (void)json_object_set_new(job, "held_since", json_null());
    (void)json_object_set_new(job, "held_why", json_string(absence.why.text));
    (void)json_object_set_new(
        job, "held_remedy",
        json_sprintf("%s, then: imh reload; or: imh queue discard %lld",
                     absence.remedy.text,
                     (long long)json_integer_value(json_object_get(job, "id"))));
}

void presence_mark(const struct config *config, json_t *answer)
{
    json_t *job;
    size_t i;
    mark(config, answer);
    json_array_foreach(json_object_get(answer, "items"), i, job)
    {
        mark(config, job);
    }
}

void presence_add_gone(const struct config *config, const json_t *owners, json_t *list)
{
    const json_t *owner;
    size_t i;
    json_array_foreach(json_object_get(owners, "items"), i, owner)
    {
        const struct configured *configured;
        struct error remedy;
        struct str account = text_of(owner, "account");
        struct str identifier = text_of(owner, "integration");
        enum lack lack = lack_of(config, account, identifier, &configured);
        if (lack == LACK_ACCOUNT || lack == LACK_SECTION) {
            say_remedy(lack, account, identifier, &remedy);
            json_t *problem = json_sprintf(
                "its jobs wait: %s, then: imh reload; or discard them", remedy.text);
            (void)json_array_append_new(
                list, json_pack("{s:s%,s:s%,s:n,s:s,s:o}", "account", account.ptr,
                                account.len, "integration", identifier.ptr, identifier.len,
                                "plugin", "state", "gone", "problem", problem));
        }
    }
}

/* ---- commands ---- */

static bool miss_account(const struct config *config, struct str account,
                         struct error *error)
{
    struct text names;
    struct text hint;
    text_init(&names, NAMES_BYTES);
    text_init(&hint, HINT_BYTES);
    for (const struct account *at = config->accounts; at; at = at->next) {
        text_print(&names, "%s ", at->name);
    }
    problems_suggest(&hint, account, text_str(&names));
    (void)error_set(error, IMH_MISSING, "there is no account '%.*s'%s", STR_ARGS(account),
                    text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return false;
}

static bool miss_integration(const struct config *config, const struct target *target,
                             struct error *error)
{
    const struct account *account = config_account(config, target->account);
    struct text names;
    struct text hint;
    text_init(&names, NAMES_BYTES);
    text_init(&hint, HINT_BYTES);
    for (const struct configured *at = account->integrations; at; at = at->next) {
        text_print(&names, "%s ", at->integration.identifier);
    }
    for (const struct configured *at = account->builtins; at; at = at->next) {
        text_print(&names, "%s ", at->integration.identifier);
    }
    problems_suggest(&hint, target->identifier, text_str(&names));
    (void)error_set(error, IMH_MISSING, "there is no integration '%.*s' of %s%s",
                    STR_ARGS(target->identifier), account->name, text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return false;
}

/* What the plugin has of that: its actions, or the records that it writes. */
static void add_names(const struct descriptor *descriptor, bool actions, struct text *names)
{
    for (uint32_t i = 0; actions && i < descriptor->action_count; i++) {
        text_print(names, "%s ", descriptor->actions[i].name);
    }
    for (uint32_t i = 0; !actions && i < descriptor->entity_count; i++) {
        const imh_entity *entity = &descriptor->entities[i];
        if (entity->flags & (IMH_UPSERTS | IMH_REMOVES)) {
            text_print(names, "%s ", entity->name);
        }
    }
}

static bool is_among(struct str name, struct str names)
{
    struct str word;
    while (str_word(&names, &word)) {
        if (str_eq(word, name)) {
            return true;
        }
    }
    return false;
}

static bool check_part(const struct configured *configured, const struct target *target,
                       struct error *error)
{
    const char *plugin = configured->integration.plugin;
    const struct descriptor *descriptor =
        configured->descriptor ? configured->descriptor : builtin_descriptor(plugin);
    bool actions = target->entity.len == 0;
    struct str name = actions ? target->action : target->entity;
    struct text names;
    struct text hint;
    if (!descriptor) {
        return true; /* who makes the job says it */
    }
    text_init(&names, NAMES_BYTES);
    text_init(&hint, HINT_BYTES);
    add_names(descriptor, actions, &names);
    bool found = is_among(name, text_str(&names));
    problems_suggest(&hint, name, text_str(&names));
    if (!found && hint.len == 0) {
        text_print(&hint, ": see 'imh plugin inspect %s'", plugin);
    }
    if (!found) {
        (void)error_set(error, IMH_MISSING, "'%s' has no %s '%.*s'%s%s",
                        configured->integration.identifier, actions ? "action" : "records",
                        STR_ARGS(name), actions ? "" : " to write", text_cstr(&hint));
    }
    text_done(&hint);
    text_done(&names);
    return found;
}

bool presence_check(const struct config *config, const struct target *target,
                    struct error *error)
{
    const struct configured *configured;
    struct error why;
    struct error remedy;
    enum lack lack = lack_of(config, target->account, target->identifier, &configured);
    if (lack == LACK_ACCOUNT) {
        return miss_account(config, target->account, error);
    }
    if (!configured) {
        return miss_integration(config, target, error);
    }
    if (lack == LACK_NONE) {
        return check_part(configured, target, error);
    }
    say_remedy(lack, target->account, target->identifier, &remedy);
    say_why(lack, target->account, target->identifier, configured, &why);
    return error_set(error, IMH_MISSING, "%s: %s, then: imh reload", why.text, remedy.text);
}
