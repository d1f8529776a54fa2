#include "oracle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

void oracle_breach(const struct oracle *oracle, const char *format, ...)
{
    va_list arguments;
    (void)fprintf(stderr, "simtest: %s: ", oracle->title);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(1);
}

int oracle_key(const struct job *job)
{
    int64_t key = -1;
    bool good =
        job->merge_key.len > 1 && str_to_int64(str_after(job->merge_key, 1), 0, 63, &key);
    return good ? (int)key : -1;
}

static int64_t newest_of(struct values values)
{
    int64_t newest = 0;
    for (int i = 0; i < ORACLE_FIELDS; i++) {
        newest = values.of[i] > newest ? values.of[i] : newest;
    }
    return newest;
}

void oracle_write(const struct job *job, struct values values, char args[ORACLE_ARGS_BYTES])
{
    struct text text;
    text_init(&text, ORACLE_ARGS_BYTES - 1);
    if (job->kind != JOB_RECORD) {
        text_print(&text, "%lld", (long long)newest_of(values));
    }
    for (int i = 0; job->kind == JOB_RECORD && i < ORACLE_FIELDS; i++) {
        if (values.of[i] > 0) {
            text_print(&text, "%s\"f%d\":%lld", text.len > 0 ? "," : "{", i,
                       (long long)values.of[i]);
        }
    }
    text_add_cstr(&text, job->kind == JOB_RECORD ? "}" : "");
    (void)snprintf(args, ORACLE_ARGS_BYTES, "%s", text_cstr(&text));
    text_done(&text);
}

struct values oracle_values(struct str args)
{
    struct values values = {{0}};
    struct arena arena;
    arena_init(&arena, 256, 0);
    for (int i = 0; i < ORACLE_FIELDS; i++) {
        char pointer[8];
        struct str whole = args;
        (void)snprintf(pointer, sizeof pointer, "/f%d", i);
        bool found = !str_starts(args, STR_OF("{")) ||
                     json_find(args, str_from(pointer), &arena, &whole) == JSON_INTEGER;
        (void)(found && str_to_int64(whole, 0, INT64_MAX, &values.of[i]));
    }
    arena_done(&arena);
    return values;
}

/* ---- clients ---- */

static void expect_value(struct oracle *oracle, int key, int field, int64_t value)
{
    if (value > oracle->newest_value[key][field]) {
        oracle->newest_value[key][field] = value;
        oracle->key_decided[key][field] = false;
    }
}

/* Of a record that is to go, what was to be written does not matter any more. */
static void acknowledge_key(struct oracle *oracle, int key, const struct job *job,
                            struct values values)
{
    if (job->flags & JOB_REMOVES) {
        expect_value(oracle, key, ORACLE_REMOVAL, newest_of(values));
    }
    for (int i = 0; i < ORACLE_FIELDS; i++) {
        if (job->flags & JOB_REMOVES && oracle->newest_value[key][i] < values.of[i]) {
            oracle->newest_value[key][i] = 0;
        } else if (!(job->flags & JOB_REMOVES)) {
            expect_value(oracle, key, i, values.of[i]);
        }
    }
}

void oracle_acknowledge(struct oracle *oracle, const struct queue_added *added,
                        const struct job *job, struct values values, int64_t mono_ms)
{
    struct known *known = &oracle->jobs[added->job];
    int key = oracle_key(job);
    if (known->acknowledged && !added->was_there && !added->merged) {
        oracle_breach(oracle, "I4: job %lld was made twice", (long long)added->job);
    }
    known->acknowledged = true;
    known->integration = job->integration;
    if (!added->was_there && !added->merged) {
        known->not_before_mono_ms = mono_ms;
    }
    if (!added->was_there) {
        known->value = newest_of(values);
    }
    if (key >= 0) {
        acknowledge_key(oracle, key, job, values);
    }
}

