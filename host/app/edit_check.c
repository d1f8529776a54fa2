#include "app/edit_check.h"

#include "app/output.h"
#include "plugin/schema.h"

/* What an action or a record must look like. */
struct wanted {
    const char *kind; /* of the job */
    const char *noun;
    const char *(*schema)(const struct descriptor *descriptor, struct str name,
                          bool *known);
};

static const char *schema_of_action(const struct descriptor *descriptor, struct str name,
                                    bool *known)
{
    for (uint32_t i = 0; i < descriptor->action_count; i++) {
        if (str_is(name, descriptor->actions[i].name)) {
            *known = true;
            return descriptor->actions[i].params;
        }
    }
    return NULL;
}

static const char *schema_of_records(const struct descriptor *descriptor, struct str name,
                                     bool *known)
{
    int number = descriptor_entity(descriptor, name);
    *known = number >= 0;
    return *known ? descriptor->entities[number].schema : NULL;
}

static const struct wanted kinds[] = {
    {"action", "arguments", schema_of_action},
    {"record", "fields", schema_of_records},
};

static struct str text_of(const json_t *job, const char *name)
{
    const char *text = json_string_value(json_object_get(job, name));
    return str_from(text ? text : "");
}

static const struct configured *find(const struct config *config, const json_t *job,
                                     struct problems *problems)
{
    struct str name = text_of(job, "integration");
    const struct account *account = config_account(config, text_of(job, "account"));
    const struct configured *found = account ? config_actor(account, name) : NULL;
    if (account && !found) {
        config_miss(account, name, problems);
    }
    return found;
}

static int compare(const struct wanted *wanted, const struct descriptor *descriptor,
                   struct str name, const char *args)
{
    struct error error;
    bool known = false;
    const char *schema = wanted->schema(descriptor, name, &known);
    if (!known) {
        return command_fail(EXIT_NO, "the plugin '%s' has no %s '%.*s' any more",
                            descriptor->name, wanted->kind, STR_ARGS(name));
    }
    if (schema && !schema_accepts(str_from(schema), str_from(args), &error)) {
        return command_fail(EXIT_BAD_DATA, "the %s of '%.*s': %s", wanted->noun,
                            STR_ARGS(name), error.text);
    }
    return EXIT_DONE;
}

static int ask_plugin(struct context *context, const struct configured *configured,
                      const struct wanted *wanted, struct str name, const char *args)
{
    struct text refusal;
    int status = context_supervisor(context);
    if (status != EXIT_DONE) {
        return status;
    }
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, configured->integration.plugin, &refusal);
    status = descriptor
                 ? compare(wanted, descriptor, name, args)
                 : command_fail(EXIT_BAD_CONFIG, "%.*s", STR_ARGS(text_str(&refusal)));
    text_done(&refusal);
    return status;
}

int edit_check(struct context *context, const json_t *job, const char *args)
{
    struct problems problems;
    struct config config;
    const struct wanted *wanted = NULL;
    struct str kind = text_of(job, "kind");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        wanted = str_is(kind, kinds[i].kind) ? &kinds[i] : wanted;
    }
    if (!wanted) {
        return EXIT_DONE;
    }
    problems_init(&problems);
    config_read(&config, context->config_file,
                json_string_value(json_object_get(job, "account")), &problems);
    const struct configured *configured = find(&config, job, &problems);
    int status = command_problems(&problems);
    if (configured) {
        status = ask_plugin(context, configured, wanted, text_of(job, "what"), args);
    }
    config_free(&config);
    problems_done(&problems);
    return status;
}
