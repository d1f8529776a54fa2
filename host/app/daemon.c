#include "app/daemon.h"

#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/followup_desk.h"
#include "app/metrics.h"
#include "app/notify.h"
#include "app/operation.h"
#include "app/presence.h"
#include "app/queue_desk.h"
#include "app/relay.h"
#include "engine/builtin.h"
#include "engine/followup_store.h"

enum {
    LOOK_MS = 2000,         /* how often it looks whether its state directory is there */
    ALERT_TIME_MS = 30000,  /* that the command of an alert may take */
    ALERT_AGAIN_MS = 60000, /* until one that failed is run again */
};

/* ---- the configuration ---- */

static bool serve_one(struct daemon *daemon, struct site *site,
                      const struct integration *integration, struct error *error)
{
    struct text ignored;
    text_init(&ignored, 4096);
    const struct descriptor *descriptor =
        supervisor_plugin(site->supervisor, integration->plugin, &ignored);
    text_done(&ignored);
    return deliver_serve(daemon->deliver, site->supervisor, integration, descriptor,
                         error) &&
           schedule_serve(daemon->schedule, site->supervisor, integration, descriptor,
                          error);
}

static const struct integration *find_on(void *self, struct str identifier)
{
    struct configured *found = config_integration(self, identifier);
    bool own = found && builtin_descriptor(found->integration.plugin);
    return found && !own && found->integration.enabled ? &found->integration : NULL;
}

/* Also one without follow-ups now: runs of former ones may be under way. */
static bool serve_followups(struct daemon *daemon, struct site *site,
                            struct account *account, struct error *error)
{
    const struct followups_account served = {.account = account->name,
                                             .supervisor = site->supervisor,
                                             .set = account->followup_set,
                                             .find = find_on,
                                             .self = account};
    return followups_serve(daemon->followups, &served, error) &&
           deliver_serve_inside(daemon->deliver, account->name, FOLLOWUP_PLACE,
                                &site->config.retry.ladder, error);
}

static bool serve_list(struct daemon *daemon, struct site *site,
                       const struct configured *list, struct problems *problems)
{
    struct error error;
    bool good = true;
    for (const struct configured *one = list; one; one = one->next) {
        if (one->usable && one->integration.enabled &&
            !serve_one(daemon, site, &one->integration, &error)) {
            problems_add(problems, "", 0, "%s", error.text);
            good = false;
        }
    }
    return good;
}

/* The log says whose jobs nobody runs; what the store cannot tell now, status does. */
static void tell_gone(const struct daemon *daemon, const struct site *site)
{
    struct error error;
    json_auto_t *none = json_object();
    json_auto_t *gone = json_array();
    const struct queue_asked asked = {.what = "owners", .arguments = none};
    json_auto_t *owners = queue_desk_ask(safe_store(daemon->context->safe), &asked, &error);
    const json_t *item;
    size_t i;
    presence_add_gone(&site->config, owners, gone);
    json_array_foreach(gone, i, item)
    {
        log_warning(&daemon->context->log, "integration gone, its jobs wait", "account",
                    json_string_value(json_object_get(item, "account")), "integration",
                    json_string_value(json_object_get(item, "integration")), "why",
                    json_string_value(json_object_get(item, "problem")), NULL);
    }
}

/* Jobs of its integrations are run, and their sources polled, from now on. */
static bool serve_all(struct daemon *daemon, struct site *site, struct problems *problems)
{
    struct error error;
    bool good = true;
    for (struct account *at = site->config.accounts; at; at = at->next) {
        if (!serve_followups(daemon, site, at, &error)) {
            problems_add(problems, "", 0, "%s", error.text);
            good = false;
        }
        good = serve_list(daemon, site, at->integrations, problems) && good;
        good = serve_list(daemon, site, at->builtins, problems) && good;
    }
    if (!followup_desk_loaded(safe_store(daemon->context->safe), &site->config, &error)) {
        problems_add(problems, "", 0, "%s", error.text);
        good = false;
    }
    deliver_settle(daemon->deliver);
    tell_gone(daemon, site);
    return good;
}

