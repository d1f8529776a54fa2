/* Whose worker it is: all of a plugin's integrations share one, but for accounts that have
 * their own, and for integrations that were served when one died. */
#include "engine/crew.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/flight.h"

enum {
    OWNER_BYTES = 512,
    APART_MOST = 50,     /* integrations with a worker of their own, as one died */
    APART_REST_MS = 1000 /* of a worker that died of one of those it served */
};

static int64_t now_ms(void)
{
    return clock_mono_ms(&clock_real);
}

static bool is_owner(const struct worker_process *worker, const char *owner)
{
    return worker->owner && owner ? strcmp(worker->owner, owner) == 0
                                  : worker->owner == owner;
}

static struct worker_process *find(const struct supervisor *supervisor, const char *plugin,
                                   const char *owner)
{
    struct worker_process *worker = supervisor->workers;
    while (worker && !(strcmp(worker->plugin, plugin) == 0 && is_owner(worker, owner))) {
        worker = worker->next;
    }
    return worker;
}

static struct worker_process *make(struct supervisor *supervisor, const char *plugin,
                                   const char *owner)
{
    struct worker_process *worker = calloc(1, sizeof *worker);
    char *name = strdup(plugin);
    char *whose = owner ? strdup(owner) : NULL;
    if (!worker || !name || (owner && !whose)) {
        free(worker);
        free(name);
        free(whose);
        return NULL;
    }
    worker->id = ++supervisor->last_id;
    worker->plugin = name;
    worker->owner = whose;
    worker->used_ms = now_ms();
    worker->process.pidfd = -1;
    worker->echo.fd = -1;
    text_init(&worker->refusal, 16 << 10);
    worker->next = supervisor->workers;
    supervisor->workers = worker;
    return worker;
}

struct worker_process *crew_worker(struct supervisor *supervisor, const char *plugin)
{
    struct worker_process *worker = find(supervisor, plugin, NULL);
    return worker ? worker : make(supervisor, plugin, NULL);
}

static void name_owner(const struct integration *integration, char *owner)
{
    (void)snprintf(owner, OWNER_BYTES, "%s/%s", integration->account,
                   integration->identifier);
}

struct worker_process *crew_worker_of(struct supervisor *supervisor,
                                      const struct integration *integration)
{
    char owner[OWNER_BYTES];
    if (integration->own_worker) {
        struct worker_process *own =
            find(supervisor, integration->plugin, integration->account);
        return own ? own : make(supervisor, integration->plugin, integration->account);
    }
    name_owner(integration, owner);
    struct worker_process *apart = find(supervisor, integration->plugin, owner);
    return apart ? apart : crew_worker(supervisor, integration->plugin);
}

bool crew_has_room(const struct supervisor *supervisor, const struct worker_process *worker,
                   struct error *error)
{
    unsigned running = 0;
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        running += at->channel != NULL;
    }
    if (running < WORKERS_MOST) {
        return true;
    }
    (void)error_set(error, IMH_WAIT,
                    "no room for a worker of the plugin '%s': %d run already; fewer "
                    "accounts with 'isolation = account' need fewer",
                    worker->plugin, WORKERS_MOST);
    error->after_s = WORKER_IDLE_MS / 1000;
    return false;
}

/* ---- deaths ---- */

static bool is_running(const struct flight *flight, const struct worker_process *worker)
{
    return flight->worker == worker && flight->state == FLIGHT_RUNNING;
}

static bool is_alone(const struct supervisor *supervisor,
                     const struct worker_process *worker,
                     const struct integration *integration)
{
    const struct flight *at = supervisor->flights;
    while (at && !(is_running(at, worker) && at->integration->id != integration->id)) {
        at = at->next;
    }
    return at == NULL;
}

static unsigned count_apart(const struct supervisor *supervisor)
{
    unsigned count = 0;
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        count += at->owner && strchr(at->owner, '/');
    }
    return count;
}

