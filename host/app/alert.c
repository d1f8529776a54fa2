#include "app/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "app/daemon.h"
#include "engine/alarm_book.h"
#include "engine/health.h"

enum {
    AGAIN_MS = 60000, /* one that could not be told */
    NAME_BYTES = 256, /* of an account or integration */
    FACTS_BYTES = 8 << 10
};

/* An integration with trouble, or the host: then both names are empty. */
struct watched {
    struct watched *next;
    char *account, *identifier;
    struct alarm alarm;
    int64_t since_ms; /* calendar */
    struct error last;
    bool seen_waiting; /* too many jobs, at the look that has just ended */
};

static void drop(struct watched *watched)
{
    free(watched->account);
    free(watched->identifier);
    free(watched);
}

void alert_free(struct alerts *alerts)
{
    while (alerts->first) {
        struct watched *watched = alerts->first;
        alerts->first = watched->next;
        drop(watched);
    }
}

/* ---- what happens ---- */

static struct watched *find(const struct alerts *alerts, const char *account,
                            const char *identifier)
{
    struct watched *watched = alerts->first;
    while (watched && (strcmp(watched->account, account) != 0 ||
                       strcmp(watched->identifier, identifier) != 0)) {
        watched = watched->next;
    }
    return watched;
}

static struct watched *add(struct alerts *alerts, const char *account,
                           const char *identifier)
{
    struct watched *watched = calloc(1, sizeof *watched);
    if (!watched) {
        return NULL;
    }
    watched->account = strdup(account);
    watched->identifier = strdup(identifier);
    if (!watched->account || !watched->identifier) {
        drop(watched);
        return NULL;
    }
    watched->next = alerts->first;
    alerts->first = watched;
    return watched;
}

/* Without memory nothing is told but in the log, which has it anyway. */
static void note(struct alerts *alerts, const char *account, const char *identifier,
                 enum trouble trouble, uint32_t times, struct str words)
{
    struct watched *watched = find(alerts, account, identifier);
    watched = watched ? watched : add(alerts, account, identifier);
    if (watched) {
        if (watched->alarm.since_ms == 0) {
            watched->since_ms = clock_now_ms(&clock_real);
        }
        alarm_note(&watched->alarm, trouble, times, clock_mono_ms(&clock_real));
        (void)error_set(&watched->last, IMH_RETRY, "%.*s", STR_ARGS(words));
    }
}

/* What lasts counts once. */
static void note_state(struct alerts *alerts, const char *account, const char *identifier,
                       enum trouble trouble, struct str words)
{
    const struct watched *watched = find(alerts, account, identifier);
    bool counted = watched && watched->alarm.counts[trouble] > 0;
    note(alerts, account, identifier, trouble, counted ? 0 : 1, words);
}

static void note_well(const struct alerts *alerts, const char *account,
                      const char *identifier)
{
    struct watched *watched = find(alerts, account, identifier);
    if (watched) {
        alarm_well(&watched->alarm);
    }
}

void alert_ended(void *self, const struct integration *integration,
                 const struct queue_effect *effect, struct str words)
{
    struct alerts *alerts = &((struct daemon *)self)->alerts;
    const uint32_t counts[TROUBLES] = {[TROUBLE_FAILED] = effect->failed,
                                       [TROUBLE_UNKNOWN] = effect->unknown,
                                       [TROUBLE_DENIED] = effect->held};
    bool bad = false;
    for (unsigned i = 0; i < TROUBLES; i++) {
        if (counts[i] > 0) {
            note(alerts, integration->account, integration->identifier, (enum trouble)i,
                 counts[i], words);
            bad = true;
        }
    }
    if (!bad && effect->done > 0) {
        note_well(alerts, integration->account, integration->identifier);
    }
}

void alert_skipped(void *self, const struct integration *integration, struct str why)
{
    const struct queue_effect effect = {.failed = 1};
    alert_ended(self, integration, &effect, why);
}

void alert_rested(void *self, const struct integration *integration,
                  const struct error *why)
{
    struct alerts *alerts = &((struct daemon *)self)->alerts;
    if (why->status == IMH_OK) {
        note_well(alerts, integration->account, integration->identifier);
    } else {
        note_state(alerts, integration->account, integration->identifier, TROUBLE_DOWN,
                   str_from(why->text));
    }
}

static void see_quarantined(void *self, const char *plugin, const char *owner,
                            const char *how)
{
    struct daemon *daemon = self;
    for (const struct account *at = daemon->site->config.accounts; at; at = at->next) {
        for (const struct configured *one = at->integrations; one; one = one->next) {
            if (strcmp(one->integration.plugin, plugin) == 0 &&
                health_serves(&one->integration, owner)) {
                note_state(&daemon->alerts, at->name, one->integration.identifier,
                           TROUBLE_QUARANTINED, str_from(how));
            }
        }
    }
}

static void see_disk(struct daemon *daemon)
{
    const struct room *room = keeper_room(daemon->keeper);
    struct error error;
    if (room->is_short) {
        room_say(room, &error);
        note_state(&daemon->alerts, "", "", TROUBLE_DISK, str_from(error.text));
    } else {
        note_well(&daemon->alerts, "", "");
    }
}