/* In every site that has it: older ones may still make calls. */
static bool keep_secret(void *self, const struct integration *integration,
                        struct str option, struct str value, struct error *error)
{
    struct daemon *daemon = self;
    bool kept = true;
    for (struct site *site = daemon->site; site; site = site->next) {
        struct configured *configured = site_find(site, str_from(integration->account),
                                                  str_from(integration->identifier));
        if (configured &&
            !config_renew(&site->config, &configured->integration, option, value, error)) {
            kept = false;
        } else if (configured && &configured->integration != integration) {
            supervisor_changed(site->supervisor, &configured->integration);
        }
    }
    return kept;
}

static unsigned site_count(const struct daemon *daemon)
{
    unsigned count = 0;
    for (const struct site *site = daemon->site; site; site = site->next) {
        count++;
    }
    return count;
}

static void say_loaded(const struct daemon *daemon, const char *event)
{
    unsigned accounts = 0;
    unsigned integrations = 0;
    char numbers[2][16];
    for (const struct account *at = daemon->site->config.accounts; at; at = at->next) {
        accounts++;
        for (const struct configured *one = at->integrations; one; one = one->next) {
            integrations += one->usable && integration_is_on(&one->integration) ? 1 : 0;
        }
    }
    (void)snprintf(numbers[0], sizeof numbers[0], "%u", accounts);
    (void)snprintf(numbers[1], sizeof numbers[1], "%u", integrations);
    log_notice(&daemon->context->log, event, "accounts", numbers[0], "integrations",
               numbers[1], NULL);
}

static struct site *make_site(struct daemon *daemon, struct problems *problems)
{
    const struct supervisor_settings hooks = {.figures = &daemon->figures,
                                              .self = daemon,
                                              .secret = keep_secret,
                                              .rested = alert_rested};
    return site_open(daemon->context, &hooks, problems);
}

bool daemon_reload(struct daemon *daemon, struct problems *problems)
{
    if (site_count(daemon) >= DAEMON_SITES_MOST) {
        problems_add(problems, "", 0,
                     "calls of earlier configurations are not over yet: try again later");
        return false;
    }
    safe_rest(daemon->context->safe); /* what was in the way may be gone */
    struct site *site = make_site(daemon, problems);
    if (!site) {
        return false;
    }
    site->next = daemon->site;
    daemon->site = site;
    relay_compare(daemon);
    deliver_release(daemon->deliver, site->next->supervisor);
    schedule_release(daemon->schedule, site->next->supervisor);
    followups_release(daemon->followups, site->next->supervisor);
    return serve_all(daemon, site, problems);
}

void daemon_read_anew(struct daemon *daemon, const struct integration *integration)
{
    struct problems problems;
    problems_init(&problems);
    if (!daemon_reload(daemon, &problems)) {
        log_warning(&daemon->context->log, "integration changed, configuration refused",
                    "account", integration->account, "integration", integration->identifier,
                    "why", "see what 'imh reload' says", NULL);
    }
    problems_done(&problems);
}

static void reload(struct daemon *daemon)
{
    struct problems problems;
    problems_init(&problems);
    notify_reloading();
    if (daemon_reload(daemon, &problems)) {
        say_loaded(daemon, "configuration loaded");
    }
    for (unsigned i = 0; i < problems.count && i < PROBLEMS_MOST; i++) {
        char file[PATH_MAX];
        char what[1024];
        (void)snprintf(file, sizeof file, "%.*s", STR_ARGS(problems.items[i].file));
        (void)snprintf(what, sizeof what, "%.*s", STR_ARGS(problems.items[i].text));
        log_error(&daemon->context->log, "configuration refused, the old one stays", "file",
                  file, "why", what, NULL);
    }
    notify_send("READY=1");
    problems_done(&problems);
}

