#include "app/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

#include "app/control_client.h"
#include "app/halt_desk.h"
#include "app/halted.h"

/* Somebody wants an integration to be disabled, or enabled. */
struct halting {
    struct context *context;
    const char *account, *identifier;
    bool pauses, skips;
    bool changed;
    bool configured; /* the account's file says it is enabled */
    struct pause pause;
};

/* ---- who does it ---- */

static int ask_daemon(struct halting *halting, struct control_client *daemon)
{
    struct error error;
    const char *operation = halting->pauses ? "integration disable" : "integration enable";
    json_auto_t *answer = control_ask_json(
        daemon, operation,
        json_pack("{s:s,s:s,s:b}", "account", halting->account, "integration",
                  halting->identifier, "skip", halting->skips),
        STR_OF(""), &error);
    if (!answer) {
        return command_fail_asked(&error);
    }
    const char *who = json_string_value(json_object_get(answer, "who"));
    halting->changed = json_is_true(json_object_get(answer, "changed"));
    halting->configured = json_is_true(json_object_get(answer, "configured"));
    halting->pause.since_ms = json_integer_value(json_object_get(answer, "since_ms"));
    (void)snprintf(halting->pause.who, sizeof halting->pause.who, "%s", who ? who : "?");
    return EXIT_DONE;
}

/* Other mistakes in the files are no reason against it. */
static int find(struct halting *halting)
{
    struct problems problems;
    int status = EXIT_DONE;
    problems_init(&problems);
    struct account *account =
        config_account(&halting->context->config, str_from(halting->account));
    const struct configured *configured =
        account ? config_integration(account, str_from(halting->identifier)) : NULL;
    if (account && !configured) {
        config_miss(account, str_from(halting->identifier), &problems);
        status = command_problems(&problems);
    }
    halting->configured = configured && configured->integration.enabled;
    problems_done(&problems);
    return status;
}

static int ask_store(struct halting *halting)
{
    struct error error;
    const struct halt_asked asked = {.account = str_from(halting->account),
                                     .identifier = str_from(halting->identifier),
                                     .pause = halting->pauses,
                                     .skip = halting->skips,
                                     .asker = getuid()};
    int status = find(halting);
    status = status == EXIT_DONE ? context_store(halting->context) : status;
    if (status == EXIT_DONE && !halt_desk_set(halting->context->store, &asked,
                                              &halting->pause, &halting->changed, &error)) {
        status = command_fail_store(&error);
    }
    return status;
}

/* The daemon, when one is at work: it stops, and begins, at once. */
static int ask(struct halting *halting)
{
    struct context *context = halting->context;
    struct problems problems;
    struct error ignored;
    problems_init(&problems);
    (void)context_config(context, halting->account, &problems);
    bool known = config_account(&context->config, str_from(halting->account)) != NULL;
    int status = known ? EXIT_DONE : command_problems(&problems);
    problems_done(&problems);
    if (status != EXIT_DONE) {
        return status;
    }
    OWN(control_client)
    daemon = context->in_process ? NULL : control_connect(context->config.state, &ignored);
    return daemon ? ask_daemon(halting, daemon) : ask_store(halting);
}

/* ---- what is said ---- */

static void add_people(const struct halting *halting, struct text *out)
{
    char since[HALTED_BYTES];
    if (halting->changed || !halting->pauses) {
        text_print(out, "%s: %s %s\n", halting->pauses ? "disabled" : "enabled",
                   halting->account, halting->identifier);
        return;
    }
    halted_write(&halting->pause, since);
    text_print(out, "disabled already: %s %s, %s\n", halting->account, halting->identifier,
               since);
}

static void add_json(const struct halting *halting, struct text *out)
{
    char since[CLOCK_TEXT_BYTES];
    bool off = halting->pauses || !halting->configured;
    clock_write(halting->pause.since_ms, since);
    json_auto_t *object =
        json_pack("{s:s,s:s,s:s,s:b,s:s?,s:s?}", "account", halting->account, "integration",
                  halting->identifier, "state", off ? "disabled" : "enabled", "changed",
                  halting->changed, "since", halting->pauses ? since : NULL, "by",
                  halting->pauses ? halting->pause.who : NULL);
    char *written = json_dumps(object, JSON_COMPACT);
    text_print(out, "%s\n", written ? written : "null");
    free(written);
}

static int tell(const struct halting *halting)
{
    struct text out;
    text_init(&out, 4 << 10);
    (halting->context->json ? add_json : add_people)(halting, &out);
    bool still = !halting->pauses && !halting->configured;
    int status =
        still && !halting->context->json ? EXIT_DONE : command_print(text_str(&out));
    text_done(&out);
    return still ? command_fail(EXIT_NO,
                                "'%s' is disabled in the file of %s: say enabled = yes, "
                                "then: imh reload",
                                halting->identifier, halting->account)
                 : status;
}

static int run(struct context *context, int argc, char **argv, bool pauses)
{
    struct words words;
    struct halting halting = {.context = context, .pauses = pauses};
    const struct flag flags[] = {{"--skip", NULL, &halting.skips}};
    int status = command_words(context, argc, argv, flags, pauses ? 0 : 1, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    halting.account = words.items[0];
    halting.identifier = words.items[1];
    status = ask(&halting);
    return status == EXIT_DONE ? tell(&halting) : status;
}

int command_integration_disable(struct context *context, int argc, char **argv)
{
    return run(context, argc, argv, true);
}

int command_integration_enable(struct context *context, int argc, char **argv)
{
    return run(context, argc, argv, false);
}
