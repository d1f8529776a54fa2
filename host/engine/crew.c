#include "engine/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/json.h"
#include "plugin/check.h"

static const struct backoff worker_backoff = {.first_s = 1, .most_s = 60};

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

static int64_t rest_ms(uint32_t deaths)
{
    uint32_t dice = 0;
    (void)!getrandom(&dice, sizeof dice, 0);
    return (int64_t)backoff_rest_s(&worker_backoff, deaths, dice) * 1000;
}

/* ---- imh-net ---- */

bool crew_start_net(struct supervisor *supervisor, struct error *error)
{
    struct net_process *net = &supervisor->net;
    char path[CREW_PATH_BYTES];
    char parent[16];
    int pair[2];
    if (net->channel) {
        return true;
    }
    int64_t rest = net->rest_until_ms - now_ms();
    if (rest > 0) {
        (void)error_set(error, IMH_RETRY, "imh-net has died; it is started again in %d s",
                        (int)((rest + 999) / 1000));
        return false;
    }
    crew_program(supervisor, "imh-net", path);
    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    const char *const arguments[] = {path, parent, NULL};
    if (!channel_pair(pair, error)) {
        return false;
    }
    if (!process_start(&net->process, arguments, &pair[1], 1, -1, error)) {
        (void)close(pair[0]);
        return false;
    }
    net->channel = channel_make(pair[0], false);
    if (!net->channel) {
        process_end(&net->process);
        return error_set(error, IMH_RETRY, "no memory to start imh-net");
    }
    channel_wipe(net->channel); /* secrets go through it */
    channel_gather(net->channel);
    figures_count(supervisor->settings.figures, FIGURE_NET_STARTS);
    return true;
}

void crew_end_net(struct supervisor *supervisor, const char *why)
{
    struct net_process *net = &supervisor->net;
    log_error(supervisor->settings.log, "imh-net ended", "how", why, NULL);
    channel_free(net->channel);
    net->channel = NULL;
    process_end(&net->process);
    crew_forget_told(&net->remotes);
    net->rest_until_ms = now_ms() + rest_ms(++net->deaths);
}

/* ---- starting a worker ---- */

/* A job waits meanwhile, and is not spent. */
static bool refuse_quarantined(const struct worker_process *worker, struct error *error)
{
    int64_t left_ms = worker->quarantine.until_ms - now_ms();
    (void)error_set(
        error, IMH_WAIT,
        "the plugin '%s' is in quarantine%s%s, as it died %d times within %d minutes "
        "(%s): mend or replace it; it is tried again in %d min",
        worker->plugin, worker->owner ? " for " : "", worker->owner ? worker->owner : "",
        QUARANTINE_DEATHS, QUARANTINE_WITHIN_MS / 60000, worker->last_death,
        (int)((left_ms + 59999) / 60000));
    error->after_s = (uint32_t)(left_ms / 1000) + 1;
    return false;
}

static bool refuse_start(struct worker_process *worker, struct error *error)
{
    if (worker->state == WORKER_REFUSED) {
        return error_set(error, IMH_BROKEN, "%s", text_cstr(&worker->refusal));
    }
    if (worker->quarantine.until_ms != 0) {
        return refuse_quarantined(worker, error);
    }
    int64_t rest = worker->rest_until_ms - now_ms();
    if (rest > 0) {
        return error_set(error, IMH_RETRY,
                         "the plugin '%s' has died (%s); it is started again in %d s",
                         worker->plugin, worker->last_death, (int)((rest + 999) / 1000));
    }
    return true;
}

/* Looks at the plugin's file: another one gets another chance, at once. */
static bool find_plugin(struct supervisor *supervisor, struct worker_process *worker,
                        char *path, struct error *error)
{
    if (!crew_find_file(supervisor, worker->plugin, path)) {
        return error_set(error, IMH_BROKEN, "there is no plugin '%s' in %s", worker->plugin,
                         supervisor->settings.plugins);
    }
    bool held = worker->quarantine.until_ms != 0;
    worker->file = path_mark(path);
    if (held && !quarantine_holds(&worker->quarantine, &worker->file, now_ms())) {
        worker->deaths = 0;
        worker->rest_until_ms = 0;
        log_notice(supervisor->settings.log, "plugin out of quarantine", "plugin",
                   worker->plugin, NULL);
    }
    return true;
}