void oracle_doubt(struct oracle *oracle, const struct job *job)
{
    int key = oracle_key(job);
    for (int i = 0; key >= 0 && job->flags & JOB_REMOVES && i < ORACLE_FIELDS; i++) {
        oracle->newest_value[key][i] = 0;
    }
}

/* ---- the remote ---- */

static void check_order(const struct oracle *oracle, const struct job *job)
{
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct job *other = &oracle->dump[i];
        if (other->id == job->id || other->integration != job->integration ||
            !str_eq(other->stream, job->stream)) {
            continue;
        }
        if (other->state == JOB_RUNNING) {
            oracle_breach(oracle, "I3: job %lld starts beside %lld", (long long)job->id,
                          (long long)other->id);
        }
        if (other->id < job->id &&
            (job_is_open(other) || (job_is_shown(other) && other->ended_at_ms == 0))) {
            oracle_breach(oracle, "I3: job %lld starts before %lld, which is %s",
                          (long long)job->id, (long long)other->id,
                          job_state_name(other->state));
        }
    }
}

static void start_one(struct oracle *oracle, struct medium *medium, const struct job *job,
                      int64_t mono_ms)
{
    const struct policy policy = oracle->policy(oracle->self, job);
    struct known *known = &oracle->jobs[job->id];
    const struct job *kept = &oracle->dump[job->id - 1];
    known->starts++;
    known->tries++;
    known->runs = true;
    if (kept->state != JOB_RUNNING || kept->starts < known->starts) {
        oracle_breach(oracle, "I6: job %lld starts and is not kept as started",
                      (long long)job->id);
    }
    if (known->tries - known->unsure > policy.ladder.count + 1) {
        oracle_breach(oracle, "I6: attempt %u of job %lld", known->tries,
                      (long long)job->id);
    }
    if (known->kills >= JOB_KILLS_MOST) {
        oracle_breach(oracle, "I6: job %lld starts, which killed %u workers",
                      (long long)job->id, known->kills);
    }
    if (!(job->flags & JOB_REPEATABLE) && known->done > 0) {
        oracle_breach(oracle, "I9: job %lld starts again", (long long)job->id);
    }
    if (medium_is_held(medium, job->integration, STR_OF("")) ||
        medium_is_held(medium, job->integration, job->part)) {
        oracle_breach(oracle, "I10: job %lld is held", (long long)job->id);
    }
    if (mono_ms < known->not_before_mono_ms) {
        oracle_breach(oracle, "I10: job %lld starts %lld ms too early", (long long)job->id,
                      (long long)(known->not_before_mono_ms - mono_ms));
    }
    check_order(oracle, job);
}

void oracle_start(struct oracle *oracle, struct medium *medium,
                  const struct queue_call *call, int64_t mono_ms)
{
    for (uint32_t i = 0; i < call->count; i++) {
        const struct job *job = &call->jobs[i];
        if (call->count > 1 &&
            (job->kind != JOB_RECORD || job->flags != call->jobs->flags ||
             !str_eq(job->part, call->jobs->part))) {
            oracle_breach(oracle, "I3: jobs %lld and %lld in one call",
                          (long long)call->jobs->id, (long long)job->id);
        }
        start_one(oracle, medium, job, mono_ms);
    }
}

void oracle_do(struct oracle *oracle, const struct job *job, struct values values)
{
    struct known *known = &oracle->jobs[job->id];
    known->done++;
    known->done_value = newest_of(values);
    if (!(job->flags & JOB_REPEATABLE) && known->done > 1) {
        oracle_breach(oracle, "I9: job %lld was done twice", (long long)job->id);
    }
    for (int i = 0; known->key >= 0 && i <= ORACLE_FIELDS; i++) {
        int64_t value = i < ORACLE_FIELDS ? values.of[i] : newest_of(values);
        if (value > 0) {
            oracle->done_value[known->key][i] = value;
        }
    }
}

/* ---- people ---- */

