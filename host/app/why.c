#include "app/why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

enum { WORDS_BYTES = 1200 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static bool is(const json_t *object, const char *name, const char *value)
{
    return strcmp(text_of(object, name), value) == 0;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- what is said ---- */

PRINTF_LIKE(4, 5)
static void say(json_t *about, const char *stage, const char *reason, const char *format,
                ...)
{
    char words[WORDS_BYTES];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(words, sizeof words, format, list);
    va_end(list);
    json_t *text = json_string(words); /* NULL when a character was cut */
    (void)json_object_set_new(about, "stage", json_string(stage));
    (void)json_object_set_new(about, "reason", json_string(reason));
    (void)json_object_set_new(about, "words", text ? text : json_string(reason));
}

static const json_t *integration_of(const json_t *facts, const char *name)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(facts, "integrations"), i, item)
    {
        if (is(item, "integration", name)) {
            return item;
        }
    }
    return NULL;
}

/* The newest note of the kind. */
static const json_t *note_of(const json_t *run, const char *what)
{
    const json_t *notes = json_object_get(run, "notes");
    for (size_t i = json_array_size(notes); i > 0; i--) {
        const json_t *note = json_array_get(notes, i - 1);
        if (is(note, "what", what)) {
            return note;
        }
    }
    return NULL;
}

static const char *values_of(const json_t *run, const char *what)
{
    const char *values = text_of(note_of(run, what), "values");
    return *values ? values : "{}";
}

/* ---- jobs ---- */

/* A job that is tried again: what it met last. */
static void say_retried(json_t *event, const json_t *job, const char *stage,
                        const char *reason)
{
    say(event, stage, reason, "attempt %lld failed: %s; tried again at %s",
        number_of(job, "attempts"), text_of(job, "error"), text_of(job, "due_at"));
}

static void say_behind(json_t *event, const json_t *job)
{
    say(event, "job", "behind", "job %lld waits behind job %lld of the same record",
        number_of(job, "id"), number_of(job, "behind"));
}

/* Nobody runs jobs of this integration now. */
static bool say_out_of_use(json_t *event, const json_t *facts, const json_t *job)
{
    const json_t *whose = integration_of(facts, text_of(job, "integration"));
    const char *why = text_of(job, "held_why");
    if (*why) {
        bool paused = starts(why, "disabled by");
        say(event, "job", paused ? "paused" : "held", "job %lld waits since %s: %s; %s",
            number_of(job, "id"), text_of(job, "held_since"), why,
            text_of(job, "held_remedy"));
        return true;
    }
    if (whose && !is(whose, "state", "enabled")) {
        say(event, "job", text_of(whose, "state"), "job %lld waits: '%s' is %s%s%s",
            number_of(job, "id"), text_of(job, "integration"), text_of(whose, "state"),
            *text_of(whose, "problem") ? ": " : "", text_of(whose, "problem"));
        return true;
    }
    return false;
}

static void say_acting(json_t *event, const json_t *facts, const json_t *job)
{
    if (!job) {
        say(event, "job", "gone", "its job is not kept any more");
    } else if (say_out_of_use(event, facts, job)) {
        return;
    } else if (is(job, "state", "running")) {
        say(event, "job", "running", "job %lld runs", number_of(job, "id"));
    } else if (json_is_integer(json_object_get(job, "behind"))) {
        say_behind(event, job);
    } else if (*text_of(job, "error")) {
        say_retried(event, job, "job", "retried");
    } else {
        say(event, "job", "waiting", "job %lld waits for its turn", number_of(job, "id"));
    }
}

/* ---- runs ---- */

