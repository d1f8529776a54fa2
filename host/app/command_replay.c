#include "app/command.h"

#include <stdio.h>
#include <string.h>

#include "app/asking.h"
#include "app/queue_show.h"

/* Events that are to be judged again, and what came of it. */
struct replay {
    struct asking asking;
    const char *account, *integration, *type, *followup, *since;
    int64_t since_ms, events;
    bool all, dry;
    json_t *items; /* of all pages */
    bool refused;
};

static json_t *filter_of(const struct replay *replay, bool dry)
{
    json_t *filter =
        json_pack("{s:b,s:I}", "dry", dry, "since_ms", (json_int_t)replay->since_ms);
    asking_set_text(filter, "account", replay->account);
    asking_set_text(filter, "integration", replay->integration);
    asking_set_text(filter, "type", replay->type);
    asking_set_text(filter, "followup", replay->followup);
    return filter;
}

/* NULL: it was said why. Takes the arguments over. */
static json_t *ask(const struct replay *replay, json_t *arguments, int *status)
{
    struct error error;
    json_t *answer = control_ask_json(replay->asking.daemon, "event replay", arguments,
                                      STR_OF(""), &error);
    *status = answer ? EXIT_DONE : command_fail_asked(&error);
    /* cppcheck-suppress returnDanglingLifetime ; an answer lends nothing from the error */
    return answer;
}

/* ---- what came of it ---- */

static json_t *total_of(const struct replay *replay, const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "followup"));
    json_t *total;
    size_t i;
    json_array_foreach(replay->items, i, total)
    {
        if (strcmp(json_string_value(json_object_get(total, "followup")), name) == 0) {
            return total;
        }
    }
    total = json_pack("{s:s,s:i,s:i}", "followup", name, "starts", 0, "unwanted", 0);
    (void)json_array_append_new(replay->items, total);
    return total;
}

static void add_page(struct replay *replay, const json_t *answer)
{
    static const char *const names[] = {"starts", "unwanted"};
    const json_t *item;
    size_t i;
    replay->events += json_integer_value(json_object_get(answer, "events"));
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        json_t *total = total_of(replay, item);
        for (unsigned which = 0; which < 2; which++) {
            json_int_t sum = json_integer_value(json_object_get(total, names[which])) +
                             json_integer_value(json_object_get(item, names[which]));
            (void)json_object_set_new(total, names[which], json_integer(sum));
        }
    }
    json_array_foreach(json_object_get(answer, "errors"), i, item)
    {
        replay->refused = true;
        (void)command_fail(EXIT_NO, "%s", json_string_value(item));
    }
}

/* "3 events: thanks 2 to start, 1 unwanted" */
static void write_totals(const struct replay *replay, struct text *out)
{
    const json_t *item;
    size_t i;
    text_print(out, "%lld event%s", (long long)replay->events,
               replay->events == 1 ? "" : "s");
    if (json_array_size(replay->items) == 0) {
        text_add_cstr(out, ": nothing that was not judged before");
    }
    json_array_foreach(replay->items, i, item)
    {
        text_print(out, "%s %s: %lld start, %lld unwanted", i > 0 ? ";" : ":",
                   json_string_value(json_object_get(item, "followup")),
                   (long long)json_integer_value(json_object_get(item, "starts")),
                   (long long)json_integer_value(json_object_get(item, "unwanted")));
    }
    text_add_char(out, '\n');
}

