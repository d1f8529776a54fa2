#include "engine/supervisor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cage.h"
#include "engine/builtin.h"
#include "engine/distant.h"
#include "engine/flight.h"
#include "engine/posting.h"
#include "engine/supervisor_said.h"

/* What this kernel can do for us. */
static bool can_cage(const struct supervisor_settings *settings, struct error *error)
{
    if (settings->in_process) {
        return true;
    }
    if (!cage_limits_files()) {
        log_notice(settings->log, "no Landlock in this kernel", "so",
                   "while a plugin is loaded it can read what we can read", NULL);
    }
    return cage_is_possible(error);
}

struct supervisor *supervisor_make(const struct supervisor_settings *settings,
                                   struct error *error)
{
    if (!can_cage(settings, error)) {
        return NULL;
    }
    OWN(supervisor) supervisor = calloc(1, sizeof *supervisor);
    if (!supervisor) {
        (void)error_set(error, IMH_RETRY, "no memory");
        return NULL;
    }
    supervisor->settings = *settings;
    supervisor->net.process.pidfd = -1;
    return crew_start_net(supervisor, error) ? GIVE(supervisor) : NULL;
}

struct supervisor *supervisor_join(const struct supervisor_settings *settings, int daemon,
                                   struct error *error)
{
    struct supervisor *supervisor = calloc(1, sizeof *supervisor);
    struct distant *distant = distant_make(daemon);
    if (!supervisor || !distant) {
        distant_free(distant);
        free(supervisor);
        (void)error_set(error, IMH_RETRY, "no memory");
        return NULL;
    }
    supervisor->settings = *settings;
    supervisor->distant = distant;
    supervisor->net.process.pidfd = -1;
    return supervisor;
}

void supervisor_free(struct supervisor *supervisor)
{
    if (!supervisor) {
        return;
    }
    distant_free(supervisor->distant);
    while (supervisor->flights) {
        struct flight *flight = supervisor->flights;
        supervisor->flights = flight->next;
        flight_free(flight);
    }
    posting_free_all(supervisor);
    crew_free(supervisor);
    free(supervisor);
}

bool supervisor_is_lost(const struct supervisor *supervisor)
{
    return supervisor->distant && distant_is_lost(supervisor->distant);
}

bool supervisor_is_busy(const struct supervisor *supervisor)
{
    return supervisor->distant ? distant_is_busy(supervisor->distant)
                               : supervisor->flights || supervisor->postings;
}

void supervisor_expect(struct supervisor *supervisor, const struct integration *integration)
{
    if (!supervisor->distant) {
        crew_expect(supervisor, integration);
    }
}

void supervisor_call(struct supervisor *supervisor, const struct integration *integration,
                     struct call_order *order, int64_t time_ms,
                     const struct call_watcher *watcher)
{
    struct flight **last = &supervisor->flights;
    if (supervisor->distant) {
        distant_call(supervisor->distant, integration, order, time_ms, watcher);
        return;
    }
    struct flight *flight = flight_make(supervisor, integration, order, time_ms, watcher);
    if (!flight) {
        struct outcome outcome = {.status = IMH_RETRY,
                                  .text = STR_OF("no memory for a call")};
        struct spent spent = {0};
        watcher->end(watcher->self, &outcome, &spent);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = flight;
    flight_start(supervisor, flight);
}

void supervisor_state(struct supervisor *supervisor, uint64_t call,
                      const struct state_answer *answer)
{
    flight_state(supervisor, call, answer);
}

void supervisor_changed(struct supervisor *supervisor,
                        const struct integration *integration)
{
    crew_tell_change(supervisor, integration);
}

/* ---- deaths and deadlines ---- */

static void end_worker(struct supervisor *supervisor, struct worker_process *worker,
                       const char *how)
{
    char why[2 * ERROR_TEXT_BYTES];
    (void)snprintf(why, sizeof why, "the plugin '%s' ended, tell its maker: %s",
                   worker->plugin, how);
    crew_end_guilty(supervisor, worker, how);
    if (worker->state != WORKER_REFUSED) { /* else flight_start() knows a better reason */
        flight_end_all(supervisor, worker, IMH_RETRY, str_from(why));
    }
}

/* The workers lose their way out with it, so they end too. */
static void end_net(struct supervisor *supervisor, const char *how)
{
    char why[ERROR_TEXT_BYTES];
    imh_status status = supervisor->is_cut ? IMH_CANCELED : IMH_RETRY;
    (void)snprintf(why, sizeof why, "imh-net ended: %s",
                   supervisor->is_cut ? "imh ends" : how);
    crew_end_net(supervisor, how);
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        if (at->channel) {
            crew_end_worker(supervisor, at, why, false);
        }
    }
    flight_end_all(supervisor, NULL, status, str_from(why));
    posting_end_all(supervisor, status, why);
}