int64_t crew_rests_until(const struct supervisor *supervisor,
                         const struct worker_process *worker)
{
    int64_t net_ms = supervisor->net.channel ? 0 : supervisor->net.rest_until_ms;
    if (worker->state != WORKER_RESTING) {
        return 0;
    }
    return worker->rest_until_ms > net_ms ? worker->rest_until_ms : net_ms;
}

bool crew_start_worker(struct supervisor *supervisor, struct worker_process *worker,
                       struct error *error)
{
    char path[CREW_PATH_BYTES];
    if (worker->state == WORKER_STARTING || worker->state == WORKER_READY) {
        return true;
    }
    if (!find_plugin(supervisor, worker, path, error) || !refuse_start(worker, error) ||
        !crew_has_room(supervisor, worker, error) || !crew_start_net(supervisor, error)) {
        return false;
    }
    if (!crew_launch(supervisor, worker, path, error)) {
        channel_free(worker->channel);
        worker->channel = NULL;
        echo_close(&worker->echo, supervisor->settings.log, worker->plugin);
        return false;
    }
    worker->state = WORKER_STARTING;
    worker->since_ms = now_ms();
    figures_count(supervisor->settings.figures, FIGURE_WORKER_STARTS);
    return true;
}

/* ---- ending a worker ---- */

/* Without waiting for its end: others have calls meanwhile. */
static void let_die(struct supervisor *supervisor, struct process *process,
                    int64_t grace_ms)
{
    struct dying *dying = process->pid > 0 ? calloc(1, sizeof *dying) : NULL;
    if (!dying) {
        process_end(process);
        return;
    }
    if (grace_ms == 0) {
        process_kill(process);
    }
    *dying = (struct dying){.next = supervisor->dying,
                            .process = *process,
                            .kill_ms = grace_ms > 0 ? now_ms() + grace_ms : 0};
    supervisor->dying = dying;
    *process = (struct process){.pidfd = -1};
}

void crew_bury(struct supervisor *supervisor)
{
    struct dying **at = &supervisor->dying;
    while (*at) {
        struct dying *dying = *at;
        char how[160];
        if (dying->kill_ms > 0 && now_ms() >= dying->kill_ms) {
            process_kill(&dying->process);
            dying->kill_ms = 0;
        }
        if (process_reap(&dying->process, how, sizeof how)) {
            *at = dying->next;
            free(dying);
        } else {
            at = &dying->next;
        }
    }
}

/* It is not running any more. */
void crew_stop_worker(struct supervisor *supervisor, struct worker_process *worker,
                      int64_t grace_ms)
{
    channel_free(worker->channel);
    worker->channel = NULL;
    worker->more = false;
    worker->lost_ms = 0;
    let_die(supervisor, &worker->process, grace_ms);
    echo_close(&worker->echo, supervisor->settings.log, worker->plugin);
    if (worker->has_thread) {
        (void)pthread_join(worker->thread, NULL);
        worker->has_thread = false;
    }
    crew_forget_told(&worker->instances);
    if (worker->state != WORKER_REFUSED) {
        worker->state = WORKER_RESTING;
    }
}

void crew_end_worker(struct supervisor *supervisor, struct worker_process *worker,
                     const char *how, bool own_fault)
{
    const struct log *log = supervisor->settings.log;
    bool healthy =
        worker->state == WORKER_READY && now_ms() - worker->since_ms > HEALTHY_MS;
    crew_stop_worker(supervisor, worker, 0);
    if (worker->state == WORKER_REFUSED) {
        return;
    }
    figures_count(supervisor->settings.figures, FIGURE_WORKER_DEATHS);
    worker->deaths = healthy ? 1 : worker->deaths + 1;
    worker->rest_until_ms = now_ms() + rest_ms(worker->deaths);
    (void)snprintf(worker->last_death, sizeof worker->last_death, "%s", how);
    log_warning(log, "worker ended", "plugin", worker->plugin, "how", how, NULL);
    if (own_fault && quarantine_death(&worker->quarantine, &worker->file, now_ms())) {
        worker->rest_until_ms = worker->quarantine.until_ms;
        figures_count(supervisor->settings.figures, FIGURE_QUARANTINES);
        log_error(log, "plugin in quarantine", "plugin", worker->plugin, "of",
                  worker->owner ? worker->owner : "all", "how", how, "so",
                  "mend or replace it; it is tried again in an hour", NULL);
    }
}

