#include "app/command.h"

#include <stdlib.h>

#include "app/asking.h"
#include "app/recording.h"
#include "app/rehearse_show.h"
#include "app/when.h"

enum { NAMES_BYTES = 1 << 20 };

/* What the command was told, and what it has open. */
struct rehearsing {
    struct context *context;
    struct words words; /* the account, and names of follow-ups */
    const char *since, *until, *event, *events, *data;
    bool summary;
    struct recording_span span;
    struct asking asking;
    struct config config;
    struct recording *recording;
    struct followup_set *set;
    struct rehearse_show show;
};

/* ---- what is told ---- */

static int read_moment(const char *option, const char *word, int64_t *at_ms)
{
    return !word || when_read(word, at_ms)
               ? EXIT_DONE
               : command_fail(EXIT_WRONG_USE, "%s: say " WHEN_FORMS, option);
}

static int read_words(struct rehearsing *told, int argc, char **argv)
{
    const struct flag flags[] = {
        {"--since", &told->since, NULL}, {"--until", &told->until, NULL},
        {"--event", &told->event, NULL}, {"--events", &told->events, NULL},
        {"--data", &told->data, NULL},   {"--summary", NULL, &told->summary},
    };
    int status = command_words(told->context, argc, argv, flags,
                               sizeof flags / sizeof *flags, &told->words);
    if (status == EXIT_DONE) {
        status = read_moment("--since", told->since, &told->span.since_ms);
    }
    if (status == EXIT_DONE) {
        status = read_moment("--until", told->until, &told->span.before_ms);
    }
    if (status == EXIT_DONE && told->event &&
        (told->span.only = asking_number(told->event)) == 0) {
        status = command_fail(EXIT_WRONG_USE, "'%s' is no event: see 'imh event list'",
                              told->event);
    }
    if (status == EXIT_DONE && told->data && (told->words.count != 2 || told->events)) {
        status =
            command_fail(EXIT_WRONG_USE, "--data: an event of one follow-up: say which");
    }
    return status;
}

/* ---- the follow-ups ---- */

static bool is_wanted(const struct rehearsing *told, const struct followup *followup)
{
    bool wanted = told->words.count == 1 && !followup->disabled;
    for (int i = 1; i < told->words.count; i++) {
        wanted = wanted || str_is(followup->name, told->words.items[i]);
    }
    return wanted;
}

static void check_names(const struct rehearsing *told, const struct account *account,
                        struct problems *problems)
{
    struct text names;
    text_init(&names, NAMES_BYTES);
    for (const struct followup *at = account->followups; at; at = at->next) {
        text_print(&names, "%.*s ", STR_ARGS(at->name));
    }
    for (int i = 1; i < told->words.count; i++) {
        struct text hint;
        const struct followup *at = account->followups;
        while (at && !str_is(at->name, told->words.items[i])) {
            at = at->next;
        }
        text_init(&hint, 256);
        problems_suggest(&hint, str_from(told->words.items[i]), text_str(&names));
        if (!at) {
            problems_add(problems, account->file, 0, "there is no follow-up '%s'%s",
                         told->words.items[i], text_cstr(&hint));
        }
        text_done(&hint);
    }
    text_done(&names);
}

/* Those that are wanted leave the account; who is named is tried though it is disabled. */
static struct followup *take_wanted(const struct rehearsing *told, struct account *account)
{
    struct followup *wanted = NULL;
    struct followup **last = &wanted;
    struct followup **at = &account->followups;
    while (*at) {
        struct followup *one = *at;
        if (is_wanted(told, one)) {
            *at = one->next;
            one->next = NULL;
            one->disabled = false;
            *last = one;
            last = &one->next;
        } else {
            at = &one->next;
        }
    }
    return wanted;
}

static int make_set(struct rehearsing *told)
{
    struct problems problems;
    problems_init(&problems);
    config_read(&told->config, told->context->config_file, told->words.items[0], &problems);
    struct account *account = config_account(&told->config, str_from(told->words.items[0]));
    if (account) {
        check_names(told, account, &problems);
    }
    int status = command_problems(&problems);
    problems_done(&problems);
    if (status != EXIT_DONE || !account) {
        return status;
    }
    struct followup *wanted = take_wanted(told, account);
    told->set = followup_set_make(wanted, account->zone ? zone_name(account->zone) : NULL);
    if (!told->set) {
        account->followups = wanted; /* they stay its own */
        return command_fail(EXIT_LATER, "no memory for follow-ups");
    }
    followup_set_limit(told->set, &told->config.render);
    return EXIT_DONE;
}

/* ---- the events ---- */