/* Its last words are read before it is found to be gone: which calls may have done
 * something over there. */
void supervisor_cut(struct supervisor *supervisor)
{
    supervisor->is_cut = true;
    process_kill(&supervisor->net.process);
}

/* The limit of the kernel counts all threads of a user, and none of root's: here each
 * worker is counted by itself. Its memory has room for no more threads of the usual size.
 */
static void watch_threads(struct supervisor *supervisor, struct worker_process *worker)
{
    if (worker->channel && process_threads(&worker->process) > THREADS_MOST) {
        end_worker(supervisor, worker, "it has more than 300 threads");
    }
}

static void watch_processors(struct supervisor *supervisor, struct worker_process *worker)
{
    if (worker->channel && confine_watch(&worker->confine, worker->process.pid,
                                         clock_mono_ms(&clock_real) * 1000)) {
        log_notice(supervisor->settings.log, "worker confined to one processor", "plugin",
                   worker->plugin, NULL);
    }
}

/* Asks a call that is past its deadline to end; one that does not is ended with its worker,
 * and so is a worker that does not come up, and an imh-net that does not answer. */
static void watch_flight(struct supervisor *supervisor, struct flight *flight, int64_t now)
{
    if (flight_hangs(flight, now)) {
        end_worker(supervisor, flight->worker, "its create() did not end within 1 s");
    }
    if (now < flight->deadline_ms) {
        return;
    }
    if (flight->state == FLIGHT_WAITING) {
        end_worker(supervisor, flight->worker, "it did not start within 10 s");
    } else if (flight->state == FLIGHT_ENDING) {
        end_net(supervisor, "it does not answer any more");
    } else if (flight->state == FLIGHT_RUNNING && !flight->canceled) {
        flight->canceled = true;
        (void)channel_send(flight->worker->channel, MESSAGE_CANCEL, flight->id, NULL, -1);
    }
    if (flight->state == FLIGHT_RUNNING && now >= flight->deadline_ms + OVERSTAY_MS) {
        end_worker(supervisor, flight->worker, "a call did not end in its time");
    }
}

static void watch_deadlines(struct supervisor *supervisor)
{
    int64_t now = clock_mono_ms(&clock_real);
    for (struct flight *flight = supervisor->flights; flight; flight = flight->next) {
        watch_flight(supervisor, flight, now);
    }
}

/* ---- reading ---- */

/* It hung up, most often because it is ending, which is seen, and named, by
 * watch_process(), or because imh-net has ended. What lives on without its connections is
 * ended a moment later.
 */
static void lose_worker(struct worker_process *worker, const char *why)
{
    enum { DYING_MS = 100 };
    if (worker->lost_ms == 0) {
        worker->lost_ms = clock_mono_ms(&clock_real) + DYING_MS;
        worker->lost = why;
    }
}

static void take_frame(struct supervisor *supervisor, struct worker_process *worker,
                       const struct frame *frame)
{
    const char *wrong = NULL;
    if (frame->kind != MESSAGE_DESCRIPTOR && frame->kind != MESSAGE_REFUSED) {
        wrong = flight_frame(supervisor, worker, frame);
    } else if (!crew_introduced(supervisor, worker, frame)) {
        wrong = FLIGHT_LIES;
    }
    if (wrong) {
        end_worker(supervisor, worker, wrong);
    }
}

/* So many frames at a time: who floods us waits for the others. */
static void read_worker(struct supervisor *supervisor, struct worker_process *worker)
{
    enum { FRAMES_A_TURN = 200 };
    struct frame frame;
    enum channel_state state = CHANNEL_FRAME;
    for (unsigned i = 0; i < FRAMES_A_TURN && state == CHANNEL_FRAME && worker->channel;
         i++) {
        state = channel_receive(worker->channel, &frame);
        if (state == CHANNEL_FRAME) {
            take_frame(supervisor, worker, &frame);
        }
    }
    worker->more = worker->channel && state == CHANNEL_FRAME;
    if (worker->channel && channel_is_foul(worker->channel)) {
        end_worker(supervisor, worker, "it sent what is no message");
    } else if (worker->channel &&
               (state == CHANNEL_CLOSED || !crew_flush(supervisor, worker))) {
        lose_worker(worker, "it closed its connection");
    }
}

/* imh-net cut a worker off, for what it said or because it hung up. One that is dead
 * already, or another by now, is not meant. */
