#include "engine/health.h"

#include "engine/crew.h"

static enum health_state state_of(const struct worker_process *worker, int64_t now_ms)
{
    if (worker->state == WORKER_REFUSED) {
        return HEALTH_REFUSED;
    }
    if (worker->quarantine.until_ms > now_ms) {
        return HEALTH_QUARANTINED;
    }
    return worker->state == WORKER_RESTING && worker->deaths > 0 ? HEALTH_DIED
                                                                 : HEALTH_WELL;
}

/* The one that fares worst: the shared one, or that of an owner. */
static const struct worker_process *find(const struct supervisor *supervisor,
                                         const char *plugin, int64_t now_ms)
{
    const struct worker_process *worst = NULL;
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        if (strcmp(at->plugin, plugin) == 0 &&
            (!worst || state_of(at, now_ms) > state_of(worst, now_ms) ||
             (state_of(at, now_ms) == state_of(worst, now_ms) &&
              at->deaths > worst->deaths))) {
            worst = at;
        }
    }
    return worst;
}

static uint32_t left_s(const struct worker_process *worker, enum health_state state,
                       int64_t now_ms)
{
    int64_t until_ms = state == HEALTH_QUARANTINED ? worker->quarantine.until_ms
                       : state == HEALTH_DIED      ? worker->rest_until_ms
                                                   : 0;
    return until_ms > now_ms ? (uint32_t)((until_ms - now_ms + 999) / 1000) : 0;
}

struct health health_of(const struct supervisor *supervisor, const char *plugin)
{
    char path[CREW_PATH_BYTES];
    int64_t now_ms = clock_mono_ms(&clock_real);
    const struct worker_process *worker = find(supervisor, plugin, now_ms);
    if (!crew_find_file(supervisor, plugin, path)) {
        return (struct health){.state = HEALTH_ABSENT, .last_death = ""};
    }
    if (!worker) {
        return (struct health){.state = HEALTH_WELL, .last_death = ""};
    }
    enum health_state state = state_of(worker, now_ms);
    return (struct health){.state = state,
                           .left_s = left_s(worker, state, now_ms),
                           .deaths = worker->deaths,
                           .owner = worker->owner,
                           .last_death = worker->last_death};
}

void health_each(const struct supervisor *supervisor, unsigned most,
                 void (*each)(void *self, const char *plugin, const struct health *health),
                 void *self)
{
    const struct worker_process *at = supervisor->workers;
    for (unsigned i = 0; at && i < most; at = at->next) {
        if (at->owner) {
            continue;
        }
        i++;
        const struct health health = health_of(supervisor, at->plugin);
        each(self, at->plugin, &health);
    }
}

struct path_mark health_file(const struct supervisor *supervisor, const char *plugin)
{
    const struct worker_process *at = supervisor->workers;
    while (at && (at->owner || strcmp(at->plugin, plugin) != 0)) {
        at = at->next;
    }
    return at ? at->file : (struct path_mark){.inode = 0};
}

static const struct {
    const char *name;
    imh_status status;
} states[] = {[HEALTH_WELL] = {"well", IMH_RETRY},
              [HEALTH_ABSENT] = {"absent", IMH_REJECTED},
              [HEALTH_REFUSED] = {"refused", IMH_REJECTED},
              [HEALTH_DIED] = {"died", IMH_RETRY},
              [HEALTH_QUARANTINED] = {"quarantined", IMH_WAIT}};

const char *health_state_name(enum health_state state)
{
    return states[state].name;
}

imh_status health_status(const struct health *health)
{
    return states[health->state].status;
}

static void release(struct supervisor *supervisor, struct worker_process *worker)
{
    if (worker->channel) {
        crew_end_worker(supervisor, worker, "released",
                        false); /* refused, on its way out */
    }
    worker->state = WORKER_RESTING;
    worker->quarantine = (struct quarantine){.until_ms = 0};
    worker->deaths = 0;
    worker->rest_until_ms = 0;
}

bool health_serves(const struct integration *integration, const char *owner)
{
    size_t length = strlen(integration->account);
    if (!owner) {
        return !integration->own_worker;
    }
    return strncmp(owner, integration->account, length) == 0 &&
           (!owner[length] ? integration->own_worker
                           : owner[length] == '/' &&
                                 strcmp(owner + length + 1, integration->identifier) == 0);
}

/* One that was set apart is not served by the shared process any more. */
static bool is_apart(const struct supervisor *supervisor,
                     const struct integration *integration)
{
    const struct worker_process *at = supervisor->workers;
    while (at && !(at->owner && strcmp(at->plugin, integration->plugin) == 0 &&
                   health_serves(integration, at->owner))) {
        at = at->next;
    }
    return at != NULL;
}

bool health_release(struct supervisor *supervisor, const struct integration *integration)
{
    enum health_state was = HEALTH_WELL;
    bool apart = is_apart(supervisor, integration);
    for (struct worker_process *at = supervisor->workers; at; at = at->next) {
        enum health_state state = state_of(at, clock_mono_ms(&clock_real));
        bool serves = strcmp(at->plugin, integration->plugin) == 0 &&
                      health_serves(integration, at->owner) && (at->owner || !apart);
        if (serves && state != HEALTH_WELL) {
            release(supervisor, at);
            was = state;
        }
    }
    if (was != HEALTH_WELL) {
        log_notice(supervisor->settings.log, "plugin released", "plugin",
                   integration->plugin, "was", health_state_name(was), "account",
                   integration->account, "integration", integration->identifier, NULL);
    }
    return was != HEALTH_WELL;
}

void health_quarantined(struct supervisor *supervisor,
                        void (*each)(void *self, const char *plugin, const char *owner,
                                     const char *how),
                        void *self)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    for (const struct worker_process *at = supervisor->workers; at; at = at->next) {
        if (state_of(at, now_ms) == HEALTH_QUARANTINED) {
            each(self, at->plugin, at->owner, at->last_death);
        }
    }
}