void oracle_decide(struct oracle *oracle, int64_t id, bool discarded)
{
    struct known *known = &oracle->jobs[id];
    known->tries = known->unsure = known->kills = 0;
    known->done = 0;
    known->not_before_mono_ms = 0;
    known->decided = known->decided || discarded;
    for (int i = 0; discarded && known->key >= 0 && i <= ORACLE_FIELDS; i++) {
        oracle->key_decided[known->key][i] = true;
    }
}

/* ---- the store ---- */

static void tell(const struct oracle *oracle, const struct job *job,
                 const struct known *known)
{
    if (oracle->tells && (known->last != job->state || known->version != job->version)) {
        (void)printf("job %lld of %lld/%.*s: %d to %d, starts %u, attempts %u, kills %u, "
                     "version %u, ready %lld, ended %lld\n",
                     (long long)job->id, (long long)job->integration, STR_ARGS(job->stream),
                     (int)known->last, (int)job->state, job->starts, job->attempts,
                     job->kills, job->version, (long long)job->ready_at_ms,
                     (long long)job->ended_at_ms);
    }
}

/* A job that has just failed holds its stream, or does not, as it is configured. */
static void look_at_end(const struct oracle *oracle, const struct job *job,
                        const struct known *known)
{
    bool ended = known->last == JOB_DONE || known->last == JOB_DISCARDED;
    if (ended && job->state != known->last) {
        oracle_breach(oracle, "I2: job %lld was %s and is %s", (long long)job->id,
                      job_state_name(known->last), job_state_name(job->state));
    }
    bool holds = oracle->policy(oracle->self, job).holds;
    bool fails = job_is_shown(job) && known->last != job->state;
    if (fails && holds != (job->ended_at_ms == 0)) {
        oracle_breach(oracle, "I3: job %lld failed and does%s hold its stream",
                      (long long)job->id, holds ? " not" : "");
    }
}

static void look_at(struct oracle *oracle, const struct job *job)
{
    struct known *known = &oracle->jobs[job->id];
    look_at_end(oracle, job, known);
    if (known->acknowledged && known->integration != job->integration) {
        oracle_breach(oracle, "I5: job %lld has moved", (long long)job->id);
    }
    if (job->attempts > job->starts) {
        oracle_breach(oracle, "I6: job %lld has %u attempts and %u starts",
                      (long long)job->id, job->attempts, job->starts);
    }
    if (job_is_open(job) && job->attempts > known->tries) {
        oracle_breach(oracle, "I6: job %lld has %u attempts, and %u are known",
                      (long long)job->id, job->attempts, known->tries);
    }
    if ((job->state == JOB_RUNNING) != known->runs) {
        oracle_breach(oracle, "I8: job %lld is %s, and does%s run", (long long)job->id,
                      job_state_name(job->state), known->runs ? "" : " not");
    }
    tell(oracle, job, known);
    known->last = job->state;
    known->version = job->version;
}

static void look_at_key(const struct oracle *oracle, unsigned first)
{
    const struct job *job = &oracle->dump[first];
    for (unsigned i = first + 1; job->once_key.len > 0 && i < oracle->count; i++) {
        const struct job *other = &oracle->dump[i];
        if (other->integration == job->integration &&
            str_eq(other->once_key, job->once_key)) {
            oracle_breach(oracle, "I4: jobs %lld and %lld have one key", (long long)job->id,
                          (long long)other->id);
        }
    }
}

/* A stream has at most one active job, and one that waits behind another has that. */
static void look_at_stream(const struct oracle *oracle, unsigned first)
{
    const struct job *job = &oracle->dump[first];
    unsigned active = 0;
    unsigned behind = 0;
    unsigned holding = 0;
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct job *other = &oracle->dump[i];
        if (other->integration == job->integration && str_eq(other->stream, job->stream)) {
            active += other->state == JOB_WAITING || other->state == JOB_RUNNING;
            behind += other->state == JOB_BEHIND;
            holding += job_is_shown(other) && other->ended_at_ms == 0;
        }
    }
    if (active > 1) {
        oracle_breach(oracle, "I3: %u jobs are active in the stream of %lld", active,
                      (long long)job->id);
    }
    if (behind > 0 && active == 0 && holding == 0) {
        oracle_breach(oracle, "I7: the stream of job %lld stands still",
                      (long long)job->id);
    }
}