/* ---- what a worker says about itself ---- */

/* The worker checked this already; but who believes a worker? */
static bool take_descriptor(struct worker_process *worker, struct str json)
{
    struct error error;
    struct descriptor *descriptor = json_check(json, &json_limits_input, &error)
                                        ? descriptor_from_json(json, &error)
                                        : NULL;
    text_clear(&worker->refusal);
    if (!descriptor) {
        text_add_cstr(&worker->refusal, error.text);
        return false;
    }
    if (!check_descriptor(descriptor, &worker->refusal)) {
        descriptor_free(descriptor);
        return false;
    }
    if (worker->descriptor) {
        descriptor_free(descriptor); /* others hold the first one: a file replaced meanwhile
                                        is taken at the next start of the host */
    } else {
        worker->descriptor = descriptor;
    }
    return true;
}

bool crew_introduced(struct supervisor *supervisor, struct worker_process *worker,
                     const struct frame *frame)
{
    struct outcome outcome;
    if (worker->state != WORKER_STARTING) {
        return false;
    }
    worker->state = WORKER_REFUSED;
    if (frame->kind == MESSAGE_DESCRIPTOR) {
        if (take_descriptor(worker, frame->payload)) {
            worker->state = WORKER_READY;
            worker->since_ms = now_ms();
            log_debug(supervisor->settings.log, "worker ready", "plugin", worker->plugin,
                      NULL);
        }
        return true;
    }
    if (frame->kind != MESSAGE_REFUSED || !outcome_get(frame->payload, &outcome)) {
        worker->state = WORKER_STARTING;
        return false;
    }
    text_clear(&worker->refusal);
    text_add(&worker->refusal, outcome.text);
    return true;
}

/* ---- the end ---- */

/* Time to end by itself: its plugin's instances are destroyed, its leaks are reported. */
static void let_end(const struct supervisor *supervisor, struct process *process,
                    const char *name)
{
    enum { GRACE_MS = 1000 };
    struct pollfd fd = {.fd = process->pidfd, .events = POLLIN};
    char how[160] = "";
    if (process->pid > 0 && poll(&fd, 1, GRACE_MS) > 0 &&
        process_reap(process, how, sizeof how) &&
        strcmp(how, "exited with status 0") != 0) {
        log_error(supervisor->settings.log, "process ended badly", "process", name, "how",
                  how, NULL);
    }
    process_end(process);
}

void crew_free_worker(const struct supervisor *supervisor, struct worker_process *worker)
{
    if (worker->has_thread) {
        (void)pthread_join(worker->thread, NULL);
    }
    let_end(supervisor, &worker->process, worker->plugin);
    echo_close(&worker->echo, supervisor->settings.log, worker->plugin);
    crew_forget_told(&worker->instances);
    descriptor_free(worker->descriptor);
    text_done(&worker->refusal);
    free(worker->plugin);
    free(worker->owner);
    free(worker);
}

void crew_free(struct supervisor *supervisor)
{
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        channel_free(at->channel);
        at->channel = NULL;
    }
    while (supervisor->workers) {
        struct worker_process *worker = supervisor->workers;
        supervisor->workers = worker->next;
        crew_free_worker(supervisor, worker);
    }
    while (supervisor->dying) {
        struct dying *dying = supervisor->dying;
        supervisor->dying = dying->next;
        process_end(&dying->process);
        free(dying);
    }
    channel_free(supervisor->net.channel);
    let_end(supervisor, &supervisor->net.process, "imh-net");
    crew_forget_told(&supervisor->net.remotes);
    crew_forget_told(&supervisor->expected);
}