static int open_recording(struct rehearsing *told)
{
    struct error error;
    told->span.account = told->words.items[0];
    if (told->events) {
        told->recording = recording_of_file(told->events, &told->span, &error);
        return told->recording ? EXIT_DONE : command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    int status = asking_open(&told->asking, told->context);
    if (status != EXIT_DONE) {
        return status;
    }
    told->recording = recording_of_store(&told->asking, &told->span);
    return told->recording ? EXIT_DONE : command_fail(EXIT_LATER, "no memory for events");
}

/* The one that --data makes up: of what starts the follow-up. */
static struct rehearsed make_event(const struct rehearsing *told)
{
    const struct followup_event *on = followup_set_first(told->set)->on.items;
    int64_t now_ms = clock_now_ms(&clock_real);
    return (struct rehearsed){.trigger = {.integration = on->integration,
                                          .type = on->type,
                                          .key = STR("test"),
                                          .at_ms = now_ms,
                                          .data = str_from(told->data),
                                          .origin = STR("null"), /* nobody's */
                                          .subject = STR("{}")},
                              .seen_ms = now_ms};
}

static bool load(void *self, int64_t place, struct arena *arena, struct rehearsed *event,
                 struct error *error)
{
    const struct rehearsing *told = self;
    if (told->data) {
        *event = make_event(told);
        return true;
    }
    return told->recording->load(told->recording, place, arena, event, error);
}

/* ---- the rehearsal ---- */

static void tell(void *self, const struct rehearsal_told *what)
{
    struct rehearsing *told = self;
    rehearse_show_tell(&told->show, what);
}

/* Until now everything is known; of a file, of one event, nothing more will be. */
static bool run_out(const struct rehearsing *told, struct rehearsal *rehearsal,
                    struct error *error)
{
    bool whole = told->events || told->event || told->data;
    int64_t now_ms = clock_now_ms(&clock_real);
    int64_t end_ms = told->span.before_ms ? told->span.before_ms : now_ms;
    bool good = whole || rehearsal_advance(rehearsal, end_ms, error);
    while (good && whole && rehearsal_rest(rehearsal).waiting > 0) {
        good = rehearsal_advance(rehearsal, rehearsal_rest(rehearsal).due_ms, error);
    }
    rehearsal_stop(rehearsal);
    return good;
}

static bool take_all(struct rehearsing *told, struct rehearsal *rehearsal,
                     struct error *error)
{
    struct rehearsed event;
    bool over = false;
    if (told->data) {
        event = make_event(told);
        told->show.events = 1;
        return rehearsal_event(rehearsal, &event, error);
    }
    while (told->show.status == EXIT_DONE) {
        if (!told->recording->next(told->recording, &event, &over, error)) {
            return false;
        }
        if (over) {
            break;
        }
        told->show.events++;
        if (!rehearsal_event(rehearsal, &event, error)) {
            return false;
        }
    }
    return true;
}

/* Why it was not possible, unless that was said. */
static int tell_failure(const struct rehearsing *told, const struct error *error)
{
    if (told->recording && told->recording->status != EXIT_DONE) {
        return told->recording->status;
    }
    return command_fail(error->status == IMH_REJECTED ? EXIT_BAD_DATA : EXIT_LATER, "%s",
                        error->text);
}

static int rehearse(struct rehearsing *told)
{
    struct error error;
    const bool good = rehearse_show_init(&told->show, told->set);
    const struct rehearsal_settings settings = {told->set, told, tell, load};
    OWN(rehearsal) rehearsal = good ? rehearsal_make(&settings) : NULL;
    told->show.json = told->context->json;
    told->show.summary = told->summary;
    if (!rehearsal) {
        return command_fail(EXIT_LATER, "no memory for a rehearsal");
    }
    if (!take_all(told, rehearsal, &error) || !run_out(told, rehearsal, &error)) {
        return tell_failure(told, &error);
    }
    if (told->event && told->show.events == 0) {
        return command_fail(EXIT_NO, "there is no event %s of account '%s'", told->event,
                            told->words.items[0]);
    }
    return rehearse_show_end(&told->show);
}

int command_followup_test(struct context *context, int argc, char **argv)
{
    struct rehearsing told = {.context = context};
    struct error error;
    int status = read_words(&told, argc, argv);
    if (status != EXIT_DONE) {
        return status;
    }
    if (told.data && !arguments_object("--data", told.data, &error)) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    status = make_set(&told);
    status = status == EXIT_DONE && !told.data ? open_recording(&told) : status;
    status = status == EXIT_DONE ? rehearse(&told) : status;
    rehearse_show_done(&told.show);
    recording_free(told.recording);
    asking_close(&told.asking);
    followup_set_release(told.set);
    config_free(&told.config);
    return status;
}
