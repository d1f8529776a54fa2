#include "engine/deliver.h"

#include "base/json.h"
#include "engine/deliver_inside.h"
#include "engine/fit.h"
#include "engine/stream.h"

enum { BATCH_MOST = 100, RESULT_BYTES = 4096 };

/* ---- new ones ---- */

static bool may_be(const imh_entity *entity, const struct record_wanted *record,
                   struct error *error)
{
    if (record->key.len == 0 || record->key.len > DELIVER_KEY_BYTES) {
        return error_set(error, IMH_REJECTED, "the key of a record has 1 to %d bytes",
                         DELIVER_KEY_BYTES);
    }
    if (!job_record_key_check(record->key, error)) {
        return false;
    }
    if (!record->removes) {
        return fit_fields(entity, record->fields, error);
    }
    return entity->flags & IMH_REMOVES ||
           error_set(error, IMH_REJECTED, "records '%s' cannot be removed", entity->name);
}

static bool write_names(const struct served *served, const imh_entity *entity,
                        struct str key, struct text *stream, struct text *merge_key)
{
    text_clear(stream);
    text_clear(merge_key);
    if (!served->integration->strict_order) {
        stream_add_text(stream, key);
    }
    text_print(merge_key, "%s/", entity->name);
    text_add(merge_key, key);
    return !stream->failed && !merge_key->failed;
}

struct draft {
    struct arena arena;
    struct text stream, merge_key;
    struct job *jobs;
    struct job_text *texts;
};

static bool draft_one(struct draft *draft, const struct served *served,
                      const imh_entity *entity, const struct records_wanted *wanted,
                      uint32_t place, struct error *error)
{
    const struct record_wanted *record = &wanted->items[place];
    struct job *job = &draft->jobs[place];
    if (!may_be(entity, record, error)) {
        return false;
    }
    bool named =
        write_names(served, entity, record->key, &draft->stream, &draft->merge_key);
    *job =
        (struct job){.integration = served->id,
                     .kind = JOB_RECORD,
                     .flags = (entity->flags & IMH_REWRITES ? JOB_REPEATABLE : 0) |
                              (record->removes ? JOB_REMOVES : 0),
                     .part = wanted->entity,
                     .stream = arena_copy(&draft->arena, text_str(&draft->stream)),
                     .merge_key = arena_copy(&draft->arena, text_str(&draft->merge_key))};
    draft->texts[place] = (struct job_text){
        .args = record->removes ? STR_OF("{}") : record->fields, .origin = wanted->origin};
    return (named && job->stream.ptr && job->merge_key.ptr) ||
           error_set(error, IMH_RETRY, "no memory for a record");
}

static bool draft_all(struct draft *draft, const struct served *served,
                      const struct records_wanted *wanted, uint32_t *at,
                      struct error *error)
{
    const imh_entity *entity =
        fit_entity(served->descriptor, served->identifier, wanted->entity, error);
    draft->jobs = arena_zero(&draft->arena, wanted->count, sizeof *draft->jobs);
    draft->texts = arena_zero(&draft->arena, wanted->count, sizeof *draft->texts);
    if (!draft->jobs || !draft->texts) {
        return error_set(error, IMH_RETRY, "no memory for %u records", wanted->count);
    }
    for (*at = 0; entity && *at < wanted->count; ++*at) {
        if (!draft_one(draft, served, entity, wanted, *at, error)) {
            return false;
        }
    }
    return entity != NULL;
}

static bool add_all(struct deliver *deliver, struct served *served,
                    const struct draft *draft, uint32_t count, struct records_made *made,
                    struct error *error)
{
    struct adding *adding = adding_make(deliver->settings.clock, &served->policies,
                                        draft->jobs, draft->texts, count);
    if (!adding) {
        return error_set(error, IMH_RETRY, "no memory for %u records", count);
    }
    bool good = store_do(deliver->settings.store, &adding->step.work, error);
    made->at = adding->at;
    if (good) {
        for (uint32_t i = 0; i < count; i++) {
            made->merged += adding->added[i].merged;
            served->figures.accepted += !adding->added[i].merged;
        }
        made->job = adding->added[count - 1].job;
        turns_ready(deliver->turns, served->id, adding->ready_ms);
    }
    step_free(&adding->step);
    return good;
}

