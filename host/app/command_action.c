#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/queue_show.h"

enum { PAUSE_LEAST_MS = 20, PAUSE_MOST_MS = 500 };

struct running {
    struct context *context;
    struct control_client *daemon;
    const char *account, *target, *args, *key;
    bool no_wait;
    json_int_t job;
};

static int open_daemon(struct running *running)
{
    struct error error;
    struct problems problems;
    problems_init(&problems);
    int status = context_host(running->context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    status = found != EXIT_DONE ? found : status;
    if (status == EXIT_DONE) {
        running->daemon = control_connect(running->context->config.state, &error);
        status = running->daemon ? EXIT_DONE : command_fail_store(&error);
    }
    return status;
}

/* Takes the arguments over. NULL: it was said why. */
static json_t *ask(const struct running *running, const char *operation, json_t *arguments,
                   int *status)
{
    struct error error;
    json_t *answer =
        control_ask_json(running->daemon, operation, arguments, STR_OF(""), &error);
    *status = EXIT_DONE;
    if (!answer && running->job > 0) {
        *status = command_fail(EXIT_LATER,
                               "job %lld is kept, but the daemon ended before it told what "
                               "became of it: see 'imh queue show %lld'",
                               (long long)running->job, (long long)running->job);
    } else if (!answer) {
        *status = command_fail_asked(&error);
    }
    return answer;
}

static int make_job(struct running *running)
{
    int status;
    struct str target = str_from(running->target);
    size_t dot = str_find_char(target, '.');
    struct error error;
    if (dot >= target.len) {
        return command_fail(EXIT_BAD_DATA, "which action? IDENTIFIER.ACTION");
    }
    if (running->args && !arguments_object("--args", running->args, &error)) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    struct str action = str_after(target, dot + 1);
    json_t *wanted =
        json_pack("{s:s,s:s%,s:s%,s:s,s:s*}", "account", running->account, "integration",
                  target.ptr, dot, "action", action.ptr, action.len, "args",
                  running->args ? running->args : "{}", "key", running->key);
    json_auto_t *answer = ask(running, "action run", wanted, &status);
    running->job = json_integer_value(json_object_get(answer, "job"));
    return status;
}

static bool is_over(const json_t *job)
{
    static const char *const open[] = {"waiting", "running"};
    const char *state = json_string_value(json_object_get(job, "state"));
    for (size_t i = 0; state && i < sizeof open / sizeof *open; i++) {
        if (strcmp(state, open[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* What it gave, as it gave it; for programs all of the job. */
static int print_end(const struct running *running, json_t *job)
{
    const char *state = json_string_value(json_object_get(job, "state"));
    const char *why = json_string_value(json_object_get(job, "error"));
    const char *result = json_string_value(json_object_get(job, "result"));
    int status = EXIT_DONE;
    bool good = state && strcmp(state, "done") == 0;
    if (!good) {
        status = command_fail(EXIT_NO, "job %lld: %s: %s", (long long)running->job,
                              state ? state : "?", why ? why : "see 'imh queue show'");
    }
    if (good && !running->context->json) {
        struct text out;
        text_init(&out, WIRE_FRAME_BYTES);
        text_print(&out, "%s\n", result ? result : "null");
        status = command_print(text_str(&out));
        text_done(&out);
    } else if (running->context->json) {
        int printed = queue_show_print(job, true);
        status = status == EXIT_DONE ? printed : status;
    }
    return status;
}

static const char *text_at(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* Somebody has to do something about it. */
static int tell_held(json_int_t id, const char *first, const json_t *job)
{
    const char *since = text_at(job, "held_since");
    return command_fail(EXIT_LATER, "job %lld %swaits: %s%s%s%s: %s", (long long)id, first,
                        since ? "held since " : "", since ? since : "", since ? ": " : "",
                        text_at(job, "held_why"), text_at(job, "held_remedy"));
}

/* Why the job waits, told of it or of the first one of its stream; EXIT_DONE: for its turn,
 * which comes by itself. */
static int tell_why(json_int_t id, const json_t *job)
{
    char first[64] = "";
    const char *why = text_at(job, "error");
    const char *due = text_at(job, "due_at");
    const char *state = text_at(job, "state");
    long long number = (long long)json_integer_value(json_object_get(job, "id"));
    if (number != id) {
        (void)snprintf(first, sizeof first, "waits for job %lld of its stream, which ",
                       number);
    }
    if (text_at(job, "held_why")) {
        return tell_held(id, first, job);
    }
    if (strcmp(state, "failed") == 0 || strcmp(state, "unknown") == 0) {
        return command_fail(EXIT_LATER,
                            "job %lld %sis %s: %s: imh queue retry %lld, or discard",
                            (long long)id, first, state, why ? why : "?", number);
    }
    if (why && strcmp(state, "waiting") == 0) {
        return command_fail(EXIT_LATER, "job %lld %sis tried again%s%s: %s", (long long)id,
                            first, due ? " at " : "", due ? due : "", why);
    }
    return EXIT_DONE;
}

/* The job, or the first one of its stream, for which it waits, is held up. */
static int see_why(const struct running *running, const json_t *job)
{
    int status;
    const json_t *behind = json_object_get(job, "behind");
    if (text_at(job, "held_why") || !json_is_integer(behind)) {
        return tell_why(running->job, job);
    }
    json_auto_t *first = ask(running, "queue show",
                             json_pack("{s:I}", "id", json_integer_value(behind)), &status);
    return first ? tell_why(running->job, first) : status;
}

/* Until it ended; one that will not run soon by itself is told, and goes on in its time. */
static int wait_for(const struct running *running)
{
    int64_t pause_ms = PAUSE_LEAST_MS;
    int status = EXIT_DONE;
    while (status == EXIT_DONE) {
        json_auto_t *job =
            ask(running, "queue show", json_pack("{s:I}", "id", running->job), &status);
        if (job && is_over(job)) {
            return print_end(running, job);
        }
        status = job ? see_why(running, job) : status;
        if (job && status == EXIT_LATER && running->context->json) {
            (void)queue_show_print(job, true);
        }
        struct timespec pause = {.tv_nsec = pause_ms * 1000000};
        (void)nanosleep(&pause, NULL);
        pause_ms = pause_ms * 2 < PAUSE_MOST_MS ? pause_ms * 2 : PAUSE_MOST_MS;
    }
    return status;
}

static int tell_job(const struct running *running)
{
    struct text out;
    text_init(&out, 256);
    text_print(&out, running->context->json ? "{\"job\":%lld}\n" : "job %lld\n",
               (long long)running->job);
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

int command_action_run(struct context *context, int argc, char **argv)
{
    struct words words;
    struct running running = {.context = context};
    const struct flag flags[] = {{"--args", &running.args, NULL},
                                 {"--key", &running.key, NULL},
                                 {"--no-wait", NULL, &running.no_wait}};
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status == EXIT_DONE && running.key && !*running.key) {
        status = command_fail(EXIT_WRONG_USE, "--key: an empty one keeps nothing apart");
    }
    if (status != EXIT_DONE) {
        return status;
    }
    running.account = words.items[0];
    running.target = words.items[1];
    status = open_daemon(&running);
    status = status == EXIT_DONE ? make_job(&running) : status;
    if (status == EXIT_DONE) {
        status = running.no_wait ? tell_job(&running) : wait_for(&running);
    }
    control_client_free(running.daemon);
    return status;
}