static void see_waiting(void *self, const char *account, const char *identifier)
{
    struct daemon *daemon = self;
    struct error error;
    (void)error_set(&error, IMH_RETRY,
                    "%lld jobs or more wait: imh queue list --account %s "
                    "--integration %s",
                    (long long)daemon->site->config.alert_waiting, account, identifier);
    note_state(&daemon->alerts, account, identifier, TROUBLE_WAITING, str_from(error.text));
    struct watched *watched = find(&daemon->alerts, account, identifier);
    if (watched) {
        watched->seen_waiting = true;
    }
}

/* Is that all that is known of it? Then it is over without a call that went well. */
static bool only_waited(const struct alarm *alarm)
{
    uint32_t others = 0;
    for (unsigned i = 0; i < TROUBLES; i++) {
        others += i == TROUBLE_WAITING ? 0 : alarm->counts[i];
    }
    return alarm->counts[TROUBLE_WAITING] > 0 && others == 0;
}

/* It is looked at often enough that the trouble is not taken for over. */
static void see_backlog(struct daemon *daemon, int64_t every_ms)
{
    enum { LOOKS = 2 * ALARM_CALM_SHARE };
    if (backlog_turn(daemon->backlog, daemon->site->config.alert_waiting, every_ms / LOOKS,
                     see_waiting, daemon)) {
        for (struct watched *at = daemon->alerts.first; at; at = at->next) {
            if (!at->seen_waiting && only_waited(&at->alarm)) {
                alarm_well(&at->alarm);
            }
            at->seen_waiting = false;
        }
    }
}

/* ---- what outlives the process ---- */

/* A step in the store's thread, while the daemon's waits. */
struct keeping {
    struct store_work work; /* first */
    struct alarm_row row;
    struct daemon *daemon;
};

static bool put(struct store_work *work, struct db *db, struct error *error)
{
    const struct keeping *keeping = (struct keeping *)(void *)work;
    return alarm_book_put(db, &keeping->row, &clock_real, error);
}

static bool forget(struct store_work *work, struct db *db, struct error *error)
{
    const struct keeping *keeping = (struct keeping *)(void *)work;
    return alarm_book_drop(db, keeping->row.account, keeping->row.identifier, error);
}

static void recall_one(void *self, const struct alarm_row *row)
{
    struct daemon *daemon = self;
    const struct config *config = &daemon->site->config;
    const struct account *account = config_account(config, row->account);
    bool known =
        row->account.len == 0 || (account && config_integration(account, row->identifier));
    char account_name[NAME_BYTES];
    char identifier[NAME_BYTES];
    (void)snprintf(account_name, NAME_BYTES, "%.*s", STR_ARGS(row->account));
    (void)snprintf(identifier, NAME_BYTES, "%.*s", STR_ARGS(row->identifier));
    struct watched *watched = known ? add(&daemon->alerts, account_name, identifier) : NULL;
    if (watched) {
        watched->alarm = row->alarm;
        watched->since_ms = row->since_ms;
        (void)error_set(&watched->last, IMH_RETRY, "%.*s", STR_ARGS(row->error));
    }
}

static bool recall(struct store_work *work, struct db *db, struct error *error)
{
    const struct keeping *keeping = (struct keeping *)(void *)work;
    return alarm_book_each(db, &clock_real, recall_one, keeping->daemon, error);
}

/* What cannot be kept is told again after a restart: that is all. */
static void keep(struct daemon *daemon, struct keeping *keeping)
{
    struct error error;
    if (!store_do(safe_store(daemon->context->safe), &keeping->work, &error)) {
        log_warning(&daemon->context->log, "alerts are not kept", "why", error.text, NULL);
    }
}

static void keep_one(struct daemon *daemon, const struct watched *watched,
                     bool (*run)(struct store_work *work, struct db *db,
                                 struct error *error))
{
    struct keeping keeping = {.work = {.run = run},
                              .row = {.account = str_from(watched->account),
                                      .identifier = str_from(watched->identifier),
                                      .alarm = watched->alarm,
                                      .since_ms = watched->since_ms,
                                      .error = str_from(watched->last.text)}};
    keep(daemon, &keeping);
}

void alert_recall(struct daemon *daemon)
{
    struct keeping keeping = {.work = {.run = recall}, .daemon = daemon};
    keep(daemon, &keeping);
}

/* ---- telling it ---- */

/* Whose trouble it is does not get the alert: it would be one more that fails. */
static bool is_of(const struct alert_target *target, const struct watched *watched)
{
    return target->account && strcmp(target->account, watched->account) == 0 &&
           strcmp(target->identifier, watched->identifier) == 0;
}

/* That of the account, else that of the host; NULL: nobody wants it. */
static const struct alert_target *target_of(const struct daemon *daemon,
                                            const struct watched *watched)
{
    const struct config *config = &daemon->site->config;
    const struct account *account = config_account(config, str_from(watched->account));
    if (account && account->alert.account && !is_of(&account->alert, watched)) {
        return &account->alert;
    }
    return config->alert.account && !is_of(&config->alert, watched) ? &config->alert : NULL;
}

