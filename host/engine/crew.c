#include "engine/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/json.h"
#include "plugin/check.h"
#include "plugin/options.h"

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

/* ---- who was told ---- */

static struct told *find_told(struct told *told, uint64_t id)
{
    while (told && told->id != id) {
        told = told->next;
    }
    return told;
}

static bool was_told(struct told *told, uint64_t id)
{
    return find_told(told, id) != NULL;
}

struct told *crew_told(struct worker_process *worker, const struct integration *integration)
{
    return find_told(worker->instances, integration->id);
}

static bool note_told(struct told **list, const struct integration *integration)
{
    struct told *told = calloc(1, sizeof *told);
    if (told) {
        *told =
            (struct told){.next = *list, .id = integration->id, .integration = integration};
        *list = told;
    }
    return told != NULL;
}

static void forget_told(struct told **list)
{
    while (*list) {
        struct told *told = *list;
        *list = told->next;
        free(told);
    }
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
    forget_told(&net->remotes);
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
    forget_told(&worker->instances);
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

/* ---- telling about integrations ---- */

static struct remote_auth secret_auth(const struct integration *integration,
                                      const imh_option *option)
{
    struct str name = str_from(option->name);
    return (struct remote_auth){.name = name,
                                .type = IMH_AUTH_BEARER,
                                .is_option = true,
                                .secret = integration_value(integration, name)};
}

/* The pattern with the values of the options that its places name. */
static struct str filled(const struct integration *integration, const char *pattern,
                         struct arena *arena)
{
    struct str rest = str_from(pattern);
    struct str before;
    struct str name;
    struct text text;
    text_init(&text, OPTION_BYTES);
    while (options_place(&rest, &before, &name)) {
        text_add(&text, before);
        text_add(&text, integration_value(integration, name));
    }
    text_add(&text, rest);
    struct str kept = text.failed ? STR_OF("") : arena_copy(arena, text_str(&text));
    text_done(&text);
    return kept.ptr ? kept : STR_OF("");
}

static struct remote_auth declared_auth(const struct integration *integration,
                                        const imh_auth *auth, struct arena *arena)
{
    struct remote_auth out = {.name = str_from(auth->name),
                              .type = auth->type,
                              .variant = auth->variant,
                              .grant = auth->grant,
                              .client = auth->client,
                              .header = str_from(auth->header),
                              .base = str_from(auth->base),
                              .message = str_from(auth->message),
                              .value = str_from(auth->value),
                              .token_option = str_from(auth->token)};
    const struct {
        const char *option;
        struct str *value;
    } values[] = {{auth->user, &out.user},         {auth->secret, &out.secret},
                  {auth->token, &out.token},       {auth->token_secret, &out.token_secret},
                  {auth->username, &out.username}, {auth->password, &out.password}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i].value = integration_value(integration, str_from(values[i].option));
    }
    out.token_url = filled(integration, auth->token_url, arena);
    out.scope = filled(integration, auth->scope, arena);
    out.audience = filled(integration, auth->audience, arena);
    return out;
}

/* The addresses of URL options, in the plugin's order; the secrets, as it declares them,
 * and each under its own name as a bearer token. */
static bool fill_remote(const struct integration *integration,
                        const struct descriptor *descriptor, struct arena *arena,
                        struct remote *remote)
{
    uint32_t most = descriptor->option_count + descriptor->auth_count;
    remote->addresses = arena_zero(arena, most, sizeof *remote->addresses);
    remote->auths = arena_zero(arena, most, sizeof *remote->auths);
    if (!remote->addresses || !remote->auths) {
        return false;
    }
    for (uint32_t i = 0; i < descriptor->auth_count; i++) {
        remote->auths[remote->auth_count++] =
            declared_auth(integration, &descriptor->auths[i], arena);
    }
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        const imh_option *option = &descriptor->options[i];
        struct str value = integration_value(integration, str_from(option->name));
        if (option->flags & IMH_SECRET) {
            remote->auths[remote->auth_count++] = secret_auth(integration, option);
        } else if (option->type == IMH_URL && value.len > 0) {
            remote->addresses[remote->address_count++] = value;
        }
    }
    return true;
}

