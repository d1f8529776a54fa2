#include "app/edit_check.h"

#include "app/output.h"
#include "engine/fit.h"

static struct str text_of(const json_t *job, const char *name)
{
    const char *text = json_string_value(json_object_get(job, name));
    return str_from(text ? text : "");
}

static enum job_kind kind_of(struct str name)
{
    int kind = JOB_KINDS;
    while (kind > 0 && !str_is(name, job_kind_name((enum job_kind)kind))) {
        kind--;
    }
    return (enum job_kind)kind;
}

struct edited edit_read(const json_t *job)
{
    bool removes = json_is_true(json_object_get(job, "removes"));
    return (struct edited){.account = text_of(job, "account"),
                           .integration = text_of(job, "integration"),
                           .job = {.kind = kind_of(text_of(job, "kind")),
                                   .part = text_of(job, "what"),
                                   .flags = removes ? JOB_REMOVES : 0}};
}

static const struct configured *find(const struct config *config,
                                     const struct edited *edited, struct problems *problems)
{
    const struct account *account = config_account(config, edited->account);
    const struct configured *found =
        account ? config_actor(account, edited->integration) : NULL;
    if (account && !found) {
        config_miss(account, edited->integration, problems);
    }
    return found;
}

static int ask_plugin(struct context *context, const struct integration *integration,
                      const struct job *job, struct str args)
{
    struct text refusal;
    struct error error;
    int status = context_supervisor(context);
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, integration->plugin, &refusal);
    if (!descriptor) {
        status = command_fail(EXIT_BAD_CONFIG, "%.*s", STR_ARGS(text_str(&refusal)));
    } else if (!fit_job(descriptor, integration->identifier, job, args, &error)) {
        status = command_fail_asked(&error);
    }
    text_done(&refusal);
    return status;
}

int edit_check(struct context *context, const json_t *job, const char *args)
{
    struct problems problems;
    struct config config;
    const struct edited edited = edit_read(job);
    if (edited.job.kind != JOB_ACTION && edited.job.kind != JOB_RECORD) {
        return EXIT_DONE; /* no plugin has a say in it */
    }
    problems_init(&problems);
    config_read(&config, context->config_file,
                json_string_value(json_object_get(job, "account")), &problems);
    const struct configured *configured = find(&config, &edited, &problems);
    int status = command_problems(&problems);
    if (configured) {
        status = ask_plugin(context, &configured->integration, &edited.job, str_from(args));
    }
    config_free(&config);
    problems_done(&problems);
    return status;
}
