#include "engine/variables.h"

#include <stdlib.h>

#include "engine/variables_inside.h"

enum { LOOKUPS_A_TIMEOUT = 100 };

/* One question to a plugin: up to VARIABLES_BATCH lookups of one integration. */
struct batch {
    struct batch *next;
    struct variables *variables;
    struct root *root;
    struct answer_entry *entries[VARIABLES_BATCH];
    uint32_t count;
    size_t bytes;
};

static uint32_t declared_s(const struct batch *batch, const struct answer_entry *entry)
{
    return batch->root->descriptor->variables[entry->question.variable].ttl_s;
}

static void keep_for(const struct batch *batch, struct answer_entry *entry, int64_t seconds)
{
    entry->expires_ms = clock_mono_ms(batch->variables->clock) + seconds * 1000;
    entry->window = batch->variables->window;
}

/* A failure that says nothing of the value: an older one may stand in for a while. */
static bool may_pass(imh_status status)
{
    return status == IMH_RETRY || status == IMH_WAIT || status == IMH_UNKNOWN;
}

static void fail_entry(const struct batch *batch, struct answer_entry *entry,
                       const struct outcome *outcome)
{
    if (question_is_missed(outcome->status)) {
        entry->state = ANSWER_MISSING;
        keep_for(
            batch, entry,
            question_missing_ttl_s(batch->root->integration, declared_s(batch, entry)));
        return;
    }
    if (may_pass(outcome->status) &&
        answers_restore(batch->variables->answers, entry,
                        clock_mono_ms(batch->variables->clock))) {
        keep_for(batch, entry, VARIABLES_FAILURE_TTL_S);
        return;
    }
    struct str why =
        outcome->text.len > 0 ? outcome->text : STR_OF("the plugin does not say why");
    (void)error_set(&entry->failure, outcome->status, "%.*s", STR_ARGS(why));
    entry->failure.after_s = outcome->after_s;
    entry->state = ANSWER_FAILED;
    keep_for(batch, entry,
             outcome->after_s > 0 ? outcome->after_s : VARIABLES_FAILURE_TTL_S);
}

static bool set_answer(const struct batch *batch, struct answer_entry *entry,
                       const struct answer *answer)
{
    struct variables *variables = batch->variables;
    struct data_linker linker = root_linker(batch->root);
    if (!answers_has_room(variables->answers, answer->json.len)) {
        answers_trim(variables->answers, variables->window);
    }
    entry->answered_ms = clock_mono_ms(variables->clock) - answer->age_ms;
    return answers_set(variables->answers, entry, answer->json, &linker);
}

/* What a daemon has from before: put aside, as if it had been here since. */
static void take_old(const struct batch *batch, struct answer_entry *entry,
                     const struct answer *answer)
{
    if (set_answer(batch, entry, answer)) {
        answers_reset(batch->variables->answers, entry,
                      question_stale_ms(batch->root->integration, entry->answered_ms));
    }
    entry->state = ANSWER_ASKED;
}

static void take_new(const struct batch *batch, struct answer_entry *entry,
                     const struct answer *answer)
{
    bool good = set_answer(batch, entry, answer);
    keep_for(batch, entry,
             good ? question_ttl_s(batch->root->integration, declared_s(batch, entry),
                                   answer->ttl_s)
                  : VARIABLES_FAILURE_TTL_S);
    entry->expires_ms -= answer->age_ms;
    batch->variables->answers_came++;
    batch->variables->answers_bytes += entry->arena.used;
}

static void take_answer(void *self, const struct answer *answer)
{
    const struct batch *batch = self;
    struct answer_entry *entry = batch->entries[answer->token];
    if (entry->state == ANSWER_ASKED) {
        (answer->is_old ? take_old : take_new)(batch, entry, answer);
    }
}

/* A remote that wants a short rest, or whose budget does, is asked again after it. */
static bool rests(struct variables *variables, struct answer_entry *entry,
                  const struct outcome *outcome)
{
    int64_t now = clock_mono_ms(&clock_real);
    int64_t until = now + (int64_t)outcome->after_s * 1000;
    int64_t latest = until > variables->rest_until_ms ? until : variables->rest_until_ms;
    if (outcome->status != IMH_WAIT || outcome->after_s == 0 ||
        latest - now + variables->rested_ms > VARIABLES_REST_S * 1000) {
        return false;
    }
    variables->rest_from_ms =
        variables->rest_until_ms < now ? now : variables->rest_from_ms;
    variables->rest_until_ms = latest;
    entry->state = ANSWER_WANTED;
    variables_want(variables, entry, true);
    return true;
}

static void take_unanswered(void *self, const struct unanswered *unanswered)
{
    struct batch *batch = self;
    struct answer_entry *entry = batch->entries[unanswered->token];
    if (entry->state == ANSWER_ASKED &&
        !rests(batch->variables, entry, &unanswered->outcome)) {
        fail_entry(batch, entry, &unanswered->outcome);
        entry->expires_ms -= unanswered->age_ms;
    }
}

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct batch *batch = self;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct answer_entry *entry = batch->entries[i];
        if (entry->state == ANSWER_ASKED && !rests(batch->variables, entry, outcome)) {
            fail_entry(batch, entry, outcome);
        }
    }
    batch->variables->counts.questions += batch->count - spent->kept;
    batch->variables->counts.remote_calls += spent->requests;
    struct batch **at = &batch->variables->asked;
    while (*at != batch) {
        at = &(*at)->next;
    }
    *at = batch->next;
    batch->variables->batches--;
    batch->root->batches--;
    free(batch);
}

