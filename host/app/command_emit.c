#include "app/command.h"

#include <string.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/queue_show.h"

/* An event that a person gives. */
struct emitting {
    struct context *context;
    const char *account, *target, *data, *subject, *key;
};

static json_t *question_of(const struct emitting *emitting)
{
    struct str target = str_from(emitting->target);
    size_t dot = str_find_char(target, '.');
    return json_pack("{s:s,s:s%,s:s,s:s,s:s*,s:s*}", "account", emitting->account,
                     "integration", target.ptr, dot, "type", str_after(target, dot + 1).ptr,
                     "data", emitting->data ? emitting->data : "{}", "subject",
                     emitting->subject, "key", emitting->key);
}

/* NULL: it was said why, and `status` is what to exit with. */
static json_t *ask(const struct emitting *emitting, int *status)
{
    struct error error;
    struct problems problems;
    json_t *answer = NULL;
    problems_init(&problems);
    *status = context_host(emitting->context, &problems);
    int found = command_problems(&problems);
    problems_done(&problems);
    *status = found != EXIT_DONE ? found : *status;
    if (*status != EXIT_DONE) {
        return NULL;
    }
    OWN(control_client)
    daemon = control_connect(emitting->context->config.state, &error);
    if (!daemon) {
        *status = command_fail_store(&error);
        return NULL;
    }
    answer =
        control_ask_json(daemon, "event emit", question_of(emitting), STR_OF(""), &error);
    *status = answer ? EXIT_DONE : command_fail_asked(&error);
    return answer;
}

/* "event 17: confirmation waiting, thanks unwanted" */
static void write_people(const json_t *answer, struct text *out)
{
    const json_t *run;
    size_t i;
    const json_t *id = json_object_get(answer, "id");
    const json_t *runs = json_object_get(answer, "followups");
    if (json_is_integer(id)) {
        text_print(out, "event %lld", (long long)json_integer_value(id));
    } else {
        text_add_cstr(out, "an event");
    }
    if (json_is_true(json_object_get(answer, "was_there"))) {
        text_add_cstr(out, " was there already with that key: nothing new happened");
    } else if (json_array_size(runs) == 0) {
        text_add_cstr(out, ": no follow-up is for it");
    }
    json_array_foreach(runs, i, run)
    {
        text_print(out, "%s %s %s", i > 0 ? "," : ":",
                   json_string_value(json_object_get(run, "followup")),
                   json_string_value(json_object_get(run, "state")));
    }
    text_add_char(out, '\n');
}

static int print(const struct emitting *emitting, json_t *answer)
{
    struct text out;
    text_init(&out, WIRE_FRAME_BYTES);
    if (emitting->context->json) {
        queue_show_add(&out, "", answer);
        text_add_char(&out, '\n');
    } else {
        write_people(answer, &out);
    }
    int status = command_print(text_str(&out));
    text_done(&out);
    return status;
}

static int check(const struct emitting *emitting)
{
    struct error error;
    static const char *const names[] = {"--data", "--subject"};
    const char *const objects[] = {emitting->data, emitting->subject};
    if (!strchr(emitting->target, '.')) {
        return command_fail(EXIT_BAD_DATA, "which event? IDENTIFIER.TYPE");
    }
    if (emitting->key && !*emitting->key) {
        return command_fail(EXIT_BAD_DATA, "--key: is empty");
    }
    for (unsigned i = 0; i < 2; i++) {
        if (objects[i] && !arguments_object(names[i], objects[i], &error)) {
            return command_fail(EXIT_BAD_DATA, "%s", error.text);
        }
    }
    return EXIT_DONE;
}

int command_event_emit(struct context *context, int argc, char **argv)
{
    struct words words;
    struct emitting emitting = {.context = context};
    const struct flag flags[] = {{"--data", &emitting.data, NULL},
                                 {"--subject", &emitting.subject, NULL},
                                 {"--key", &emitting.key, NULL}};
    int status =
        command_words(context, argc, argv, flags, sizeof flags / sizeof *flags, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    emitting.account = words.items[0];
    emitting.target = words.items[1];
    status = check(&emitting);
    json_auto_t *answer = status == EXIT_DONE ? ask(&emitting, &status) : NULL;
    return answer ? print(&emitting, answer) : status;
}