static bool take_lost(struct supervisor *supervisor, const struct frame *frame)
{
    struct outcome outcome;
    char why[ERROR_TEXT_BYTES];
    struct worker_process *worker = supervisor->workers;
    if (!outcome_get(frame->payload, &outcome)) {
        return false;
    }
    while (worker && !(worker->id == frame->id && worker->channel)) {
        worker = worker->next;
    }
    (void)snprintf(why, sizeof why, "%.*s", STR_ARGS(outcome.text));
    if (worker && outcome.status == IMH_BROKEN) {
        end_worker(supervisor, worker, why);
    } else if (worker) {
        lose_worker(worker, "it closed its connection to imh-net");
    }
    return true;
}

static bool take_unsafe(struct supervisor *supervisor, const struct frame *frame)
{
    posting_unsafe(supervisor, frame->id);
    return flight_unsafe(supervisor, frame);
}

static bool take_from_net(struct supervisor *supervisor, const struct frame *frame)
{
    static const struct {
        uint32_t kind;
        bool (*take)(struct supervisor *supervisor, const struct frame *frame);
    } takers[] = {
        {MESSAGE_SPENT, flight_spent},        {MESSAGE_UNSAFE, take_unsafe},
        {MESSAGE_MAILED, posting_mailed},     {MESSAGE_SECRET, supervisor_take_secret},
        {MESSAGE_REST, supervisor_take_rest}, {MESSAGE_LOST, take_lost}};
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (takers[i].kind == frame->kind) {
            return takers[i].take(supervisor, frame);
        }
    }
    return false;
}

static void read_net(struct supervisor *supervisor)
{
    struct net_process *net = &supervisor->net;
    struct frame frame;
    enum channel_state state;
    bool good = true;
    while (good && (state = channel_receive(net->channel, &frame)) == CHANNEL_FRAME) {
        good = take_from_net(supervisor, &frame);
    }
    if (!good || state == CHANNEL_CLOSED || !channel_flush(net->channel)) {
        end_net(supervisor, "it closed its connection");
    }
}

/* A worker whose imh-net ended does so, too, and not by its own fault. */
static void see_end(struct supervisor *supervisor, struct worker_process *worker,
                    const char *how)
{
    if (supervisor->net.channel) {
        read_net(supervisor);
    }
    if (worker->channel) {
        end_worker(supervisor, worker, how);
    }
}

/* An imh-net that is being killed closes its connections one by one: a worker may see it,
 * and be gone, before we do. Such a worker ends as well as can be, and is not blamed yet.
 */
static void watch_process(struct supervisor *supervisor, struct worker_process *worker)
{
    enum { NET_DYING_MS = 500 };
    static const char well[] = "exited with status 0";
    char how[160];
    if (!process_reap(&worker->process, how, sizeof how)) {
        return;
    }
    if (supervisor->net.channel && strcmp(how, well) == 0) {
        worker->lost_ms = clock_mono_ms(&clock_real) + NET_DYING_MS;
        worker->lost = well;
    } else {
        see_end(supervisor, worker, how);
    }
}

static void watch_lost(struct supervisor *supervisor, struct worker_process *worker)
{
    if (worker->channel && worker->lost_ms > 0 &&
        clock_mono_ms(&clock_real) >= worker->lost_ms) {
        see_end(supervisor, worker, worker->lost);
    }
}

/* ---- one turn ---- */

_Static_assert(SUPERVISOR_FDS_MOST == 4 * WORKERS_MOST + 1, "room for all of them");

/* What poll() looks at. */
struct waiting {
    struct pollfd *fds;
    unsigned count;
};

static bool has_more(const struct supervisor *supervisor)
{
    const struct worker_process *worker = supervisor->workers;
    while (worker && !worker->more) {
        worker = worker->next;
    }
    return worker != NULL;
}

/* While calls are under way the workers are looked after; frames that came are read now. */
static int64_t until_deadline(const struct supervisor *supervisor, int64_t wait_ms)
{
    int64_t now = clock_mono_ms(&clock_real);
    if (has_more(supervisor)) {
        return 0;
    }
    if (supervisor->flights && wait_ms > WATCH_MS) {
        wait_ms = WATCH_MS;
    }
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        wait_ms = crew_wait_ms(at, now, wait_ms);
    }
    for (const struct flight *flight = supervisor->flights; flight; flight = flight->next) {
        int64_t left = flight_due_ms(supervisor, flight) - now;
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    return wait_ms < 0 ? 0 : wait_ms;
}