/* Older sites go when their last call has ended. */
static void drop_idle(struct daemon *daemon)
{
    struct site **at = &daemon->site->next;
    while (*at) {
        struct site *site = *at;
        if (supervisor_is_busy(site->supervisor) ||
            followups_is_using(daemon->followups, site->supervisor) ||
            deliver_uses(daemon->deliver, site->supervisor)) {
            at = &site->next;
        } else {
            *at = site->next;
            site_free(site);
        }
    }
}

/* ---- signals ---- */

static bool open_signals(struct daemon *daemon)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    daemon->signals = sigprocmask(SIG_BLOCK, &set, NULL) == 0
                          ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)
                          : -1;
    return daemon->signals >= 0;
}

static void end_soon(struct daemon *daemon)
{
    if (daemon->end_by_ms == 0) {
        notify_send("STOPPING=1");
        log_notice(&daemon->context->log, "ending", NULL);
        daemon->end_by_ms = clock_mono_ms(&clock_real) + DAEMON_DRAIN_MS;
        deliver_stop(daemon->deliver);
        schedule_stop(daemon->schedule);
    }
}

static void take_signals(struct daemon *daemon)
{
    struct signalfd_siginfo got;
    while (read(daemon->signals, &got, sizeof got) == (ssize_t)sizeof got) {
        if (got.ssi_signo == SIGHUP) {
            reload(daemon);
        } else {
            end_soon(daemon);
        }
    }
}

/* Only who tells the store what became of a call knows whether it may come again: after the
 * next start it would be in doubt. */
static void cut_calls(struct daemon *daemon)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    if (daemon->end_by_ms == 0 || daemon->is_cut || now_ms < daemon->end_by_ms) {
        return;
    }
    log_notice(&daemon->context->log, "ending calls that take too long", NULL);
    daemon->is_cut = true;
    daemon->end_by_ms = now_ms + DAEMON_CUT_MS;
    for (struct site *site = daemon->site; site; site = site->next) {
        supervisor_cut(site->supervisor);
    }
}

/* ---- the loop ---- */

static bool is_busy(const struct daemon *daemon)
{
    const struct site *site = daemon->site;
    while (site && !supervisor_is_busy(site->supervisor)) {
        site = site->next;
    }
    return site != NULL || deliver_is_busy(daemon->deliver) ||
           schedule_is_busy(daemon->schedule);
}

static void wait_for_something(const struct daemon *daemon)
{
    enum {
        FDS_MOST =
            6 + HERALD_FDS_MOST + CONTROL_FDS_MOST + DAEMON_SITES_MOST * SUPERVISOR_FDS_MOST
    };
    struct pollfd fds[FDS_MOST];
    unsigned count = 0;
    int64_t wait_ms =
        keeper_wait_ms(daemon->keeper, deliver_wait_ms(daemon->deliver, LOOK_MS));
    fds[count++] = (struct pollfd){.fd = daemon->signals, .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = deliver_fd(daemon->deliver), .events = POLLIN};
    fds[count++] =
        (struct pollfd){.fd = deliver_chores_fd(daemon->deliver), .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = keeper_fd(daemon->keeper), .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = schedule_fd(daemon->schedule), .events = POLLIN};
    fds[count++] = (struct pollfd){.fd = followups_fd(daemon->followups), .events = POLLIN};
    wait_ms = followups_wait_ms(daemon->followups, wait_ms);
    count += herald_fds(daemon->herald, fds + count, &wait_ms);
    count += control_server_fds(daemon->control, fds + count);
    for (const struct site *site = daemon->site; site; site = site->next) {
        count += supervisor_fds(site->supervisor, fds + count, &wait_ms);
    }
    wait_ms = relay_wait_ms(daemon->relay, wait_ms);
    if (daemon->end_by_ms > 0) {
        int64_t left = daemon->end_by_ms - clock_mono_ms(&clock_real);
        wait_ms = left < wait_ms ? left : wait_ms;
    }
    (void)poll(fds, count, wait_ms > 0 ? (int)wait_ms : 0);
}