static void say_waiting(json_t *event, const json_t *facts, const json_t *job)
{
    const json_t *run = json_object_get(event, "run");
    bool asks = json_is_true(json_object_get(run, "asks"));
    const json_t *wait = note_of(run, "wait");
    const json_t *restart = note_of(run, "restart");
    (void)facts;
    if (job && *text_of(job, "error")) {
        say_retried(event, job, asks ? "if" : "recheck", "not-known");
    } else if (job && json_is_integer(json_object_get(job, "behind"))) {
        say_behind(event, job);
    } else if (asks) {
        say(event, "if", "asked", "'if' needs live data, which is being asked for");
    } else if (restart) {
        say(event, "wait", "restarted", "event %lld began its wait anew: it counts from %s",
            number_of(restart, "event"), text_of(run, "since"));
    } else if (wait) {
        say(event, "wait", "waits", "it waits until %s", text_of(wait, "until"));
    } else {
        say(event, "step", "soon", "step %lld of %lld is about to begin",
            number_of(run, "step"), number_of(run, "steps"));
    }
}

/* A step's job failed before it came to an action. */
static void say_step_failed(json_t *event, const json_t *job)
{
    const json_t *run = json_object_get(event, "run");
    const char *error = text_of(job, "error");
    bool asks = json_is_true(json_object_get(run, "asks"));
    const char *stage = "step";
    const char *reason = "failed";
    if (starts(error, "'limit'")) {
        stage = "limit";
        reason = "nobody";
    } else if (starts(error, "argument '")) {
        reason = "argument";
    } else if (asks) {
        stage = "if";
    }
    say(event, stage, reason, "job %lld failed: %s; see: imh queue show %lld",
        number_of(job, "id"), error, number_of(job, "id"));
}

static void say_failed(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    if (!job) {
        say(event, "job", "failed", "%s; it is not kept any more",
            text_of(json_object_get(event, "run"), "reason"));
    } else if (is(job, "kind", "step")) {
        say_step_failed(event, job);
    } else if (is(job, "state", "unknown")) {
        say(event, "job", "unknown",
            "nobody knows whether job %lld was done: %s; see: imh queue show %lld",
            number_of(job, "id"), text_of(job, "error"), number_of(job, "id"));
    } else {
        say(event, "job", "failed",
            "job %lld failed at attempt %lld: %s; see: imh queue show %lld",
            number_of(job, "id"), number_of(job, "attempts"), text_of(job, "error"),
            number_of(job, "id"));
    }
}

static void say_unwanted(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "if", "no", "'if' said no, with %s",
        values_of(json_object_get(event, "run"), "if"));
}

static void say_needless(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "recheck", "no", "'recheck' said no, with %s",
        values_of(json_object_get(event, "run"), "recheck"));
}

static void say_ended(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "until", "ended", "ended by %s",
        text_of(json_object_get(event, "run"), "reason"));
}

static void say_restarter(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "wait", "restarter", "it began the wait of an earlier run anew instead");
}

static void say_limited(json_t *event, const json_t *facts, const json_t *job)
{
    const json_t *limit = note_of(json_object_get(event, "run"), "limit");
    (void)facts;
    (void)job;
    say(event, "limit", "reached",
        "there were %lld for '%s' in the %lld s before: at most %lld",
        number_of(limit, "before"), text_of(limit, "whom"), number_of(limit, "period_s"),
        number_of(limit, "most"));
}

static void say_loop(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "loop", "loop", "%s", text_of(json_object_get(event, "run"), "reason"));
}

static void say_discarded(json_t *event, const json_t *facts, const json_t *job)
{
    (void)facts;
    (void)job;
    say(event, "job", "discarded", "%s by a person",
        text_of(json_object_get(event, "run"), "reason"));
}

static void say_done(json_t *event, const json_t *facts, const json_t *job)
{
    const json_t *run = json_object_get(event, "run");
    (void)facts;
    (void)job;
    say(event, "done", "done", "it was done: %lld of %lld steps, at %s",
        number_of(run, "step"), number_of(run, "steps"), text_of(run, "ended_at"));
}