bool deliver_records(struct deliver *deliver, const struct records_wanted *wanted,
                     struct records_made *made, struct error *error)
{
    struct served *served =
        deliver_at_work(deliver, wanted->account, wanted->identifier, error);
    struct draft draft = {.jobs = NULL};
    *made = (struct records_made){.job = 0};
    if (!served || wanted->count == 0) {
        return served != NULL;
    }
    arena_init(&draft.arena, 64 << 10, 0);
    text_init(&draft.stream, JOB_STREAM_BYTES);
    text_init(&draft.merge_key, JOB_KEY_BYTES);
    bool good = draft_all(&draft, served, wanted, &made->at, error) &&
                add_all(deliver, served, &draft, wanted->count, made, error);
    text_done(&draft.stream);
    text_done(&draft.merge_key);
    arena_done(&draft.arena);
    return good;
}

/* ---- calls ---- */

static uint32_t batch_of(const imh_entity *entity)
{
    uint32_t most = entity->batch_max > 0 ? entity->batch_max : BATCH_MOST;
    return most < MESSAGE_RECORDS_MOST ? most : MESSAGE_RECORDS_MOST;
}

/* Thread: store; the table is the taking's own. */
static uint32_t batch_most(void *self, const struct job *job)
{
    const struct taking *taking = self;
    for (uint32_t i = 0; i < taking->batch_count; i++) {
        if (str_eq(taking->batches[i].entity, job->part)) {
            return taking->batches[i].most;
        }
    }
    return 1;
}

bool deliver_set_batches(struct taking *taking, const struct descriptor *descriptor)
{
    struct arena *arena = &taking->step.arena;
    uint32_t count = descriptor->entity_count;
    if (count == 0) {
        return true;
    }
    taking->batches = arena_zero(arena, count, sizeof *taking->batches);
    for (uint32_t i = 0; taking->batches && i < count; i++) {
        const imh_entity *entity = &descriptor->entities[i];
        taking->batches[i] =
            (struct batch){arena_copy(arena, str_from(entity->name)), batch_of(entity)};
        taking->batch_count += taking->batches[i].entity.ptr != NULL;
    }
    taking->take.batch_most = batch_most;
    taking->take.self = taking;
    return taking->batch_count == count;
}

static struct str kept(struct run *run, struct str text)
{
    struct str copy = arena_copy(&run->taking->step.arena, text);
    return copy.ptr ? copy : STR_OF("");
}

static struct str write_result(struct run *run, const struct call_done *done)
{
    struct text json;
    struct str result = STR_OF("");
    if (done->outcome.status != IMH_OK || (done->id.len == 0 && done->version.len == 0)) {
        return result;
    }
    text_init(&json, RESULT_BYTES);
    text_add_cstr(&json, "{\"id\":");
    json_add_string(&json, done->id);
    text_add_cstr(&json, ",\"version\":");
    json_add_string(&json, done->version);
    text_add_cstr(&json, "}");
    result = json.failed ? result : kept(run, text_str(&json));
    text_done(&json);
    return result;
}

static void take_done(void *self, const struct call_done *done)
{
    struct run *run = self;
    run->ends[done->index] = (struct record_end){.told = true,
                                                 .status = done->outcome.status,
                                                 .words = kept(run, done->outcome.text),
                                                 .result = write_result(run, done)};
}

void deliver_run_records(struct run *run)
{
    const struct queue_call *call = run->call;
    const struct served *served = run->served;
    struct arena *arena = &run->taking->step.arena;
    bool removes = call->jobs[0].flags & JOB_REMOVES;
    int entity = descriptor_entity(served->descriptor, call->jobs[0].part);
    struct call_record *records = arena_zero(arena, call->count, sizeof *records);
    run->ends = arena_zero(arena, call->count, sizeof *run->ends);
    if (entity < 0 || !records || !run->ends) {
        deliver_drop(run, entity < 0 ? IMH_REJECTED : IMH_CANCELED,
                     entity < 0 ? "the plugin has no such entity any more"
                                : "no memory for the call");
        return;
    }
    for (uint32_t i = 0; i < call->count; i++) {
        records[i] = (struct call_record){.key = job_record_key(&call->jobs[i]),
                                          .id = STR_OF(""),
                                          .version = STR_OF(""),
                                          .data = call->texts[i].args};
        records[i].data = removes ? STR_OF("") : records[i].data;
    }
    struct call_order order = {.kind = removes ? CALL_REMOVE : CALL_UPSERT,
                               .records = records,
                               .record_count = call->count,
                               .entity = (uint32_t)entity};
    const struct call_watcher watcher = {
        .self = run, .done = take_done, .end = deliver_end};
    supervisor_call(served->supervisor, served->integration, &order, DELIVER_TIME_MS,
                    &watcher);
}
