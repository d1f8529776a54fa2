#include "engine/deliver.h"

#include <inttypes.h>

#include "engine/deliver_inside.h"
#include "engine/fit.h"
#include "engine/stream.h"

struct served *deliver_find(const struct deliver *deliver, struct str account,
                            struct str identifier)
{
    struct served *served = deliver->served;
    while (served &&
           !(str_is(account, served->account) && str_is(identifier, served->identifier))) {
        served = served->next;
    }
    return served;
}

struct served *deliver_at_work(const struct deliver *deliver, struct str account,
                               struct str identifier, struct error *error)
{
    struct served *served = deliver_find(deliver, account, identifier);
    if (!served || !served->supervisor || served->id == 0) {
        (void)error_set(error, IMH_MISSING, "there is no integration '%.*s' at work",
                        STR_ARGS(identifier));
        return NULL;
    }
    if (deliver->refusal.status != IMH_OK) {
        *error = deliver->refusal;
        return NULL;
    }
    return served;
}

/* What keeps its order: commands of equal values; all of the integration when it is strict;
 * else nothing, and the stream is of this one alone. */
static bool write_stream(struct deliver *deliver, const struct served *served,
                         const imh_action *action, struct str args, struct text *stream,
                         struct error *error)
{
    if (served->integration->strict_order) {
        return true;
    }
    if (!stream_add_value(stream, args, action->stream, error)) {
        return false;
    }
    if (stream->len == 0) {
        text_print(stream, "#%" PRIx64 "-%u", clock_now_ms(deliver->settings.clock),
                   ++deliver->made);
    }
    return text_ok(stream, "the name of a stream", error);
}

void deliver_refuse(struct deliver *deliver, const struct error *why)
{
    deliver->refusal = why ? *why : (struct error){.status = IMH_OK};
}

static bool key_is_fit(struct str once_key, struct error *error)
{
    return once_key.len == 0 || job_key_is_fit(once_key) ||
           error_set(error, IMH_REJECTED,
                     "the key of a command: 1 to %d visible characters of ASCII",
                     JOB_COMMAND_KEY_BYTES - 1);
}

bool deliver_draft(struct deliver *deliver, const struct command_wanted *wanted,
                   struct job *job, struct text *stream, struct error *error)
{
    struct served *served =
        deliver_at_work(deliver, wanted->account, wanted->identifier, error);
    const imh_action *action = served ? fit_action(served->descriptor, served->identifier,
                                                   wanted->action, wanted->args, error)
                                      : NULL;
    if (!action || !key_is_fit(wanted->once_key, error) ||
        !write_stream(deliver, served, action, wanted->args, stream, error)) {
        return false;
    }
    *job = (struct job){.integration = served->id,
                        .kind = JOB_ACTION,
                        .flags = action->flags & IMH_REPEATABLE ? JOB_REPEATABLE : 0,
                        .part = wanted->action,
                        .stream = text_str(stream),
                        .once_key = wanted->once_key};
    return true;
}

bool deliver_fits(const struct deliver *deliver, struct str account, struct str identifier,
                  const struct job *job, struct str args, struct error *error)
{
    const struct served *served = deliver_find(deliver, account, identifier);
    if (!served || !deliver_has_hands(served)) {
        return error_set(error, IMH_MISSING, "there is no integration '%.*s' at work",
                         STR_ARGS(identifier));
    }
    return fit_job(served->descriptor, served->identifier, job, args, error);
}

const char *deliver_params(const struct deliver *deliver, struct str account,
                           struct str identifier, struct str action)
{
    const struct served *served = deliver_find(deliver, account, identifier);
    int number =
        served && served->supervisor ? descriptor_action(served->descriptor, action) : -1;
    return number < 0 ? NULL : served->descriptor->actions[number].params;
}

static void note(const struct deliver *deliver, struct served *served,
                 const struct adding *adding, struct command_made *made)
{
    *made = (struct command_made){adding->added->job, adding->added->was_there};
    served->figures.accepted += !made->was_there;
    turns_ready(deliver->turns, served->id, adding->ready_ms);
}

bool deliver_command(struct deliver *deliver, const struct command_wanted *wanted,
                     struct command_made *made, struct error *error)
{
    const struct job_text text = {.args = wanted->args, .origin = wanted->origin};
    struct adding *adding = NULL;
    struct text stream;
    struct job job;
    text_init(&stream, JOB_STREAM_BYTES);
    bool good = deliver_draft(deliver, wanted, &job, &stream, error);
    struct served *served = good ? deliver_find_id(deliver, job.integration) : NULL;
    if (good) {
        adding = adding_make(deliver->settings.clock, &served->policies, &job, &text, 1);
        good = adding || error_set(error, IMH_RETRY, "no memory for a job");
    }
    good = good && store_do(deliver->settings.store, &adding->step.work, error);
    if (good) {
        note(deliver, served, adding, made);
    }
    step_free(adding ? &adding->step : NULL);
    text_done(&stream);
    return good;
}

static void after_ordering(struct deliver *deliver, struct step *step)
{
    struct ordering *ordering = (struct ordering *)(void *)step;
    const struct command_asker *asker = &ordering->asker;
    struct served *served = deliver_find_id(deliver, step->integration);
    struct command_made made = {.job = 0};
    if (step->work.done && served) {
        note(deliver, served, &ordering->adding, &made);
    }
    asker->told(asker->self, asker->peer, asker->id, &made,
                step->work.done ? NULL : &step->work.error);
    step_free(step);
}

bool deliver_command_soon(struct deliver *deliver, const struct command_wanted *wanted,
                          const struct command_asker *asker, struct error *error)
{
    const struct job_text text = {.args = wanted->args, .origin = wanted->origin};
    struct ordering *ordering = NULL;
    struct text stream;
    struct job job;
    text_init(&stream, JOB_STREAM_BYTES);
    if (deliver_draft(deliver, wanted, &job, &stream, error)) {
        const struct served *served = deliver_find_id(deliver, job.integration);
        ordering =
            ordering_make(deliver->settings.clock, &served->policies, &job, &text, asker);
        (void)(ordering || error_set(error, IMH_RETRY, "no memory for a job"));
    }
    if (ordering) {
        deliver_put(deliver, &ordering->adding.step, after_ordering);
        /* What is taken behind it finds it there. */
        turns_ready(deliver->turns, job.integration, clock_now_ms(deliver->settings.clock));
    }
    text_done(&stream);
    return ordering != NULL;
}