static void say_run(json_t *event, const json_t *facts)
{
    static const struct {
        const char *state;
        void (*tell)(json_t *event, const json_t *facts, const json_t *job);
        bool open;
    } rows[] = {
        {"waiting", say_waiting, true},      {"acting", say_acting, true},
        {"done", say_done, false},           {"unwanted", say_unwanted, false},
        {"ended", say_ended, false},         {"needless", say_needless, false},
        {"limited", say_limited, false},     {"loop", say_loop, false},
        {"failed", say_failed, false},       {"discarded", say_discarded, false},
        {"restarter", say_restarter, false},
    };
    const json_t *run = json_object_get(event, "run");
    const json_t *job = json_object_get(event, "job");
    bool runs = json_is_true(json_object_get(facts, "daemon"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (is(run, "state", rows[i].state)) {
            rows[i].tell(event, facts, json_is_object(job) ? job : NULL);
            if (rows[i].open && !runs) {
                say(event, "daemon", "not-running",
                    "no daemon runs: nothing is done until then; %s",
                    text_of(event, "words"));
            }
        }
    }
}

/* ---- events that nothing came of ---- */

static void say_unmatched(json_t *event)
{
    static const struct {
        const char *then, *reason, *words;
    } rows[] = {
        {"", "absent", "when it was seen, the daemon did not know this follow-up yet"},
        {"gone", "absent", "when it was seen, the follow-up was not in the account's file"},
        {"disabled", "disabled", "when it was seen, the follow-up was disabled"},
        {"other", "other-events", "when it was seen, 'on' did not name this event"},
        {"enabled", "not-judged", "it was never judged: imh event replay does that"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (is(event, "then", rows[i].then)) {
            say(event, "matched", rows[i].reason, "%s", rows[i].words);
        }
    }
}

/* ---- nothing was seen ---- */

static const json_t *newest_era(const json_t *facts)
{
    return json_array_get(json_object_get(facts, "eras"), 0);
}

/* The daemon knows it otherwise than the file has it now. */
static bool say_not_loaded(json_t *facts)
{
    const json_t *file = json_object_get(facts, "file");
    const json_t *era = newest_era(facts);
    if (!json_is_object(file) ||
        (json_equal(json_object_get(era, "on"), json_object_get(file, "on")) &&
         is(era, "state", text_of(file, "state")))) {
        return false;
    }
    say(facts, "configured", "not-loaded",
        "the file has changed, and the daemon has not read it yet: imh reload");
    return true;
}

static bool say_known(json_t *facts)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(facts, "known"), i, item)
    {
        if (is(item, "known", "learned")) {
            say(facts, "seen", "learned",
                "%s '%s' is of before the integration was linked, or was skipped: such "
                "events start nothing",
                text_of(item, "on"), text_of(facts, "key"));
            return true;
        }
        if (is(item, "known", "told")) {
            say(facts, "seen", "forgotten",
                "%s '%s' was seen once; it is older than what is kept", text_of(item, "on"),
                text_of(facts, "key"));
            return true;
        }
    }
    return false;
}

static bool say_no_daemon(json_t *facts)
{
    if (json_is_true(json_object_get(facts, "daemon"))) {
        return false;
    }
    say(facts, "daemon", "not-running", "no daemon runs, so nothing is read: imh run");
    return true;
}

static bool say_off(json_t *facts)
{
    const json_t *name;
    size_t i;
    json_array_foreach(json_object_get(facts, "sources_of"), i, name)
    {
        const json_t *item = integration_of(facts, json_string_value(name));
        if (item && !is(item, "state", "enabled")) {
            say(facts, "seen", text_of(item, "state"), "'%s' is %s%s%s: it is not read",
                json_string_value(name), text_of(item, "state"),
                *text_of(item, "problem") ? ": " : "", text_of(item, "problem"));
            return true;
        }
    }
    return false;
}

static const json_t *plugin_of(const json_t *facts, const char *plugin)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(facts, "plugins"), i, item)
    {
        if (is(item, "plugin", plugin)) {
            return item;
        }
    }
    return NULL;
}

/* Its plugin died too often. */
static bool say_quarantined(json_t *facts)
{
    const json_t *name;
    size_t i;
    json_array_foreach(json_object_get(facts, "sources_of"), i, name)
    {
        const json_t *item = integration_of(facts, json_string_value(name));
        const json_t *plugin = item ? plugin_of(facts, text_of(item, "plugin")) : NULL;
        if (plugin && !is(plugin, "state", "well")) {
            say(facts, "seen", text_of(plugin, "state"),
                "the plugin '%s' of '%s' is %s: %s", text_of(item, "plugin"),
                json_string_value(name), text_of(plugin, "state"),
                text_of(plugin, "last_death"));
            return true;
        }
    }
    return false;
}