static int print(const struct replay *replay)
{
    struct text out;
    text_init(&out, WIRE_FRAME_BYTES);
    if (replay->asking.context->json) {
        json_auto_t *whole =
            json_pack("{s:I,s:O,s:b}", "events", (json_int_t)replay->events, "items",
                      replay->items, "dry", replay->dry);
        queue_show_add(&out, "", whole);
        text_add_char(&out, '\n');
    } else {
        text_add_cstr(&out, replay->dry ? "would be judged: " : "judged: ");
        write_totals(replay, &out);
    }
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

/* ---- which ---- */

/* All pages of the filter, oldest first. */
static int go_through(struct replay *replay, bool dry)
{
    int status = EXIT_DONE;
    json_t *after = json_integer(0);
    replay->events = 0;
    (void)json_array_clear(replay->items);
    while (status == EXIT_DONE && json_is_integer(after)) {
        json_t *filter = filter_of(replay, dry);
        (void)json_object_set(filter, "after", after);
        json_auto_t *answer = ask(replay, filter, &status);
        add_page(replay, answer);
        json_decref(after);
        after = json_incref(json_object_get(answer, "next"));
    }
    json_decref(after);
    return status;
}

/* How many, of which follow-ups, is said before anything is done. */
static int replay_all(struct replay *replay)
{
    struct text counted;
    int status = go_through(replay, true);
    if (status != EXIT_DONE || replay->dry) {
        return status;
    }
    text_init(&counted, WIRE_FRAME_BYTES);
    write_totals(replay, &counted);
    counted.len--; /* its end of line */
    command_tell("%.*s", STR_ARGS(text_str(&counted)));
    text_done(&counted);
    return json_array_size(replay->items) > 0 ? go_through(replay, false) : EXIT_DONE;
}

/* Asked again while it has to find out what came behind it. */
static int replay_one(struct replay *replay, int64_t id)
{
    int status = EXIT_DONE;
    bool over = false;
    while (status == EXIT_DONE && !over) {
        json_t *filter = filter_of(replay, replay->dry);
        (void)json_object_set_new(filter, "ids", json_pack("[I]", (json_int_t)id));
        json_auto_t *answer = ask(replay, filter, &status);
        over = !json_is_integer(json_object_get(answer, "next"));
        if (over) {
            add_page(replay, answer);
        }
    }
    return status;
}

static int replay_some(struct replay *replay, const struct words *words)
{
    int status = EXIT_DONE;
    for (int i = 0; status == EXIT_DONE && i < words->count; i++) {
        int64_t id = asking_number(words->items[i]);
        if (id == 0) {
            return command_fail(EXIT_WRONG_USE, "'%s' is no event: see 'imh event list'",
                                words->items[i]);
        }
        status = replay_one(replay, id);
    }
    return status;
}

static int check(struct replay *replay, const struct words *words)
{
    if (replay->all == (words->count > 0)) {
        return command_fail(EXIT_WRONG_USE,
                            "which events? imh event replay ID... or --all");
    }
    if (replay->all != (replay->account != NULL)) {
        return command_fail(EXIT_WRONG_USE, "--all and --account belong together");
    }
    if (!replay->all && (replay->integration || replay->type || replay->since)) {
        return command_fail(EXIT_WRONG_USE, "--integration, --type, --since: with --all");
    }
    return replay->since ? asking_since(replay->since, &replay->since_ms) : EXIT_DONE;
}

static int run(struct replay *replay, const struct words *words)
{
    struct error error;
    int status = asking_open(&replay->asking, replay->asking.context);
    if (status == EXIT_DONE && !replay->asking.daemon) {
        (void)error_set(&error, IMH_MISSING, "imh is not running: imh run");
        return command_fail_store(&error);
    }
    status = status == EXIT_DONE
                 ? asking_check_names(&replay->asking, replay->account, replay->integration)
                 : status;
    if (status == EXIT_DONE) {
        status = replay->all ? replay_all(replay) : replay_some(replay, words);
    }
    int printed = status == EXIT_DONE ? print(replay) : status;
    return printed == EXIT_DONE && replay->refused ? EXIT_NO : printed;
}

int command_event_replay(struct context *context, int argc, char **argv)
{
    struct words words;
    struct replay replay = {.asking = {.context = context}};
    const struct flag flags[] = {
        {"--account", &replay.account, NULL}, {"--integration", &replay.integration, NULL},
        {"--type", &replay.type, NULL},       {"--followup", &replay.followup, NULL},
        {"--since", &replay.since, NULL},     {"--all", NULL, &replay.all},
        {"--dry-run", NULL, &replay.dry}};
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    status = status == EXIT_DONE ? check(&replay, &words) : status;
    if (status == EXIT_DONE) {
        replay.items = json_array();
        status = run(&replay, &words);
        json_decref(replay.items);
        asking_close(&replay.asking);
    }
    return status;
}
