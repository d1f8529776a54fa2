#include "engine/fit.h"

#include "base/json.h"
#include "plugin/schema.h"

const imh_action *fit_action(const struct descriptor *descriptor, const char *identifier,
                             struct str name, struct str args, struct error *error)
{
    int number = descriptor_action(descriptor, name);
    if (number < 0) {
        (void)error_set(error, IMH_MISSING, "'%s' has no action '%.*s': %s", identifier,
                        STR_ARGS(name), "see 'imh plugin inspect'");
        return NULL;
    }
    const imh_action *action = &descriptor->actions[number];
    if (action->params && !schema_accepts(str_from(action->params), args, error)) {
        (void)error_wrap(error, "the arguments of '%s'", action->name);
        return NULL;
    }
    return action;
}

const imh_entity *fit_entity(const struct descriptor *descriptor, const char *identifier,
                             struct str name, struct error *error)
{
    int number = descriptor_entity(descriptor, name);
    const imh_entity *entity = number >= 0 ? &descriptor->entities[number] : NULL;
    if (!entity || !(entity->flags & (IMH_UPSERTS | IMH_REMOVES))) {
        (void)error_set(error, IMH_MISSING, "'%s' has no records '%.*s' to write: %s",
                        identifier, STR_ARGS(name), "see 'imh plugin inspect'");
        return NULL;
    }
    return entity;
}

bool fit_fields(const imh_entity *entity, struct str fields, struct error *error)
{
    static const struct json_limits limits = {JOB_ARGS_BYTES, 50000};
    if (!(entity->flags & IMH_UPSERTS)) {
        return error_set(error, IMH_REJECTED, "records '%s' cannot be written",
                         entity->name);
    }
    if (!str_starts(str_trim(fields), STR_OF("{"))) {
        return error_set(error, IMH_REJECTED, "the fields of a record are a JSON object");
    }
    return (entity->schema ? schema_accepts(str_from(entity->schema), fields, error)
                           : json_check(fields, &limits, error)) ||
           error_wrap(error, "the fields of '%s'", entity->name);
}

static bool fit_record(const struct descriptor *descriptor, const char *identifier,
                       const struct job *job, struct str fields, struct error *error)
{
    if (job->flags & JOB_REMOVES) {
        return error_set(error, IMH_REJECTED,
                         "a removal has no fields to correct: retry or discard it");
    }
    const imh_entity *entity = fit_entity(descriptor, identifier, job->part, error);
    return entity && fit_fields(entity, fields, error);
}

bool fit_job(const struct descriptor *descriptor, const char *identifier,
             const struct job *job, struct str args, struct error *error)
{
    if (job->kind == JOB_RECORD) {
        return fit_record(descriptor, identifier, job, args, error);
    }
    return job->kind != JOB_ACTION ||
           fit_action(descriptor, identifier, job->part, args, error);
}