/* The death is its own only when no other was served. */
static bool set_apart(struct supervisor *supervisor, const struct worker_process *worker,
                      const struct integration *integration, const char *how)
{
    char owner[OWNER_BYTES];
    name_owner(integration, owner);
    if (find(supervisor, worker->plugin, owner)) {
        return true;
    }
    struct worker_process *apart = count_apart(supervisor) < APART_MOST
                                       ? make(supervisor, worker->plugin, owner)
                                       : NULL;
    if (!apart) {
        return false;
    }
    apart->died_ms = now_ms();
    if (is_alone(supervisor, worker, integration)) {
        (void)quarantine_death(&apart->quarantine, &worker->file, now_ms());
        apart->deaths = 1;
        apart->rest_until_ms = now_ms() + APART_REST_MS;
        (void)snprintf(apart->last_death, sizeof apart->last_death, "%s", how);
    }
    log_notice(supervisor->settings.log, "integration set apart", "account",
               integration->account, "integration", integration->identifier, "plugin",
               worker->plugin, NULL);
    return true;
}

/* false: it served nobody, or not all could be set apart. */
static bool set_all_apart(struct supervisor *supervisor,
                          const struct worker_process *worker, const char *how)
{
    bool all = true;
    bool any = false;
    for (const struct flight *at = supervisor->flights; at; at = at->next) {
        if (is_running(at, worker)) {
            any = true;
            all = set_apart(supervisor, worker, at->integration, how) && all;
        }
    }
    return any && all;
}

void crew_end_guilty(struct supervisor *supervisor, struct worker_process *worker,
                     const char *how)
{
    uint32_t deaths = worker->deaths;
    bool spared = !worker->owner && worker->state == WORKER_READY &&
                  set_all_apart(supervisor, worker, how);
    crew_end_worker(supervisor, worker, how, !spared);
    worker->died_ms = now_ms();
    if (spared) {
        worker->deaths = deaths;
        worker->rest_until_ms = now_ms() + APART_REST_MS;
    }
}

/* ---- idle ones ---- */

static bool is_used(const struct supervisor *supervisor,
                    const struct worker_process *worker)
{
    const struct flight *at = supervisor->flights;
    while (at && at->worker != worker) {
        at = at->next;
    }
    return at != NULL;
}

/* Nothing of it needs to be remembered. */
static bool is_past(const struct worker_process *worker, int64_t now)
{
    return !worker->channel && worker->quarantine.until_ms <= now &&
           worker->used_ms + WORKER_IDLE_MS <= now &&
           (worker->died_ms == 0 || worker->died_ms + QUARANTINE_WITHIN_MS <= now);
}

void crew_end_idle(struct supervisor *supervisor)
{
    struct worker_process **at = &supervisor->workers;
    int64_t now = now_ms();
    while (*at) {
        struct worker_process *worker = *at;
        if (!worker->owner || is_used(supervisor, worker)) {
            worker->used_ms = now;
        } else if (worker->channel && worker->used_ms + WORKER_IDLE_MS <= now) {
            crew_stop_worker(supervisor, worker, WORKER_GRACE_MS);
        }
        if (worker->owner && is_past(worker, now)) {
            *at = worker->next;
            crew_free_worker(supervisor, worker);
        } else {
            at = &worker->next;
        }
    }
}

/* Moments that are over are looked at in every turn. */
int64_t crew_wait_ms(const struct worker_process *worker, int64_t now, int64_t wait_ms)
{
    int64_t idle_ms =
        worker->owner && worker->channel ? worker->used_ms + WORKER_IDLE_MS : 0;
    const int64_t moments[] = {worker->echo.pause_until_ms, idle_ms};
    if (worker->lost_ms > 0 && worker->lost_ms - now < wait_ms) {
        wait_ms = worker->lost_ms - now;
    }
    for (unsigned i = 0; i < sizeof moments / sizeof *moments; i++) {
        int64_t left = moments[i] - now;
        wait_ms = left > 0 && left < wait_ms ? left : wait_ms;
    }
    return wait_ms;
}
