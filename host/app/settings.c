#include "app/settings.h"

enum {
    PARALLEL_MOST = 32,
    TIMEOUT_MOST_S = 300,
    CACHE_MOST_S = 86400,
    STALE_MOST_S = 7 * 86400
};

/* ---- one function a kind: false, and a clause that fits behind the name ---- */

static bool choose(struct str value, const char *const *words, unsigned count,
                   unsigned *chosen, struct error *error)
{
    struct text list;
    for (unsigned i = 0; i < count; i++) {
        if (str_is(value, words[i])) {
            *chosen = i;
            return true;
        }
    }
    text_init(&list, 256);
    for (unsigned i = 0; i < count; i++) {
        text_print(&list, "%s%s", i == 0 ? "" : i + 1 == count ? " or " : ", ", words[i]);
    }
    (void)error_set(error, IMH_REJECTED, "must be %s", text_cstr(&list));
    text_done(&list);
    return false;
}

static bool take_enabled(struct str value, struct integration *integration,
                         struct error *error)
{
    return str_to_bool(value, &integration->enabled) ||
           error_set(error, IMH_REJECTED, "must be yes or no");
}

static bool take_private(struct str value, struct integration *integration,
                         struct error *error)
{
    return str_to_bool(value, &integration->allow_private) ||
           error_set(error, IMH_REJECTED, "must be yes or no");
}

static bool take_on_failure(struct str value, struct integration *integration,
                            struct error *error)
{
    static const char *const words[] = {"wait", "empty", "stop"};
    unsigned chosen;
    if (!choose(value, words, 3, &chosen, error)) {
        return false;
    }
    integration->on_failure = (enum on_failure)chosen;
    return true;
}

static bool seconds_between(struct str value, int64_t least, int64_t most, int64_t *seconds,
                            struct error *error)
{
    if (!str_to_seconds(value, seconds)) {
        return error_set(error, IMH_REJECTED,
                         "must be a duration such as 90s, 5m, 2h or 30d");
    }
    return (*seconds >= least && *seconds <= most) ||
           error_set(error, IMH_REJECTED, "must be from %" PRId64 "s to %" PRId64 "s",
                     least, most);
}

static bool take_cache(struct str value, struct integration *integration,
                       struct error *error)
{
    return seconds_between(value, 0, CACHE_MOST_S, &integration->cache_s, error);
}

static bool take_stale(struct str value, struct integration *integration,
                       struct error *error)
{
    return seconds_between(value, 0, STALE_MOST_S, &integration->stale_s, error);
}

static bool take_timeout(struct str value, struct integration *integration,
                         struct error *error)
{
    int64_t seconds;
    if (!seconds_between(value, 1, TIMEOUT_MOST_S, &seconds, error)) {
        return false;
    }
    integration->timeout_ms = (uint32_t)seconds * 1000;
    return true;
}

static bool take_parallel(struct str value, struct integration *integration,
                          struct error *error)
{
    int64_t number;
    if (!str_to_int64(value, 1, PARALLEL_MOST, &number)) {
        return error_set(error, IMH_REJECTED, "must be a number from 1 to %d",
                         PARALLEL_MOST);
    }
    integration->parallel = (uint32_t)number;
    return true;
}

/* "20/s", "100/m". */
static bool take_rate(struct str value, struct integration *integration,
                      struct error *error)
{
    size_t slash = str_find_char(value, '/');
    struct str unit = str_after(value, slash + 1);
    int64_t number;
    bool second = str_is(unit, "s");
    if (!str_to_int64(str_before(value, slash), 1, 1000000, &number) ||
        (!second && !str_is(unit, "m"))) {
        return error_set(error, IMH_REJECTED, "must be a rate such as 20/s or 100/m");
    }
    integration->rate_a_minute = second ? number * 60 : number;
    return true;
}

/* config_check() reads the file. */
static bool check_ca_file(struct str value, struct integration *integration,
                          struct error *error)
{
    (void)integration;
    return value.len > 0 ||
           error_set(error, IMH_REJECTED, "must be the path of a file of certificates");
}