static json_t *counts_of(const struct alarm *alarm)
{
    json_t *counts = json_object();
    for (unsigned i = 0; i < TROUBLES; i++) {
        if (alarm->counts[i] > 0) {
            (void)json_object_set_new(counts, alarm_trouble_name((enum trouble)i),
                                      json_integer(alarm->counts[i]));
        }
    }
    return counts;
}

static json_t *facts_of(const struct watched *watched, const char *what)
{
    char since[CLOCK_TEXT_BYTES];
    char now[CLOCK_TEXT_BYTES];
    clock_write(watched->since_ms, since);
    clock_write(clock_now_ms(&clock_real), now);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:s}", "alert", what, "account",
                     watched->account, "integration", watched->identifier, "since", since,
                     "at", now, "counts", counts_of(&watched->alarm), "error",
                     watched->last.text);
}

/* As the argument `json` of an action like `request` of the plugin http. */
static bool send(const struct daemon *daemon, const struct alert_target *target,
                 json_t *facts, struct error *error)
{
    struct command_made made;
    json_auto_t *arguments = json_pack("{s:O}", "json", facts);
    char *args = json_dumps(arguments, JSON_COMPACT);
    const struct command_wanted wanted = {.account = str_from(target->account),
                                          .identifier = str_from(target->identifier),
                                          .action = str_from(target->action),
                                          .args = str_from(args ? args : ""),
                                          .origin = STR_OF("{\"by\":\"alert\"}")};
    deliver_refuse(daemon->deliver, NULL); /* until it looks at the disk again */
    bool good = deliver_command(daemon->deliver, &wanted, &made, error);
    if (!good) {
        log_error(&daemon->context->log, "alert not sent", "account", target->account,
                  "integration", target->identifier, "why", error->text, NULL);
    }
    free(args);
    return good;
}

/* As one line of what the command reads. */
static bool command(const struct daemon *daemon, const json_t *facts, struct error *error)
{
    const char *named = daemon->site->config.alert_command;
    struct text line;
    char *written = json_dumps(facts, JSON_COMPACT);
    text_init(&line, FACTS_BYTES);
    text_print(&line, "%s\n", written ? written : "{}");
    bool good = herald_tell(daemon->herald, str_from(named), text_str(&line), error);
    if (!good) {
        log_error(&daemon->context->log, "alert not sent", "command", named, "why",
                  error->text, NULL);
    }
    text_done(&line);
    free(written);
    return good;
}

/* true: it was told, or nobody wants to know. */
static bool tell(const struct daemon *daemon, const struct watched *watched,
                 const char *what)
{
    const struct log *log = &daemon->context->log;
    const struct alert_target *target = target_of(daemon, watched);
    struct error error;
    json_auto_t *facts = facts_of(watched, what);
    bool good = !target || send(daemon, target, facts, &error);
    if (good && daemon->site->config.alert_command) {
        good = command(daemon, facts, &error);
    }
    log_write(log, strcmp(what, "failing") == 0 ? IMH_ERROR : IMH_NOTICE, "alert", "what",
              what, "account", watched->account, "integration", watched->identifier, "why",
              watched->last.text, NULL);
    return good;
}

static void look(struct daemon *daemon, struct watched *watched, int64_t every_ms)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    enum alarm_word word = alarm_says(&watched->alarm, every_ms, now_ms);
    if (word == ALARM_FAILS && !tell(daemon, watched, "failing")) {
        alarm_unsaid(&watched->alarm, every_ms, AGAIN_MS, now_ms);
    } else if (word == ALARM_RECOVERED) {
        (void)tell(daemon, watched, "recovered");
        alarm_rest(&watched->alarm);
    } else if (word == ALARM_OVER) {
        alarm_rest(&watched->alarm);
    }
    if (word == ALARM_FAILS || word == ALARM_RECOVERED) {
        keep_one(daemon, watched, put);
    }
}

/* Of whom nothing needs to be remembered any more. */
static bool is_past(const struct watched *watched, int64_t every_ms)
{
    return watched->alarm.since_ms == 0 &&
           clock_mono_ms(&clock_real) - watched->alarm.told_ms >= every_ms;
}

void alert_turn(struct daemon *daemon)
{
    int64_t every_ms = 1000 * daemon->site->config.alert_every_s;
    struct watched **at = &daemon->alerts.first;
    health_quarantined(daemon->site->supervisor, see_quarantined, daemon);
    see_disk(daemon);
    see_backlog(daemon, every_ms);
    while (*at) {
        struct watched *watched = *at;
        look(daemon, watched, every_ms);
        if (is_past(watched, every_ms)) {
            *at = watched->next;
            if (watched->alarm.told_ms != 0) {
                keep_one(daemon, watched, forget);
            }
            drop(watched);
        } else {
            at = &watched->next;
        }
    }
}