static void tell_ended(struct supervisor *supervisor)
{
    struct flight **at = &supervisor->flights;
    while (*at) {
        struct flight *flight = *at;
        if (flight->state != FLIGHT_OVER) {
            at = &flight->next;
            continue;
        }
        struct outcome outcome = {.status = flight->outcome.status,
                                  .after_s = flight->outcome.after_s,
                                  .text = str_from(flight->outcome.text)};
        *at = flight->next;
        flight->spent.died = flight->died;
        figures_call(supervisor->settings.figures, flight->kind,
                     clock_mono_ms(&clock_real) - flight->since_ms, &flight->spent);
        flight->watcher.end(flight->watcher.self, &outcome, &flight->spent);
        flight_free(flight);
        at = &supervisor->flights; /* the watcher may have started others */
    }
    posting_tell_ended(supervisor);
}

static void start_waiting(struct supervisor *supervisor)
{
    for (struct flight *flight = supervisor->flights; flight; flight = flight->next) {
        flight_start(supervisor, flight);
    }
}

static void add_file(struct waiting *waiting, int fd, short events)
{
    if (fd >= 0 && waiting->count < SUPERVISOR_FDS_MOST) {
        waiting->fds[waiting->count++] = (struct pollfd){.fd = fd, .events = events};
    }
}

static void add_channel(struct waiting *waiting, const struct channel *channel)
{
    add_file(waiting, channel_fd(channel), channel_events(channel));
}

unsigned supervisor_fds(const struct supervisor *supervisor, struct pollfd *fds,
                        int64_t *wait_ms)
{
    struct waiting waiting = {.fds = fds};
    int64_t now = clock_mono_ms(&clock_real);
    if (supervisor->net.channel) {
        (void)channel_flush(supervisor->net.channel);
        add_channel(&waiting, supervisor->net.channel);
    }
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        if (at->channel && at->lost_ms == 0) {
            (void)crew_flush(supervisor, at);
            add_channel(&waiting, at->channel);
        }
        add_file(&waiting, at->process.pidfd, POLLIN);
        add_file(&waiting, echo_fd(&at->echo, now), POLLIN);
    }
    for (const struct dying *at = supervisor->dying; at; at = at->next) {
        add_file(&waiting, at->process.pidfd, POLLIN);
    }
    *wait_ms = until_deadline(supervisor, *wait_ms);
    return waiting.count;
}

static void wait_for_something(struct supervisor *supervisor, int64_t wait_ms)
{
    struct pollfd fds[SUPERVISOR_FDS_MOST];
    unsigned count = supervisor_fds(supervisor, fds, &wait_ms);
    (void)poll(fds, count, (int)wait_ms);
}

void supervisor_turn(struct supervisor *supervisor, int64_t wait_ms)
{
    if (supervisor->distant) {
        distant_turn(supervisor->distant, wait_ms);
        return;
    }
    wait_for_something(supervisor, wait_ms);
    int64_t now = clock_mono_ms(&clock_real);
    crew_bury(supervisor);
    /* Frames before deaths: what a worker said before it died is true. */
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        echo_read(&at->echo, supervisor->settings.log, at->plugin, now);
        if (at->channel && at->lost_ms == 0) {
            read_worker(supervisor, at);
        }
        if (at->channel && !at->more) {
            watch_process(supervisor, at);
            watch_lost(supervisor, at);
            watch_threads(supervisor, at);
            watch_processors(supervisor, at);
        }
    }
    if (supervisor->net.channel) {
        read_net(supervisor);
    }
    watch_deadlines(supervisor);
    start_waiting(supervisor);
    tell_ended(supervisor);
    crew_end_idle(supervisor);
}

const struct descriptor *supervisor_plugin(struct supervisor *supervisor,
                                           const char *plugin, struct text *refusal)
{
    struct error error = {.text = "no memory for the plugin"};
    const struct descriptor *own = builtin_descriptor(plugin);
    if (own) {
        return own;
    }
    if (supervisor->distant) {
        return distant_plugin(supervisor->distant, plugin, refusal);
    }
    struct worker_process *worker = crew_worker(supervisor, plugin);
    if (!worker ||
        (!worker->descriptor && !crew_start_worker(supervisor, worker, &error))) {
        text_print(refusal, "%s\n", error.text);
        return NULL;
    }
    int64_t deadline = clock_mono_ms(&clock_real) + START_MS;
    while (worker->state == WORKER_STARTING && clock_mono_ms(&clock_real) < deadline) {
        supervisor_turn(supervisor, deadline - clock_mono_ms(&clock_real));
    }
    if (worker->state == WORKER_STARTING) {
        end_worker(supervisor, worker, "it did not start within 10 s");
    }
    if (worker->descriptor) {
        return worker->descriptor;
    }
    if (worker->state == WORKER_REFUSED) {
        text_print(refusal, "%s\n", text_cstr(&worker->refusal));
    } else {
        text_print(refusal,
                   "the plugin '%s' died while it was loaded, tell its maker: %s\n", plugin,
                   worker->last_death);
    }
    return NULL;
}
