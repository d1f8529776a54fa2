#include "app/metrics_store.h"

/* A question in the store's thread, while the daemon waits. */
struct asking {
    struct store_work work; /* first */
    const struct store *store;
    struct metrics *metrics;
};

static bool ask(struct store_work *work, struct db *db, struct error *error)
{
    struct asking *asking = (struct asking *)(void *)work;
    struct metrics *metrics = asking->metrics;
    int64_t now_ms = clock_now_ms(&clock_real);
    metrics->store = store_figures(asking->store);
    for (unsigned i = 0; i < metrics->tally_count; i++) {
        if (!tally_read(db, metrics->ids[i], now_ms, &metrics->tallies[i], error)) {
            return false;
        }
    }
    return true;
}

static void note_row(void *self, const struct deliver_figures *figures)
{
    struct metrics *metrics = self;
    if (metrics->count == METRICS_INTEGRATIONS_MOST) {
        metrics->left_out++;
        return;
    }
    metrics->rows[metrics->count++] = (struct metrics_row){.figures = *figures};
}

static void ask_store(struct metrics *metrics, const struct daemon *daemon)
{
    struct error ignored; /* it is told by what is left out, and in the log */
    struct store *store = safe_store(daemon->context->safe);
    struct asking asking = {.work = {.run = ask}, .store = store, .metrics = metrics};
    int64_t began_ms = clock_mono_ms(&clock_real);
    metrics->tally_count = 0;
    for (unsigned i = 0; i < metrics->count; i++) {
        if (metrics->rows[i].figures.id != 0) {
            metrics->ids[metrics->tally_count++] = metrics->rows[i].figures.id;
        }
    }
    metrics->has_store = store_do(store, &asking.work, &ignored);
    int64_t now_ms = clock_mono_ms(&clock_real);
    int64_t rest_ms = (now_ms - began_ms) * METRICS_SHARE;
    metrics->next_ms = now_ms + (rest_ms > METRICS_FRESH_MS ? rest_ms : METRICS_FRESH_MS);
}

static void place_tally(struct metrics *metrics, struct metrics_row *row)
{
    for (unsigned i = 0; i < metrics->tally_count && !row->counted; i++) {
        if (metrics->ids[i] == row->figures.id) {
            row->tally = metrics->tallies[i];
            row->counted = metrics->has_store;
        }
    }
}

void metrics_gather(struct metrics *metrics, const struct daemon *daemon)
{
    metrics->count = 0;
    metrics->left_out = 0;
    deliver_tell(daemon->deliver, note_row, metrics);
    if (clock_mono_ms(&clock_real) >= metrics->next_ms) {
        ask_store(metrics, daemon);
    }
    for (unsigned i = 0; i < metrics->count; i++) {
        place_tally(metrics, &metrics->rows[i]);
    }
}