static uint32_t parallel_of(const struct integration *integration,
                            const struct descriptor *descriptor)
{
    enum { PARALLEL = 4 };
    uint32_t declared = descriptor->parallel ? descriptor->parallel : PARALLEL;
    return integration->parallel ? integration->parallel : declared;
}

static bool tell_net(struct supervisor *supervisor, const struct worker_process *worker,
                     const struct integration *integration)
{
    const struct descriptor *descriptor = worker->descriptor;
    int64_t rate = integration->rate_a_minute;
    struct arena arena;
    struct text payload;
    struct remote remote = {.account = str_from(integration->account),
                            .identifier = str_from(integration->identifier),
                            .parallel = parallel_of(integration, descriptor),
                            .rate_a_minute =
                                rate < 0 ? descriptor->rate_a_minute : (uint32_t)rate,
                            .timeout_ms = integration->timeout_ms,
                            .allow_private = integration->allow_private,
                            .ca = integration->ca};
    arena_init(&arena, 4096, 0);
    text_init_wiped(&payload, WIRE_FRAME_BYTES);
    bool good = fill_remote(integration, descriptor, &arena, &remote);
    if (good) {
        remote_put(&payload, &remote);
        good = channel_send(supervisor->net.channel, MESSAGE_REMOTE, integration->id,
                            &payload, -1);
    }
    text_done(&payload);
    arena_done(&arena);
    return good;
}

static bool tell_worker(struct worker_process *worker,
                        const struct integration *integration)
{
    struct text payload;
    struct worker_instance instance = {.account = str_from(integration->account),
                                       .identifier = str_from(integration->identifier),
                                       .parallel =
                                           parallel_of(integration, worker->descriptor),
                                       .options = integration->options};
    text_init(&payload, WIRE_FRAME_BYTES);
    instance_put(&payload, &instance);
    bool good =
        channel_send(worker->channel, MESSAGE_INSTANCE, integration->id, &payload, -1);
    text_done(&payload);
    return good && note_told(&worker->instances, integration);
}

static const struct worker_process *described(const struct supervisor *supervisor,
                                              const char *plugin)
{
    const struct worker_process *worker = supervisor->workers;
    while (worker && !(worker->descriptor && strcmp(worker->plugin, plugin) == 0)) {
        worker = worker->next;
    }
    return worker;
}

static bool tell_net_once(struct supervisor *supervisor,
                          const struct integration *integration)
{
    const struct worker_process *worker = described(supervisor, integration->plugin);
    return was_told(supervisor->net.remotes, integration->id) ||
           (worker && tell_net(supervisor, worker, integration) &&
            note_told(&supervisor->net.remotes, integration));
}

/* With one of an account imh-net learns of all that may follow: the strictest limits of
 * those that share a server hold from the first request on. */
static bool tell_net_account(struct supervisor *supervisor,
                             const struct integration *integration)
{
    if (was_told(supervisor->net.remotes, integration->id)) {
        return true;
    }
    for (const struct told *at = supervisor->expected; at; at = at->next) {
        if (strcmp(at->integration->account, integration->account) == 0 &&
            !tell_net_once(supervisor, at->integration)) {
            return false;
        }
    }
    return tell_net_once(supervisor, integration);
}

void crew_expect(struct supervisor *supervisor, const struct integration *integration)
{
    if (!was_told(supervisor->expected, integration->id)) {
        (void)note_told(&supervisor->expected, integration); /* else its first call tells */
    }
}

bool crew_tell(struct supervisor *supervisor, struct worker_process *worker,
               const struct integration *integration)
{
    return tell_net_account(supervisor, integration) &&
           (was_told(worker->instances, integration->id) ||
            tell_worker(worker, integration));
}

void crew_tell_change(struct supervisor *supervisor, const struct integration *integration)
{
    if (!supervisor->net.channel || !was_told(supervisor->net.remotes, integration->id)) {
        return;
    }
    const struct worker_process *worker = described(supervisor, integration->plugin);
    if (!worker || !tell_net(supervisor, worker, integration)) {
        /* The next call tells it, or fails for the same reason. */
        forget_told(&supervisor->net.remotes);
    }
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
    forget_told(&worker->instances);
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
    forget_told(&supervisor->net.remotes);
    forget_told(&supervisor->expected);
}