void oracle_read(struct oracle *oracle, struct medium *medium)
{
    unsigned before = oracle->count;
    arena_clear(&oracle->arena);
    oracle->count = medium_dump(medium, &oracle->arena, oracle->dump);
    if (oracle->count < before) {
        oracle_breach(oracle, "I1: %u jobs are gone", before - oracle->count);
    }
    for (unsigned i = 0; i < oracle->count; i++) {
        oracle->jobs[i + 1].key = oracle_key(&oracle->dump[i]);
    }
    for (unsigned id = oracle->count + 1; id <= MODEL_JOBS_MOST; id++) {
        if (oracle->jobs[id].acknowledged) {
            oracle_breach(oracle, "I1: job %u was acknowledged and is not there", id);
        }
    }
}

void oracle_look(struct oracle *oracle, struct medium *medium)
{
    oracle_read(oracle, medium);
    for (unsigned i = 0; i < oracle->count; i++) {
        if (oracle->dump[i].id != i + 1) {
            oracle_breach(oracle, "I1: job %u is missing", i + 1);
        }
        look_at(oracle, &oracle->dump[i]);
        look_at_key(oracle, i);
        if (oracle->dump[i].state == JOB_BEHIND || oracle->dump[i].state == JOB_WAITING) {
            look_at_stream(oracle, i);
        }
    }
}

void oracle_crash(struct oracle *oracle, struct medium *medium)
{
    oracle_read(oracle, medium);
    for (unsigned i = 0; i < oracle->count; i++) {
        struct known *known = &oracle->jobs[i + 1];
        uint32_t starts = oracle->dump[i].starts;
        if (known->runs && starts < known->starts) {
            oracle_breach(oracle, "I6: job %u ran and was not counted", i + 1);
        }
        /* A start that was kept, and never made: it counts, and does no harm. */
        known->tries += starts > known->starts;
        if (known->tries < oracle->dump[i].attempts) {
            known->tries = oracle->dump[i].attempts; /* people's word was not kept */
        }
        known->starts = starts;
        known->unsure += known->runs;
        known->not_before_mono_ms = known->runs ? 0 : known->not_before_mono_ms;
        known->runs = false;
    }
}

/* ---- the end ---- */

void oracle_end(const struct oracle *oracle)
{
    for (unsigned i = 0; i < oracle->count; i++) {
        const struct job *job = &oracle->dump[i];
        const struct known *known = &oracle->jobs[i + 1];
        if (job->state != JOB_DONE && job->state != JOB_DISCARDED) {
            oracle_breach(oracle, "I1: job %u is %s in the end", i + 1,
                          job_state_name(job->state));
        }
        if (known->acknowledged && job->state == JOB_DISCARDED && !known->decided &&
            job->merge_key.len == 0) {
            oracle_breach(oracle, "I1: nobody discarded job %u", i + 1);
        }
        if (job->state == JOB_DONE && known->key < 0 && known->done_value < known->value) {
            oracle_breach(oracle, "I2: job %u is done, and what it was to do is not",
                          i + 1);
        }
    }
    for (unsigned i = 0; i < 64 * (ORACLE_FIELDS + 1); i++) {
        unsigned key = i / (ORACLE_FIELDS + 1);
        unsigned field = i % (ORACLE_FIELDS + 1);
        int64_t newest = oracle->newest_value[key][field];
        int64_t done = oracle->done_value[key][field];
        if (!oracle->key_decided[key][field] && done < newest) {
            oracle_breach(oracle, "I1: field %u of record %u has value %lld, not %lld",
                          field, key, (long long)done, (long long)newest);
        }
    }
}