/* What it does could not be relied on. */
static bool cannot_go_on(const struct daemon *daemon)
{
    return daemon->homeless || deliver_has_failed(daemon->deliver) ||
           schedule_has_failed(daemon->schedule) ||
           store_has_failed(safe_store(daemon->context->safe));
}

static bool is_over(const struct daemon *daemon)
{
    return cannot_go_on(daemon) ||
           (daemon->end_by_ms > 0 &&
            (!is_busy(daemon) || clock_mono_ms(&clock_real) >= daemon->end_by_ms));
}

/* Moved or removed, it could be made anew by a second daemon, and both would serve. */
static void look_after_state(struct daemon *daemon)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    const struct context *context = daemon->context;
    if (now_ms < daemon->look_ms) {
        return;
    }
    daemon->look_ms = now_ms + LOOK_MS;
    if (!store_is_in_place(safe_store(context->safe), context->config.state)) {
        log_error(&context->log, "the state directory was moved or removed: ending",
                  "directory", context->config.state, NULL);
        daemon->homeless = true;
    }
}

/* While the disk is nearly full only what was accepted is done. */
static void keep_store(struct daemon *daemon)
{
    struct error error;
    keeper_turn(daemon->keeper);
    const struct room *room = keeper_room(daemon->keeper);
    if (room->is_short) {
        room_say(room, &error);
    }
    deliver_refuse(daemon->deliver, room->is_short ? &error : NULL);
}

static void serve(struct daemon *daemon)
{
    while (!is_over(daemon)) {
        wait_for_something(daemon);
        take_signals(daemon);
        for (struct site *site = daemon->site; site; site = site->next) {
            supervisor_turn(site->supervisor, 0);
        }
        control_server_turn(daemon->control);
        deliver_turn(daemon->deliver);
        schedule_turn(daemon->schedule);
        followups_turn(daemon->followups);
        alert_turn(daemon);
        herald_turn(daemon->herald);
        keep_store(daemon);
        relay_turn(daemon);
        drop_idle(daemon);
        look_after_state(daemon);
        cut_calls(daemon);
    }
}

/* ---- from start to end ---- */

static void follow(void *self, struct run *run)
{
    struct daemon *daemon = self;
    followups_follow(daemon->followups, daemon->deliver, run);
}

static void read_again(void *self, struct run *run)
{
    struct daemon *daemon = self;
    schedule_read(daemon->schedule, run);
}

static int open_site(struct daemon *daemon)
{
    struct problems problems;
    problems_init(&problems);
    daemon->site = make_site(daemon, &problems);
    if (daemon->site) {
        relay_compare(daemon);
        (void)serve_all(daemon, daemon->site, &problems);
    }
    int status = command_problems(&problems);
    problems_done(&problems);
    return daemon->site ? EXIT_DONE : status;
}

/* What mails may name: of the site whose job it is, and none of the host's own. */
static const struct integration *find_integration(void *self,
                                                  const struct supervisor *supervisor,
                                                  const char *account, struct str name)
{
    const struct daemon *daemon = self;
    const struct site *site = daemon->site;
    while (site && site->supervisor != supervisor) {
        site = site->next;
    }
    const struct configured *found = site ? site_find(site, str_from(account), name) : NULL;
    bool own = found && builtin_descriptor(found->integration.plugin);
    return found && !own ? &found->integration : NULL;
}

static struct followup_page *look_at(void *self, const char *account,
                                     const char *identifier, const struct event *event)
{
    struct daemon *daemon = self;
    return followups_look(daemon->followups, str_from(account), str_from(identifier), event,
                          1);
}

static struct schedule *make_schedule(struct daemon *daemon, struct error *error)
{
    const struct schedule_settings settings = {.store = safe_store(daemon->context->safe),
                                               .clock = &clock_real,
                                               .log = &daemon->context->log,
                                               .followups = daemon->followups,
                                               .deliver = daemon->deliver,
                                               .self = daemon,
                                               .skipped = alert_skipped};
    return schedule_make(&settings, error);
}

