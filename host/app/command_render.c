#include "app/command.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/output.h"
#include "app/render_ports.h"
#include "app/template_file.h"
#include "base/json.h"
#include "engine/health.h"
#include "engine/template_folder.h"

/* What was asked for on the command line, and what comes of it. */
struct rendering {
    struct context *context;
    const char *account_name, *template_path;
    const char *data, *recipients, *folder, *escape;
    const char *include; /* folder of templates; NULL: none */
    bool stats, escape_html;
    struct account *account;
    struct arena arena;
    struct value common;
    struct smarty_template *template;
    struct variables *variables;
    struct render_ports ports;
    struct mailing_result result;
};

static int read_arguments(struct rendering *rendering, int argc, char **argv)
{
    const struct flag flags[] = {{"--data", &rendering->data, NULL},
                                 {"--recipients", &rendering->recipients, NULL},
                                 {"--output", &rendering->folder, NULL},
                                 {"--escape", &rendering->escape, NULL},
                                 {"--include", &rendering->include, NULL},
                                 {"--stats", NULL, &rendering->stats}};
    struct error error;
    struct words words;
    int status = command_words(rendering->context, argc, argv, flags,
                               sizeof flags / sizeof *flags, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    rendering->account_name = words.items[0];
    rendering->template_path = words.items[1];
    bool good =
        !rendering->recipients || rendering->folder ||
        error_set(&error, IMH_REJECTED, "--recipients needs --output DIR for the messages");
    good = good && template_escapes(rendering->template_path, rendering->escape,
                                    &rendering->escape_html, &error);
    return good ? EXIT_DONE : command_misused(rendering->context, &error);
}

/* ---- getting ready: each step says EXIT_DONE or what to exit with ---- */

static int compile(struct rendering *rendering)
{
    struct error error;
    struct text source;
    struct smarty_options options = {.escape_html = rendering->escape_html};
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    if (template_read(rendering->template_path, &source, &error)) {
        rendering->template =
            smarty_compile(rendering->template_path, text_str(&source), &options, &error);
    }
    text_done(&source);
    rendering->ports.extension = options.escape_html ? ".html" : ".txt";
    return rendering->template ? EXIT_DONE : command_fail(EXIT_BAD_DATA, "%s", error.text);
}

static int open_data(struct rendering *rendering)
{
    struct error error;
    if (!template_data(rendering->data ? rendering->data : "{}", &rendering->arena,
                       &rendering->common, &error)) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    if (rendering->recipients) {
        rendering->ports.recipients = recipients_open(rendering->recipients, &error);
        if (!rendering->ports.recipients) {
            return command_fail(EXIT_BAD_DATA, "%s", error.text);
        }
    }
    rendering->ports.common = &rendering->common;
    return EXIT_DONE;
}

/* Reads all of them once, before anything is sent: the first errors, each with its line. */
static int check_recipients(struct rendering *rendering)
{
    enum { ERRORS_MOST = 20 };
    struct recipients *recipients = rendering->ports.recipients;
    struct arena arena;
    struct value ignored;
    struct error error = {.status = IMH_OK};
    unsigned found = 0;
    if (!recipients || !recipients_rewind(recipients)) {
        return EXIT_DONE;
    }
    arena_init(&arena, 64 << 10, 0);
    while (found < ERRORS_MOST && (recipients_next(recipients, &arena, &ignored, &error) ||
                                   error.status != IMH_OK)) {
        if (error.status != IMH_OK) {
            found++;
            (void)command_fail(EXIT_BAD_DATA, "%s", error.text);
        }
        error.status = IMH_OK;
        arena_clear(&arena);
    }
    arena_done(&arena);
    if (found == ERRORS_MOST) {
        return command_fail(EXIT_BAD_DATA, "%s: there may be more: correct these first",
                            rendering->recipients);
    }
    return found == 0 && recipients_rewind(recipients) ? EXIT_DONE : EXIT_BAD_DATA;
}

/* Last, so that a mistake leaves no trace. */
static int open_folder(struct rendering *rendering)
{
    struct stat status;
    const char *folder = rendering->folder;
    rendering->ports.folder = folder;
    if (!folder) {
        return EXIT_DONE;
    }
    if (strlen(folder) > RENDER_FOLDER_BYTES) {
        return command_fail(EXIT_CANNOT_WRITE, "--output: the name is too long");
    }
    if ((mkdir(folder, 0755) != 0 && errno != EEXIST) || stat(folder, &status) != 0) {
        return command_fail(EXIT_CANNOT_WRITE, "%s: %s", folder, strerror(errno));
    }
    return S_ISDIR(status.st_mode)
               ? EXIT_DONE
               : command_fail(EXIT_CANNOT_WRITE, "%s: not a folder", folder);
}

/* A plugin that cannot be used harms only the messages that need it. */
static void admit(struct rendering *rendering, struct configured *configured,
                  struct problems *problems)
{
    struct context *context = rendering->context;
    struct integration *integration = &configured->integration;
    config_admit(&context->config, configured, context->supervisor, problems);
    if (integration->unusable.status != IMH_OK) {
        command_warn(integration, "cannot be used now: %s: see 'imh check'",
                     integration->unusable.text);
    }
    if (configured->usable) {
        supervisor_expect(context->supervisor, integration);
    }
}

/* Only the integrations that the template names are checked and started. */
/* Does the template name it? What included templates name is known only when they are
 * rendered: it may be any. */
static bool is_used(const struct rendering *rendering,
                    const struct integration *integration)
{
    struct str name;
    for (uint32_t i = 0; (name = smarty_variable(rendering->template, i)).len > 0; i++) {
        if (str_is(name, integration->identifier)) {
            return true;
        }
    }
    return rendering->include;
}

static int open_account(struct rendering *rendering)
{
    struct context *context = rendering->context;
    struct problems problems;
    struct error unread = {.status = IMH_OK};
    problems_init(&problems);
    int status = context_config(context, rendering->account_name, &problems);
    status = status == EXIT_DONE ? context_supervisor(context) : status;
    rendering->account =
        status == EXIT_DONE
            ? config_account(&context->config, str_from(rendering->account_name))
            : NULL;
    if (rendering->account && rendering->account->integrations) {
        context_halts(context, &unread);
    }
    struct configured *at = rendering->account ? rendering->account->integrations : NULL;
    for (; at; at = at->next) {
        if (!is_used(rendering, &at->integration)) {
            continue;
        }
        render_name(&rendering->ports, &at->integration);
        if (integration_is_on(&at->integration)) {
            admit(rendering, at, &problems);
        }
    }
    context_unread(&unread, &problems);
    int found = context_checked(context, &problems);
    problems_done(&problems);
    return status == EXIT_DONE ? found : status;
}

static int open_variables(struct rendering *rendering)
{
    rendering->variables = variables_make(rendering->context->supervisor, &clock_real);
    return rendering->variables ? EXIT_DONE : command_fail(EXIT_OUR_BUG, "no memory");
}

/* ---- running ---- */

static const struct integration *find_integration(void *self, struct str identifier)
{
    const struct rendering *rendering = self;
    const struct configured *configured =
        config_integration(rendering->account, identifier);
    return configured ? &configured->integration : NULL;
}

/* Those that are not well, as `imh plugin list` names it. Each once: several integrations
 * may be of one plugin. */
static void add_ill(const struct rendering *rendering, struct text *out)
{
    const struct configured *first = rendering->account->integrations;
    text_add_cstr(out, ",\"plugins\":[");
    for (const struct configured *one = first; one; one = one->next) {
        const char *plugin = one->integration.plugin;
        struct health health = health_of(rendering->context->supervisor, plugin);
        const struct configured *before = first;
        while (strcmp(before->integration.plugin, plugin) != 0) {
            before = before->next;
        }
        if (before != one || health.deaths == 0) {
            continue;
        }
        text_add_cstr(out,
                      out->ptr[out->len - 1] == '[' ? "{\"plugin\":" : ",{\"plugin\":");
        json_add_string(out, str_from(plugin));
        text_print(out, ",\"state\":\"%s\",\"deaths\":%u,\"left_s\":%u,\"how\":",
                   health_state_name(health.state), health.deaths, health.left_s);
        json_add_string(out, str_from(health.last_death));
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

static void print_stats(const struct rendering *rendering, int64_t started_ms)
{
    struct text ill;
    struct variables_counts counts = variables_counts(rendering->variables);
    uint64_t hits =
        counts.lookups > counts.questions ? counts.lookups - counts.questions : 0;
    text_init(&ill, 64 << 10);
    add_ill(rendering, &ill);
    (void)fprintf(stderr,
                  "{\"messages\":%" PRIu64 ",\"waiting\":%" PRIu64 ",\"lookups\":%" PRIu64
                  ",\"cache_hits\":%" PRIu64 ",\"questions\":%" PRIu64
                  ",\"remote_calls\":%" PRIu64 ",\"time_ms\":%" PRId64 "%s}\n",
                  rendering->result.messages, rendering->result.waiting, counts.lookups,
                  hits, counts.questions, counts.remote_calls,
                  clock_mono_ms(&clock_real) - started_ms, text_cstr(&ill));
    text_done(&ill);
}

static int status_of(const struct rendering *rendering, bool good,
                     const struct error *error)
{
    const struct mailing_result *result = &rendering->result;
    struct remedy room;
    if (!good && rendering->ports.reader_left) {
        return EXIT_CANNOT_WRITE;
    }
    if (!good && rendering->ports.cannot_write) {
        return command_fail(EXIT_CANNOT_WRITE, "%s", error->text);
    }
    if (!good && result->stopped) {
        return command_fail(EXIT_UNAVAILABLE, "%s: %s", error->text,
                            command_remedy(error, &room));
    }
    if (!good) {
        return command_fail(EXIT_BAD_DATA, "%s", error->text);
    }
    if (result->waiting > 0) {
        return command_fail(
            EXIT_LATER, "%" PRIu64 " of %" PRIu64 " messages wait for live data: %s: %s",
            result->waiting, result->waiting + result->messages, result->why.text,
            command_remedy(&result->why, &room));
    }
    return EXIT_DONE;
}

static int run(struct rendering *rendering)
{
    struct error error;
    int64_t started_ms = clock_mono_ms(&clock_real);
    struct smarty_store store = {(void *)rendering->include, template_folder_read};
    const struct mailing mailing = {.variables = rendering->variables,
                                    .template = rendering->template,
                                    .store = rendering->include ? &store : NULL,
                                    .find = find_integration,
                                    .find_self = rendering,
                                    .common = &rendering->common,
                                    .zone = rendering->account->zone,
                                    .clock = &clock_real,
                                    .limits = &rendering->context->config.render};
    const struct mailing_ports ports = {.self = &rendering->ports,
                                        .next = render_next,
                                        .write = render_write,
                                        .wait = render_wait};
    bool good = mailing_run(&mailing, &ports, &rendering->result, &error);
    if (rendering->stats) {
        print_stats(rendering, started_ms);
    }
    return status_of(rendering, good, &error);
}

int command_render(struct context *context, int argc, char **argv)
{
    static int (*const steps[])(struct rendering * rendering) = {
        compile,     open_data, check_recipients, open_account, open_variables,
        open_folder, run};
    struct rendering rendering = {.context = context};
    int status = read_arguments(&rendering, argc, argv);
    arena_init(&rendering.arena, 64 << 10, 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == EXIT_DONE; i++) {
        status = steps[i](&rendering);
    }
    variables_free(rendering.variables);
    smarty_template_free(rendering.template);
    recipients_free(rendering.ports.recipients);
    arena_done(&rendering.arena);
    return status;
}
