#include "app/command.h"

#include <stdio.h>

#include "app/config_followup.h"
#include "app/config_warn.h"
#include "store/check.h"

enum { FOUND_MOST = 100 /* lines about the store; more are counted */ };

/* What `imh check --store` found. */
struct finding {
    struct check_report report; /* first */
    bool wanted, is_there;
};

static void tell(struct check_report *report, struct str what)
{
    if (report->count <= FOUND_MOST) {
        command_tell("imh: store: %.*s", STR_ARGS(what));
    }
}

/* That nothing was stored yet is fine; one that is refused was found wanting. */
static int check_whole_store(const struct context *context, struct finding *finding)
{
    struct error error;
    const struct store_settings settings = context_store_settings(context, 0);
    finding->report.found = tell;
    finding->is_there = check_store(&settings, &finding->report, &error);
    if (!finding->is_there && error.status == IMH_MISSING) {
        return EXIT_DONE;
    }
    if (!finding->is_there) {
        int status = command_fail_store(&error);
        return error.status == IMH_REJECTED ? EXIT_NO : status;
    }
    unsigned count = finding->report.count;
    return count == 0
               ? EXIT_DONE
               : command_fail(EXIT_NO, "the store has %u problem%s: restore a backup",
                              count, count == 1 ? "" : "s");
}

/* Checks every integration of the accounts that were read. */
static void check_all(struct context *context, struct problems *problems)
{
    for (struct account *at = context->config.accounts; at; at = at->next) {
        for (struct configured *one = at->integrations; one; one = one->next) {
            config_check(&context->config, one, context->supervisor, problems);
        }
    }
    config_check_alerts(&context->config, context->supervisor, problems);
    config_check_followups(&context->config, context->supervisor, problems);
}

static void add_store(const struct context *context, const struct finding *finding,
                      struct text *out)
{
    if (!finding->wanted) {
        return;
    }
    if (context->json && finding->is_there) {
        text_print(out, ",\"store\":{\"schema\":%lld,\"problems\":%u}",
                   (long long)finding->report.schema, finding->report.count);
    } else if (context->json) {
        text_add_cstr(out, ",\"store\":null");
    } else if (finding->is_there) {
        text_print(out, "%sthe store is whole (schema %lld)", out->len > 0 ? "; " : "",
                   (long long)finding->report.schema);
    } else {
        text_print(out, "%snothing stored yet", out->len > 0 ? "; " : "");
    }
}

/* Everything that is said of the configuration. */
struct said {
    struct problems problems, warnings;
};

static void add_json(struct said *said, struct text *out)
{
    text_add_cstr(out, ",\"problems\":");
    problems_write_json(&said->problems, out);
    text_add_cstr(out, ",\"warnings\":");
    problems_write_json(&said->warnings, out);
}

static void add_summary(const struct context *context, struct said *said, struct text *out)
{
    unsigned warnings = said->warnings.count;
    unsigned accounts = 0;
    unsigned integrations = 0;
    for (const struct account *at = context->config.accounts; at; at = at->next) {
        accounts++;
        for (const struct configured *one = at->integrations; one; one = one->next) {
            integrations++;
        }
    }
    if (context->json) {
        text_print(out, "{\"accounts\":%u,\"integrations\":%u", accounts, integrations);
        add_json(said, out);
    } else {
        text_print(out, "%u account%s, %u integration%s, no problems", accounts,
                   accounts == 1 ? "" : "s", integrations, integrations == 1 ? "" : "s");
        if (warnings > 0) {
            text_print(out, ", %u warning%s", warnings, warnings == 1 ? "" : "s");
        }
    }
}

/* Each integration's remote is asked; EXIT_NO when one of them cannot be used. */
static int connect_all(struct context *context)
{
    struct error unread;
    int status = EXIT_DONE;
    context_halts(context, &unread);
    safe_rest(context->safe);
    if (unread.status != IMH_OK) {
        return command_fail_store(&unread);
    }
    for (struct account *at = context->config.accounts; at; at = at->next) {
        for (struct configured *one = at->integrations; one; one = one->next) {
            if (one->usable && integration_is_on(&one->integration)) {
                int found = command_connect(context, &one->integration);
                status = found == EXIT_DONE ? status : found;
            }
        }
    }
    return status;
}

/* For people: problems go to stderr, and only a clean bill to stdout; for programs one
 * object in any case. */
static int print_found(const struct context *context, const struct finding *finding,
                       struct said *said, int store_status)
{
    struct problems *problems = &said->problems;
    int status = problems->count > 0 ? command_problems_status(problems) : store_status;
    struct text out;
    if (!context->json) {
        (void)command_problems(problems);
        (void)command_problems(&said->warnings);
    }
    bool clean = status == EXIT_DONE || context->json;
    if (!clean && !(finding->wanted && store_status == EXIT_DONE)) {
        return status;
    }
    text_init(&out, PROBLEMS_BYTES);
    if (clean) {
        add_summary(context, said, &out);
    }
    add_store(context, finding, &out);
    text_add_cstr(&out, context->json ? "}\n" : "\n");
    int printed = command_print(text_str(&out));
    text_done(&out);
    return printed == EXIT_DONE ? status : printed;
}

/* The store first: secrets of the configuration may be in it, and one at a time has it. */
int command_check(struct context *context, int argc, char **argv)
{
    struct words words;
    struct said said;
    struct finding finding = {.wanted = false};
    bool connect = false;
    const struct flag flags[] = {{"--store", NULL, &finding.wanted},
                                 {"--connect", NULL, &connect}};
    int status = command_words(context, argc, argv, flags, 2, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    problems_init(&said.problems);
    problems_init(&said.warnings);
    (void)context_config(context, NULL, &said.problems);
    int store_status = finding.wanted ? check_whole_store(context, &finding) : EXIT_DONE;
    status = context_supervisor(context);
    if (status == EXIT_DONE) {
        check_all(context, &said.problems);
        config_warn(&context->config, &said.warnings);
        status = print_found(context, &finding, &said, store_status);
        int connected = connect ? connect_all(context) : EXIT_DONE;
        status = status == EXIT_DONE ? connected : status;
    }
    problems_done(&said.warnings);
    problems_done(&said.problems);
    return status;
}