static void start_batch(struct batch *batch)
{
    struct variables *variables = batch->variables;
    struct call_lookup lookups[VARIABLES_BATCH];
    struct call_order order = {
        .kind = CALL_RESOLVE, .lookups = lookups, .lookup_count = batch->count};
    const struct call_watcher watcher = {.self = batch,
                                         .answer = take_answer,
                                         .unanswered = take_unanswered,
                                         .end = take_end};
    int64_t timeouts = (batch->count + LOOKUPS_A_TIMEOUT - 1) / LOOKUPS_A_TIMEOUT;
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct question *question = &batch->entries[i]->question;
        batch->entries[i]->state = ANSWER_ASKED;
        lookups[i] = (struct call_lookup){.token = i,
                                          .variable = question->variable,
                                          .has_key = question->has_key,
                                          .key = question->key,
                                          .subject = question->subject,
                                          .query = question->query};
    }
    variables->batches++;
    batch->root->batches++;
    batch->next = variables->asked;
    variables->asked = batch;
    supervisor_call(variables->supervisor, batch->root->integration, &order,
                    timeouts * batch->root->integration->timeout_ms, &watcher);
}

/* A remote takes only so many requests at once: if all batches were under way together, the
 * time of each would be spent waiting for the others. Two overlap their work. */
static uint32_t batches_at_once(const struct root *root)
{
    uint32_t parallel = root->integration->parallel ? root->integration->parallel
                                                    : root->descriptor->parallel;
    return parallel == 1 ? 1 : 2;
}

/* Those whose turn it is. */
static void start_waiting(struct variables *variables)
{
    struct batch **at = &variables->waiting;
    while (*at) {
        struct batch *batch = *at;
        if (batch->root->batches < batches_at_once(batch->root)) {
            *at = batch->next;
            start_batch(batch);
        } else {
            at = &batch->next;
        }
    }
}

/* That of a question: it was there before. */
static struct root *asked_root(const struct variables *variables, uint64_t owner)
{
    struct root *root = variables->roots;
    while (root->integration->id != owner) {
        root = root->next;
    }
    return root;
}

/* The batch that takes the entry; NULL when memory is out. */
static struct batch *batch_for(struct variables *variables, uint64_t owner)
{
    struct batch **at = &variables->waiting;
    for (; *at; at = &(*at)->next) {
        const struct batch *batch = *at;
        if (batch->root->integration->id == owner && batch->count < VARIABLES_BATCH &&
            batch->bytes < VARIABLES_BATCH_BYTES) {
            return *at;
        }
    }
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch) {
        batch->variables = variables;
        batch->root = asked_root(variables, owner);
        *at = batch;
    }
    return batch;
}

/* Everything that is wanted, in batches. */
static void make_batches(struct variables *variables)
{
    for (struct answer_entry *at = variables->first_wanted; at; at = at->next_wanted) {
        struct batch *batch = batch_for(variables, at->question.owner);
        if (batch) {
            batch->entries[batch->count++] = at;
            batch->bytes +=
                at->question.key.len + at->question.subject.len + at->question.query.len;
        } else {
            at->state = ANSWER_FAILED;
            (void)error_set(&at->failure, IMH_RETRY, "no memory to ask");
        }
    }
    variables->first_wanted = NULL;
    variables->last_wanted = &variables->first_wanted;
    variables->wanted = 0;
    variables->wanted_pages = 0;
}

enum { TURN_MS = 1000 };

static void give_rest(struct variables *variables)
{
    int64_t left;
    int64_t began = clock_mono_ms(&clock_real);
    while ((left = variables->rest_until_ms - clock_mono_ms(&clock_real)) > 0) {
        supervisor_turn(variables->supervisor, left < TURN_MS ? left : TURN_MS);
    }
    variables->rested_ms += clock_mono_ms(&clock_real) - began;
}

bool variables_fetch(struct variables *variables)
{
    bool only_pages = variables->wanted > 0 && variables->wanted_pages == variables->wanted;
    do {
        give_rest(variables);
        make_batches(variables);
        start_waiting(variables);
        while (variables->batches > 0) {
            supervisor_turn(variables->supervisor, TURN_MS);
            start_waiting(variables);
        }
    } while (variables->first_wanted); /* somebody wants a rest first */
    return only_pages;
}

bool variables_turn(struct variables *variables)
{
    int64_t now = clock_mono_ms(&clock_real);
    if (now >= variables->rest_until_ms) {
        variables->rested_ms +=
            variables->rest_until_ms > 0 ? now - variables->rest_from_ms : 0;
        variables->rest_until_ms = 0;
        make_batches(variables);
    }
    start_waiting(variables);
    return variables->batches > 0 || variables->waiting || variables->first_wanted;
}

static void free_batches(struct batch *batch)
{
    while (batch) {
        struct batch *next = batch->next;
        free(batch);
        batch = next;
    }
}

void variables_drop(struct variables *variables)
{
    free_batches(variables->waiting);
    free_batches(variables->asked);
}
