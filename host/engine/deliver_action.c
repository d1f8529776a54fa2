#include "engine/deliver.h"

#include "engine/builtin.h"
#include "engine/deliver_inside.h"

static void take_result(void *self, struct str json)
{
    struct run *run = self;
    text_clear(&run->result);
    text_add(&run->result, json);
}

/* One of the host's own. */
static void start_chore(struct run *run, const struct call_watcher *watcher, struct str key)
{
    const struct served *served = run->served;
    struct str kept = arena_copy(&run->taking->step.arena, key);
    const struct chore_wanted wanted = {.supervisor = served->supervisor,
                                        .integration = served->integration,
                                        .queue_number = served->id,
                                        .args = run->call->texts[0].args,
                                        .key = kept,
                                        .origin = run->call->texts[0].origin};
    if (kept.ptr) {
        chores_start(run->deliver->chores, &wanted, watcher);
    } else {
        deliver_drop(run, IMH_RETRY, "no memory for a job");
    }
}

void deliver_run_action(struct run *run)
{
    const struct job *job = &run->call->jobs[0];
    const struct served *served = run->served;
    char key[JOB_COMMAND_KEY_BYTES];
    int action = descriptor_action(served->descriptor, job->part);
    if (action < 0) {
        deliver_drop(run, IMH_REJECTED, "the plugin has no such action any more");
        return;
    }
    job_command_key(job, text_str(&run->deliver->name), key);
    struct call_order order = {.kind = CALL_RUN,
                               .action = {.action = (uint32_t)action,
                                          .args = run->call->texts[0].args,
                                          .key = str_from(key)}};
    const struct call_watcher watcher = {
        .self = run, .result = take_result, .end = deliver_end};
    if (builtin_descriptor(served->integration->plugin)) {
        start_chore(run, &watcher, str_from(key));
        return;
    }
    supervisor_call(served->supervisor, served->integration, &order, DELIVER_TIME_MS,
                    &watcher);
}
