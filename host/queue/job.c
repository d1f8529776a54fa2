#include "queue/job.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/utf8.h"

static const char *const kind_names[JOB_KINDS] = {
    [JOB_ACTION] = "action", [JOB_RECORD] = "record", [JOB_HOOK] = "hook",
    [JOB_OWN] = "job",       [JOB_MAIL] = "mail",     [JOB_STEP] = "step",
    [JOB_READ] = "read",
};

static const char *const state_names[JOB_STATES] = {
    [JOB_BEHIND] = "waiting",      [JOB_WAITING] = "waiting", [JOB_RUNNING] = "running",
    [JOB_FAILED] = "failed",       [JOB_UNKNOWN] = "unknown", [JOB_DONE] = "done",
    [JOB_DISCARDED] = "discarded",
};

static const char *const happening_names[HAPPENINGS] = {
    [HAPPENED_ATTEMPT] = "attempt",       [HAPPENED_MERGED] = "superseded",
    [HAPPENED_EDITED] = "edited",         [HAPPENED_RETRIED] = "retried",
    [HAPPENED_DISCARDED] = "discarded",   [HAPPENED_REPLACED] = "replaced",
    [HAPPENED_FOLLOWED] = "after failed",
};

static const char *name_of(const char *const *names, unsigned count, unsigned number)
{
    return number < count && names[number] ? names[number] : "?";
}

const char *job_kind_name(enum job_kind kind)
{
    return name_of(kind_names, JOB_KINDS, kind);
}

const char *job_state_name(enum job_state state)
{
    return name_of(state_names, JOB_STATES, state);
}

const char *happening_name(enum happening what)
{
    return name_of(happening_names, HAPPENINGS, what);
}

uint32_t job_kept_days(enum job_kind kind)
{
    /* What people ask about later is kept for longer. */
    static const uint32_t days[JOB_KINDS] = {
        [JOB_ACTION] = 30, [JOB_RECORD] = 7, [JOB_HOOK] = 7, [JOB_OWN] = 7,
        [JOB_MAIL] = 30,   [JOB_STEP] = 7,   [JOB_READ] = 7,
    };
    return kind < JOB_KINDS ? days[kind] : 0;
}

void job_command_key(const struct job *job, struct str queue_name,
                     char key[JOB_COMMAND_KEY_BYTES])
{
    if (job->version == 0 && job_key_is_fit(job->once_key)) {
        (void)snprintf(key, JOB_COMMAND_KEY_BYTES, "%.*s", STR_ARGS(job->once_key));
        return;
    }
    (void)snprintf(key, JOB_COMMAND_KEY_BYTES, "%.*s-%" PRId64 "-%" PRIu32,
                   STR_ARGS(str_before(queue_name, JOB_COMMAND_KEY_BYTES / 2)), job->id,
                   job->version);
}

bool job_key_is_fit(struct str key)
{
    size_t fit = 0;
    while (fit < key.len && key.ptr[fit] > ' ' && key.ptr[fit] <= '~') {
        fit++;
    }
    return fit > 0 && fit == key.len && fit < JOB_COMMAND_KEY_BYTES;
}

struct str job_record_key(const struct job *job)
{
    bool has = job->kind == JOB_RECORD && job->merge_key.len > job->part.len;
    return has ? str_after(job->merge_key, job->part.len + 1) : STR_OF("");
}

bool job_record_key_check(struct str key, struct error *error)
{
    if (str_find_char(key, '\0') < key.len) {
        return error_set(error, IMH_REJECTED, "the key of a record has a NUL");
    }
    return utf8_is_valid(key) ||
           error_set(error, IMH_REJECTED, "the key of a record is not UTF-8");
}

bool job_check(const struct job *job, const struct job_text *text, struct error *error)
{
    const struct {
        const char *what;
        struct str text;
        size_t most;
    } parts[] = {
        {"part", job->part, JOB_PART_BYTES},
        {"stream", job->stream, JOB_STREAM_BYTES},
        {"key", job->once_key, JOB_KEY_BYTES},
        {"key", job->merge_key, JOB_KEY_BYTES},
        {"argument", text->args, JOB_ARGS_BYTES},
        {"origin", text->origin, JOB_ORIGIN_BYTES},
    };
    static const struct json_limits limits = {JOB_ARGS_BYTES, 50000};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].text.len > parts[i].most) {
            return error_set(error, IMH_REJECTED,
                             "the job's %s has %zu bytes; at most %zu are kept",
                             parts[i].what, parts[i].text.len, parts[i].most);
        }
    }
    if (*job_kind_name(job->kind) == '?') {
        return error_set(error, IMH_BROKEN, "no kind of job: %d", (int)job->kind);
    }
    if (!job_record_key_check(job_record_key(job), error)) {
        return false;
    }
    return json_check(text->args, &limits, error) ||
           error_wrap(error, "the job's arguments");
}