static const struct trouble {
    const char *state, *reason, *words;
} troubles[] = {
    {"failing", "source-failing", "cannot be read"},
    {"new", "no-poll",
     "was not read for the first time yet; what is there then starts nothing"},
};

static bool say_source(json_t *facts)
{
    const json_t *item;
    size_t i;
    for (size_t row = 0; row < sizeof troubles / sizeof *troubles; row++) {
        json_array_foreach(json_object_get(facts, "sources"), i, item)
        {
            if (is(item, "state", troubles[row].state)) {
                say(facts, "seen", troubles[row].reason, "%s.%s %s%s%s",
                    text_of(item, "integration"), text_of(item, "source"),
                    troubles[row].words, *text_of(item, "error") ? ": " : "",
                    text_of(item, "error"));
                return true;
            }
        }
    }
    return false;
}

/* An account's own events have no source. */
static bool say_unread(json_t *facts)
{
    const json_t *name;
    size_t i;
    bool polled = false;
    json_array_foreach(json_object_get(facts, "sources_of"), i, name)
    {
        polled = polled || integration_of(facts, json_string_value(name));
    }
    if (!polled || json_array_size(json_object_get(facts, "sources")) > 0) {
        return false;
    }
    say(facts, "seen", "no-poll", "no source was ever read");
    return true;
}

static bool say_skipped(json_t *facts)
{
    const json_t *item;
    size_t i;
    json_array_foreach(json_object_get(facts, "sources"), i, item)
    {
        if (number_of(item, "skipped") > 0) {
            say(facts, "seen", "skipped",
                "nothing about it was seen; %lld records of %s.%s were skipped, as they "
                "could not be read; see: imh queue failed --integration %s",
                number_of(item, "skipped"), text_of(item, "integration"),
                text_of(item, "source"), text_of(item, "integration"));
            return true;
        }
    }
    return false;
}

static bool say_other_type(json_t *facts)
{
    const json_t *event = json_array_get(json_object_get(facts, "events"), 0);
    if (!event) {
        return false;
    }
    say(facts, "seen", "other-type",
        "of what starts it nothing was seen about it; the newest other event is %lld, "
        "%s.%s",
        number_of(event, "id"), text_of(event, "integration"), text_of(event, "type"));
    return true;
}

static bool say_never(json_t *facts)
{
    const json_t *source = json_array_get(json_object_get(facts, "sources"), 0);
    say(facts, "seen", "never", "nothing about it was seen%s%s", source ? ", read to " : "",
        text_of(source, "read_to"));
    return true;
}

static void say_unseen(json_t *facts)
{
    static bool (*const rows[])(json_t * facts) = {
        say_known,  say_no_daemon, say_not_loaded, say_off,     say_quarantined,
        say_source, say_unread,    say_other_type, say_skipped, say_never,
    };
    bool said = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && !said; i++) {
        said = rows[i](facts);
    }
}

/* ---- all of it ---- */

static void copy(json_t *facts, const json_t *event)
{
    static const char *const names[] = {"stage", "reason", "words"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)json_object_set(facts, names[i], json_object_get(event, names[i]));
    }
}

void why_judge(json_t *facts)
{
    json_t *event;
    size_t i;
    const json_t *newest = NULL;
    json_array_foreach(json_object_get(facts, "events"), i, event)
    {
        bool runs = json_is_object(json_object_get(event, "run"));
        bool starts_it = json_is_true(json_object_get(event, "starts"));
        if (runs) {
            say_run(event, facts);
        } else if (starts_it) {
            say_unmatched(event);
        } else {
            say(event, "matched", "other-type", "this event does not start it");
        }
        newest = !newest && (runs || starts_it) ? event : newest;
    }
    if (newest) {
        copy(facts, newest);
    } else {
        say_unseen(facts);
    }
}