static bool take_isolation(struct str value, struct integration *integration,
                           struct error *error)
{
    static const char *const words[] = {"plugin", "account"};
    unsigned chosen;
    bool good = choose(value, words, 2, &chosen, error);
    if (good) {
        integration->own_worker = chosen == 1;
    }
    return good;
}

static bool take_order(struct str value, struct integration *integration,
                       struct error *error)
{
    static const char *const words[] = {"record", "strict"};
    unsigned chosen;
    if (!choose(value, words, 2, &chosen, error)) {
        return false;
    }
    integration->strict_order = chosen == 1;
    return true;
}

bool settings_on_exhausted(struct str value, bool *holds, struct error *error)
{
    static const char *const words[] = {"continue", "hold"};
    unsigned chosen;
    if (!choose(value, words, 2, &chosen, error)) {
        return false;
    }
    *holds = chosen == 1;
    return true;
}

bool settings_check_on_exhausted(struct str value, struct error *error)
{
    bool ignored;
    return settings_on_exhausted(value, &ignored, error);
}

static bool take_on_exhausted(struct str value, struct integration *integration,
                              struct error *error)
{
    return settings_on_exhausted(value, &integration->retry.usual.holds, error);
}

static bool take_on_unknown(struct str value, struct integration *integration,
                            struct error *error)
{
    static const char *const words[] = {"ask", "retry"};
    unsigned chosen;
    if (!choose(value, words, 2, &chosen, error)) {
        return false;
    }
    integration->retry.usual.repeats = chosen == 1;
    return true;
}

bool settings_check_duration(struct str value, struct error *error)
{
    int64_t seconds;
    return seconds_between(value, 0, 366 * (int64_t)86400, &seconds, error);
}

/* Of the first pace: see take_pace(). */
static bool take_poll(struct str value, struct integration *integration,
                      struct error *error)
{
    return seconds_between(value, 1, 366 * (int64_t)86400, &integration->paces[0].poll_s,
                           error);
}

static bool take_margin(struct str value, struct integration *integration,
                        struct error *error)
{
    return seconds_between(value, 0, 366 * (int64_t)86400, &integration->paces[0].margin_s,
                           error);
}

bool settings_ladder(struct str value, struct ladder *ladder, struct error *error)
{
    struct ladder parsed;
    if (!ladder_parse(value, &parsed, error)) {
        return false; /* it says what a step must be */
    }
    if (parsed.count == 0) {
        return error_set(error, IMH_REJECTED, "must be pauses such as 1m 5m 10m 1h");
    }
    *ladder = parsed;
    return true;
}

bool settings_check_ladder(struct str value, struct error *error)
{
    struct ladder ignored;
    return settings_ladder(value, &ignored, error);
}

static bool take_ladder(struct str value, struct integration *integration,
                        struct error *error)
{
    return settings_ladder(value, &integration->retry.usual.ladder, error);
}

/* ---- the table ---- */

/* What may stand behind its name and a dot. */
enum of { OF_NOTHING, OF_SOURCE /* poll.orders */, OF_ACTION /* ladder.request */ };

static const struct {
    struct str name;
    enum of of;
    bool (*take)(struct str value, struct integration *integration, struct error *error);
} settings[] = {
    {STR("enabled"), OF_NOTHING, take_enabled},
    {STR("on_failure"), OF_NOTHING, take_on_failure},
    {STR("cache"), OF_NOTHING, take_cache},
    {STR("stale"), OF_NOTHING, take_stale},
    {STR("timeout"), OF_NOTHING, take_timeout},
    {STR("parallel"), OF_NOTHING, take_parallel},
    {STR("rate"), OF_NOTHING, take_rate},
    {STR("allow_private"), OF_NOTHING, take_private},
    {STR("ca_file"), OF_NOTHING, check_ca_file},
    {STR("isolation"), OF_NOTHING, take_isolation},
    {STR("order"), OF_NOTHING, take_order},
    {STR("on_exhausted"), OF_ACTION, take_on_exhausted},
    {STR("on_unknown"), OF_ACTION, take_on_unknown},
    {STR("poll"), OF_SOURCE, take_poll},
    {STR("margin"), OF_SOURCE, take_margin},
    {STR("ladder"), OF_ACTION, take_ladder},
};
enum { SETTING_COUNT = sizeof settings / sizeof *settings };

