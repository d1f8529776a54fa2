#include "app/metrics.h"

#include <stdlib.h>

#include "app/metrics_store.h"
#include "app/relay.h"
#include "base/exposition.h"
#include "engine/figures.h"
#include "engine/health.h"

struct metrics *metrics_make(struct error *error)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics) {
        (void)error_set(error, IMH_RETRY, "no memory for figures");
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

/* ---- one number ---- */

static void write_one(struct text *out, const char *name, enum exposition_kind kind,
                      const char *help, int64_t number)
{
    exposition_family(out, name, kind, help);
    exposition_number(out, name, NULL, number);
}

static void write_host(struct text *out, const struct daemon *daemon,
                       const struct metrics *metrics)
{
    struct exposition_labels labels = {.count = 0};
    exposition_label(&labels, "version", STR_OF(IMH_VERSION));
    exposition_family(out, "imh_build_info", EXPOSITION_GAUGE, "Which imh this is.");
    exposition_number(out, "imh_build_info", &labels, 1);
    exposition_family(out, "imh_start_time_seconds", EXPOSITION_GAUGE,
                      "When the daemon started, in seconds since 1970.");
    exposition_ms(out, "imh_start_time_seconds", NULL, daemon->started_at_ms);
    write_one(out, "imh_control_connections", EXPOSITION_GAUGE,
              "Who is connected to the control socket.",
              control_server_count(daemon->control));
    write_one(out, "imh_integrations_left_out", EXPOSITION_GAUGE,
              "Integrations that are not among the figures, as there are too many.",
              metrics->left_out);
}

/* ---- of each integration ---- */

static void name_row(const struct metrics_row *row, struct exposition_labels *labels)
{
    labels->count = 0;
    exposition_label(labels, "account", str_from(row->figures.account));
    exposition_label(labels, "integration", str_from(row->figures.identifier));
}

static int64_t accepted_of(const struct metrics_row *row)
{
    return (int64_t)row->figures.accepted;
}

static int64_t attempts_of(const struct metrics_row *row)
{
    return (int64_t)row->figures.attempts;
}

static int64_t running_of(const struct metrics_row *row)
{
    return row->figures.running;
}

/* Figures with one sample an integration. */
static const struct row_figure {
    const char *name;
    enum exposition_kind kind;
    const char *help;
    int64_t (*of)(const struct metrics_row *row);
} row_figures[] = {
    {"imh_jobs_accepted_total", EXPOSITION_COUNTER, "Jobs that were made.", accepted_of},
    {"imh_job_attempts_total", EXPOSITION_COUNTER, "Attempts that were started.",
     attempts_of},
    {"imh_deliveries_in_flight", EXPOSITION_GAUGE, "Calls for jobs that are under way.",
     running_of},
};

static void write_row_figures(struct text *out, const struct metrics *metrics)
{
    struct exposition_labels labels;
    for (size_t i = 0; i < sizeof row_figures / sizeof *row_figures; i++) {
        const struct row_figure *figure = &row_figures[i];
        exposition_family(out, figure->name, figure->kind, figure->help);
        for (unsigned row = 0; row < metrics->count; row++) {
            name_row(&metrics->rows[row], &labels);
            exposition_number(out, figure->name, &labels, figure->of(&metrics->rows[row]));
        }
    }
}

static void write_results(struct text *out, const struct metrics *metrics)
{
    static const char name[] = "imh_job_results_total";
    struct exposition_labels labels;
    exposition_family(out, name, EXPOSITION_COUNTER,
                      "What attempts came to, by its category.");
    for (unsigned row = 0; row < metrics->count; row++) {
        for (unsigned i = IMH_OK; i <= IMH_TOO_LARGE; i++) {
            name_row(&metrics->rows[row], &labels);
            exposition_label(&labels, "class", str_from(error_status_name((imh_status)i)));
            exposition_number(out, name, &labels,
                              (int64_t)metrics->rows[row].figures.results[i]);
        }
    }
}

static void write_jobs(struct text *out, const struct metrics *metrics)
{
    static const char name[] = "imh_jobs";
    struct exposition_labels labels;
    exposition_family(out, name, EXPOSITION_GAUGE,
                      "Jobs in the queue. Held ones are among the waiting, unknown among "
                      "the failed.");
    for (unsigned row = 0; row < metrics->count; row++) {
        const struct tally *tally = &metrics->rows[row].tally;
        const struct {
            const char *state;
            int64_t count;
        } states[] = {{"waiting", tally->waiting},
                      {"held", tally->held},
                      {"running", tally->running},
                      {"failed", tally->failed}};
        for (size_t i = 0; metrics->rows[row].counted && i < 4; i++) {
            name_row(&metrics->rows[row], &labels);
            exposition_label(&labels, "state", str_from(states[i].state));
            exposition_number(out, name, &labels, states[i].count);
        }
    }
}

static void write_lag(struct text *out, const struct metrics *metrics)
{
    static const char name[] = "imh_queue_lag_seconds";
    int64_t now_ms = clock_now_ms(&clock_real);
    struct exposition_labels labels;
    exposition_family(out, name, EXPOSITION_GAUGE,
                      "For how long the job is due that is due for longest.");
    for (unsigned row = 0; row < metrics->count; row++) {
        int64_t since_ms = metrics->rows[row].tally.due_since_ms;
        if (metrics->rows[row].counted) {
            name_row(&metrics->rows[row], &labels);
            exposition_ms(out, name, &labels, since_ms > 0 ? now_ms - since_ms : 0);
        }
    }
}

/* ---- of the processes ---- */

static void write_processes(struct text *out, const struct figures *figures)
{
    static const struct {
        const char *name, *help;
    } counts[FIGURE_COUNT] = {
        [FIGURE_WORKER_STARTS] = {"imh_worker_starts_total",
                                  "Processes of plugins that were started."},
        [FIGURE_WORKER_DEATHS] = {"imh_worker_deaths_total",
                                  "Processes of plugins that ended."},
        [FIGURE_QUARANTINES] = {"imh_quarantines_total",
                                "Plugins that were put in quarantine."},
        [FIGURE_NET_STARTS] = {"imh_net_starts_total", "Starts of imh-net."},
    };
    for (unsigned i = 0; i < FIGURE_COUNT; i++) {
        write_one(out, counts[i].name, EXPOSITION_COUNTER, counts[i].help,
                  (int64_t)figures->counts[i]);
    }
}

static void write_calls(struct text *out, const struct figures *figures)
{
    static const char name[] = "imh_call_seconds";
    static const char *const kinds[CALL_KIND_COUNT] = {
        [CALL_CHECK] = "check", [CALL_RESOLVE] = "resolve", [CALL_POLL] = "poll",
        [CALL_RUN] = "run",     [CALL_UPSERT] = "upsert",   [CALL_REMOVE] = "remove"};
    exposition_family(out, name, EXPOSITION_HISTOGRAM,
                      "How long calls of plugins took, from their order to their end.");
    for (unsigned i = 0; i < CALL_KIND_COUNT; i++) {
        struct exposition_labels labels = {.count = 0};
        exposition_label(&labels, "kind", str_from(kinds[i]));
        exposition_histogram(out, name, &labels, &figures->calls[i]);
    }
}

static void write_requests(struct text *out, const struct figures *figures)
{
    static const char name[] = "imh_requests_total";
    static const char *const classes[REQUEST_CLASSES] = {"none", "2xx", "3xx", "4xx",
                                                         "5xx"};
    exposition_family(out, name, EXPOSITION_COUNTER,
                      "Requests to remotes, by the answer; none: there was none.");
    for (unsigned i = 0; i < REQUEST_CLASSES; i++) {
        struct exposition_labels labels = {.count = 0};
        exposition_label(&labels, "class", str_from(classes[i]));
        exposition_number(out, name, &labels, (int64_t)figures->requests[i]);
    }
}

static void write_cache(struct text *out, const struct relay *relay)
{
    struct kept_figures kept = relay_figures(relay);
    write_one(out, "imh_cache_hits_total", EXPOSITION_COUNTER,
              "Lookups of commands that had an answer, or waited for that of another.",
              (int64_t)kept.hits);
    write_one(out, "imh_cache_misses_total", EXPOSITION_COUNTER,
              "Lookups of commands that a plugin was asked for.", (int64_t)kept.misses);
    write_one(out, "imh_cache_stale_total", EXPOSITION_COUNTER,
              "Failures that an older answer could stand in for.", (int64_t)kept.olds);
    write_one(out, "imh_cache_entries", EXPOSITION_GAUGE, "Answers that are kept.",
              (int64_t)kept.entries);
    write_one(out, "imh_cache_bytes", EXPOSITION_GAUGE, "The memory they take.",
              (int64_t)kept.bytes);
}

/* ---- of the configuration ---- */

static void write_rest(struct text *out, const struct site *site)
{
    static const char name[] = "imh_remote_left_alone";
    unsigned count = 0;
    exposition_family(out, name, EXPOSITION_GAUGE,
                      "1: the remote fails, or wants to rest, and is left alone.");
    for (const struct account *at = site->config.accounts; at; at = at->next) {
        for (const struct configured *one = at->integrations;
             one && count < METRICS_INTEGRATIONS_MOST; one = one->next, count++) {
            struct exposition_labels labels = {.count = 0};
            exposition_label(&labels, "account", str_from(at->name));
            exposition_label(&labels, "integration", str_from(one->integration.identifier));
            exposition_number(out, name, &labels,
                              supervisor_rests(site->supervisor, &one->integration));
        }
    }
}

static void write_plugin(void *self, const char *plugin, const struct health *health)
{
    struct text *out = self;
    struct exposition_labels labels = {.count = 0};
    exposition_label(&labels, "plugin", str_from(plugin));
    exposition_label(&labels, "state", str_from(health_state_name(health->state)));
    exposition_number(out, "imh_plugin_state", &labels, 1);
}

static void write_plugins(struct text *out, const struct site *site)
{
    exposition_family(out, "imh_plugin_state", EXPOSITION_GAUGE,
                      "1: how the plugin is, see imh status.");
    health_each(site->supervisor, METRICS_PLUGINS_MOST, write_plugin, out);
}

/* ---- of the store ---- */

static void write_disk(struct text *out, const struct room *room)
{
    write_one(out, "imh_disk_size_bytes", EXPOSITION_GAUGE, "The disk of the store.",
              room->disk.size_bytes);
    write_one(out, "imh_disk_free_bytes", EXPOSITION_GAUGE, "What is free of it.",
              room->disk.free_bytes);
    write_one(out, "imh_disk_min_free_bytes", EXPOSITION_GAUGE,
              "With less, nothing new is accepted.", room_mark_bytes(room));
    write_one(out, "imh_disk_short", EXPOSITION_GAUGE,
              "1: nothing new is accepted, as the disk is nearly full.", room->is_short);
}

static void write_store(struct text *out, const struct store_figures *store)
{
    write_one(out, "imh_store_works_total", EXPOSITION_COUNTER,
              "Pieces of work that the store did.", (int64_t)store->works);
    exposition_family(out, "imh_store_commit_seconds", EXPOSITION_HISTOGRAM,
                      "How long transactions took, from their beginning to the disk.");
    exposition_histogram(out, "imh_store_commit_seconds", NULL, &store->commits);
    write_one(out, "imh_store_failed_commits_total", EXPOSITION_COUNTER,
              "Transactions that are not on the disk.", (int64_t)store->failed);
    write_one(out, "imh_store_file_bytes", EXPOSITION_GAUGE, "The database.",
              store->file_bytes);
    write_one(out, "imh_store_log_bytes", EXPOSITION_GAUGE, "Its log.", store->log_bytes);
}

static void write_kept(struct text *out, const struct keeper *keeper)
{
    write_one(out, "imh_jobs_forgotten_total", EXPOSITION_COUNTER,
              "Old jobs that were forgotten.", (int64_t)keeper_forgotten(keeper));
    exposition_family(out, "imh_jobs_forgotten_at_seconds", EXPOSITION_GAUGE,
                      "When nothing was left to forget, in seconds since 1970; 0: never.");
    exposition_ms(out, "imh_jobs_forgotten_at_seconds", NULL, keeper_swept_at_ms(keeper));
}

bool metrics_write(void *self, struct text *out, struct error *error)
{
    const struct daemon *daemon = self;
    struct metrics *metrics = daemon->metrics;
    metrics_gather(metrics, daemon);
    write_host(out, daemon, metrics);
    write_row_figures(out, metrics);
    write_results(out, metrics);
    write_jobs(out, metrics);
    write_lag(out, metrics);
    write_processes(out, &daemon->figures);
    write_calls(out, &daemon->figures);
    write_requests(out, &daemon->figures);
    write_cache(out, daemon->relay);
    write_rest(out, daemon->site);
    write_plugins(out, daemon->site);
    write_disk(out, keeper_room(daemon->keeper));
    write_kept(out, daemon->keeper);
    write_one(out, "imh_store_up", EXPOSITION_GAUGE, "1: the store answers.",
              metrics->has_store);
    if (metrics->has_store) {
        write_store(out, &metrics->store);
    }
    return text_ok(out, "the figures", error);
}