static int open_all(struct daemon *daemon)
{
    struct context *context = daemon->context;
    struct error error;
    if (!safe_hold(context->safe, &error)) {
        return command_fail_store(&error);
    }
    if (!open_signals(daemon)) {
        return command_fail(EXIT_OUR_BUG, "signals cannot be taken");
    }
    const struct deliver_settings settings = {.store = safe_store(context->safe),
                                              .clock = &clock_real,
                                              .log = &context->log,
                                              .self = daemon,
                                              .look = look_at,
                                              .find = find_integration,
                                              .ended = alert_ended,
                                              .follow = follow,
                                              .read = read_again};
    const struct followups_settings following = {
        .store = settings.store, .clock = settings.clock, .log = settings.log};
    const struct keeper_settings keeping = {.store = settings.store,
                                            .clock = settings.clock,
                                            .log = settings.log,
                                            .free_bytes = context->config.free_bytes};
    const struct herald_settings telling = {.clock = settings.clock,
                                            .log = settings.log,
                                            .time_ms = ALERT_TIME_MS,
                                            .again_ms = ALERT_AGAIN_MS};
    daemon->deliver = deliver_make(&settings, &error);
    daemon->followups = daemon->deliver ? followups_make(&following, &error) : NULL;
    daemon->schedule = daemon->followups ? make_schedule(daemon, &error) : NULL;
    daemon->keeper = daemon->schedule ? keeper_make(&keeping, &error) : NULL;
    daemon->backlog =
        daemon->keeper ? backlog_make(settings.store, settings.clock, &error) : NULL;
    daemon->herald = daemon->backlog ? herald_make(&telling, &error) : NULL;
    daemon->relay = daemon->herald ? relay_make(&error) : NULL;
    if (!daemon->relay) {
        return command_fail(EXIT_OUR_BUG, "%s", error.text);
    }
    int status = open_site(daemon);
    if (status != EXIT_DONE) {
        return status;
    }
    alert_recall(daemon);
    const struct control_handler handler = {.self = daemon,
                                            .answer = operation_answer,
                                            .later = operation_later,
                                            .metrics = metrics_write,
                                            .message = relay_message};
    daemon->metrics = metrics_make(&error);
    daemon->control = daemon->metrics
                          ? control_server_make(context->config.state, &handler, &error)
                          : NULL;
    return daemon->control ? EXIT_DONE : command_fail(EXIT_CANNOT_WRITE, "%s", error.text);
}

static void close_all(struct daemon *daemon)
{
    control_server_free(daemon->control);
    metrics_free(daemon->metrics);
    relay_free(daemon->relay);
    herald_free(daemon->herald);
    backlog_free(daemon->backlog);
    keeper_free(daemon->keeper);
    alert_free(&daemon->alerts);
    followups_free(daemon->followups);
    deliver_free(daemon->deliver); /* its steps may lend from a site */
    schedule_free(daemon->schedule);
    while (daemon->site) {
        struct site *site = daemon->site;
        daemon->site = site->next;
        site_free(site);
    }
    if (daemon->signals >= 0) {
        (void)close(daemon->signals);
    }
}

int daemon_run(struct context *context)
{
    struct daemon daemon = {
        .context = context, .signals = -1, .started_at_ms = clock_now_ms(&clock_real)};
    int status = open_all(&daemon);
    if (status == EXIT_DONE) {
        say_loaded(&daemon, "ready");
        status = command_print(STR_OF("ready\n"));
        notify_send("READY=1");
        serve(&daemon);
        status = daemon.homeless         ? EXIT_CANNOT_WRITE
                 : cannot_go_on(&daemon) ? EXIT_LATER /* the next start looks and goes on */
                                         : status;
        log_notice(&context->log, "ended", NULL);
    }
    close_all(&daemon);
    return status;
}