static bool has_part(unsigned number, struct str name)
{
    struct str setting = settings[number].name;
    return settings[number].of != OF_NOTHING && str_starts(name, setting) &&
           name.len > setting.len + 1 && name.ptr[setting.len] == '.';
}

/* Number of the setting, or SETTING_COUNT. */
static unsigned find_setting(struct str name)
{
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        if (has_part(i, name) || str_eq(settings[i].name, name)) {
            return i;
        }
    }
    return SETTING_COUNT;
}

bool settings_has(struct str name)
{
    return str_is(name, "plugin") || find_setting(name) < SETTING_COUNT;
}

struct str settings_names(void)
{
    return STR_OF("plugin enabled on_failure cache stale timeout parallel rate "
                  "allow_private ca_file isolation "
                  "order on_exhausted on_unknown poll margin ladder");
}

static struct pace *pace_of(struct integration *integration, struct str source,
                            struct error *error)
{
    for (uint32_t i = 0; i < integration->pace_count; i++) {
        if (str_eq(integration->paces[i].source, source)) {
            return &integration->paces[i];
        }
    }
    if (integration->pace_count == PACES_MOST) {
        (void)error_set(error, IMH_REJECTED, "names more than %d sources", PACES_MOST);
        return NULL;
    }
    struct pace *pace = &integration->paces[integration->pace_count++];
    *pace = (struct pace){.source = source, .poll_s = -1, .margin_s = -1};
    return pace;
}

/* "poll.orders": of one source; "poll": of all that have none of their own. */
static bool take_pace(const struct ini_entry *entry, unsigned number,
                      struct integration *integration, struct error *error)
{
    bool own = has_part(number, entry->name);
    struct str source =
        own ? str_after(entry->name, settings[number].name.len + 1) : STR_OF("");
    struct pace *pace = pace_of(integration, source, error);
    struct integration scratch = {.pace_count = 1};
    scratch.paces[0] = pace ? *pace : scratch.paces[0];
    bool good = pace && settings[number].take(entry->value, &scratch, error);
    if (good) {
        *pace = scratch.paces[0];
    }
    return good;
}

/* What is said of one action is not said of all. */
static bool take_one(const struct ini_entry *entry, unsigned number,
                     struct integration *integration, struct error *error)
{
    struct integration ignored = {.identifier = NULL};
    if (settings[number].of == OF_SOURCE) {
        return take_pace(entry, number, integration, error);
    }
    bool action = settings[number].of == OF_ACTION && has_part(number, entry->name);
    return settings[number].take(entry->value, action ? &ignored : integration, error);
}

bool settings_of_action(const struct ini_entry *entry, struct str *action)
{
    unsigned number = find_setting(entry->name);
    if (number == SETTING_COUNT || settings[number].of != OF_ACTION ||
        !has_part(number, entry->name)) {
        return false;
    }
    *action = str_after(entry->name, settings[number].name.len + 1);
    return true;
}

bool settings_take_action(const struct ini_entry *entry, struct policy *policy)
{
    struct integration scratch = {.retry.usual = *policy};
    struct error said; /* by settings_take() */
    if (!settings[find_setting(entry->name)].take(entry->value, &scratch, &said)) {
        return false;
    }
    *policy = scratch.retry.usual;
    return true;
}

void settings_take(struct ini_section *section, const char *file,
                   struct integration *integration, struct problems *problems)
{
    for (struct ini_entry *entry = section->entries; entry; entry = entry->next) {
        struct error error;
        unsigned number = find_setting(entry->name);
        if (number == SETTING_COUNT) {
            continue;
        }
        entry->used = true;
        if (!take_one(entry, number, integration, &error)) {
            problems_add(problems, file, entry->line, "integration '%s': '%.*s' %s",
                         integration->identifier, STR_ARGS(entry->name), error.text);
        }
    }
}
