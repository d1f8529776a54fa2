#include "engine/variables.h"

#include <stdlib.h>

#include "engine/roots.h"

enum { LOOKUPS_A_TIMEOUT = 100, SUBJECT_BYTES = 64 << 10 };

struct batch;

struct variables {
    struct supervisor *supervisor;
    const struct clock *clock;
    struct answers *answers;
    struct root *roots;
    uint64_t window;
    struct answer_entry *first_wanted, **last_wanted;
    uint64_t wanted;       /* so many since the last fetch */
    uint64_t wanted_pages; /* of these, further pages of a list */
    uint64_t answers_came, answers_bytes;
    struct batch *waiting; /* to be started */
    uint32_t batches;      /* under way */
    int64_t rested_ms;     /* how long this window waited for remotes that rest */
    int64_t rest_until_ms; /* what is wanted again is not asked before; real, monotonic */
    struct variables_counts counts;
    const struct value *recipient;
    uint64_t lookups;     /* of the present message */
    bool missing, failed; /* of the present message */
    bool stopped;
    bool has_failure;
    struct error failure; /* the window's first that makes messages wait */
};

struct variables *variables_make(struct supervisor *supervisor, const struct clock *clock)
{
    struct variables *variables = calloc(1, sizeof *variables);
    if (!variables) {
        return NULL;
    }
    variables->supervisor = supervisor;
    variables->clock = clock;
    variables->window = 1;
    variables->last_wanted = &variables->first_wanted;
    variables->answers = answers_make(VARIABLES_BYTES, VARIABLES_MOST_BYTES);
    if (!variables->answers) {
        free(variables);
        return NULL;
    }
    return variables;
}

void variables_free(struct variables *variables)
{
    if (!variables) {
        return;
    }
    while (variables->roots) {
        struct root *root = variables->roots;
        variables->roots = root->next;
        free(root);
    }
    answers_free(variables->answers);
    free(variables);
}

/* ---- looking up ---- */

static void want(struct variables *variables, struct answer_entry *entry, bool is_page)
{
    entry->window = variables->window;
    entry->next_wanted = NULL;
    *variables->last_wanted = entry;
    variables->last_wanted = &entry->next_wanted;
    variables->wanted++;
    variables->wanted_pages += is_page;
}

/* Answered in this window, or not too old: and then it is good for the rest of the window.
 */
static bool is_fresh(struct variables *variables, struct answer_entry *entry)
{
    bool fresh = entry->window == variables->window ||
                 clock_mono_ms(variables->clock) < entry->expires_ms;
    if (fresh) {
        entry->window = variables->window;
    }
    return fresh;
}

/* What a failure means for the message: by the integration's on_failure. */
static bool take_failure(struct variables *variables, const struct integration *integration,
                         const struct error *failure, struct value *value,
                         struct error *error)
{
    switch (integration->on_failure) {
    case ON_FAILURE_EMPTY:
        *value = value_null();
        return true;
    case ON_FAILURE_STOP:
        variables->stopped = true;
        *error = *failure;
        return error_wrap(error, "integration '%s'", integration->identifier);
    default:
        *value = value_pending();
        variables->failed = true;
        if (!variables->has_failure) {
            variables->has_failure = true;
            variables->failure = *failure;
            (void)error_wrap(&variables->failure, "integration '%s'",
                             integration->identifier);
        }
        return true;
    }
}

static bool look_up(struct variables *variables, const struct integration *integration,
                    const struct question *question, bool is_page, struct value *value,
                    struct error *error)
{
    struct answer_entry *entry = answers_find(variables->answers, question);
    variables->lookups++;
    if (entry) {
        entry->shared = entry->shared || entry->user != variables->recipient;
    } else {
        entry = answers_add(variables->answers, question);
        if (!entry) {
            return error_set(error, IMH_RETRY, "no memory for a lookup");
        }
        entry->user = variables->recipient;
        want(variables, entry, is_page);
    }
    if (entry->state >= ANSWER_VALUE && !is_fresh(variables, entry)) {
        answers_reset(variables->answers, entry,
                      question_stale_ms(integration, entry->answered_ms));
        want(variables, entry, is_page);
    }
    switch (entry->state) {
    case ANSWER_VALUE:
        *value = entry->value;
        return true;
    case ANSWER_MISSING:
        *value = value_null();
        return true;
    case ANSWER_FAILED:
        return take_failure(variables, integration, &entry->failure, value, error);
    default:
        *value = value_pending();
        variables->missing = true;
        return true;
    }
}

/* The recipient's fields that the variable asks for, as a JSON object. Those that this one
 * does not have are left out: a plugin sees at once that they are missing. */
static void write_subject(const struct variables *variables, const imh_variable *variable,
                          struct text *subject)
{
    struct str rest = str_from(variable->subject);
    struct str name;
    const char *separator = "";
    text_add_cstr(subject, variable->subject ? "{" : "");
    while (str_word(&rest, &name)) {
        struct key key = key_from_text(name);
        const struct value *field =
            variables->recipient && variables->recipient->type == VALUE_ARRAY
                ? array_get(variables->recipient->array, &key)
                : NULL;
        if (field && field->type != VALUE_NULL) {
            text_add_cstr(subject, separator);
            json_add_string(subject, name);
            text_add_char(subject, ':');
            data_write(subject, field);
            separator = ",";
        }
    }
    text_add_cstr(subject, variable->subject ? "}" : "");
}

bool variables_ask(struct variables *variables, const struct ask *ask, struct value *value,
                   struct error *error)
{
    struct text subject;
    text_init(&subject, SUBJECT_BYTES);
    write_subject(variables, &ask->root->descriptor->variables[ask->variable], &subject);
    struct question question = {.owner = ask->root->integration->id,
                                .variable = ask->variable,
                                .has_key = ask->has_key,
                                .key = ask->key,
                                .subject = text_str(&subject),
                                .query = ask->query};
    bool good =
        text_ok(&subject, "what a variable needs to know of the recipient", error) &&
        look_up(variables, ask->root->integration, &question, ask->is_page, value, error);
    text_done(&subject);
    return good;
}

/* ---- integrations ---- */

static struct root *root_of(struct variables *variables,
                            const struct integration *integration)
{
    struct root *root = variables->roots;
    while (root && root->integration != integration) {
        root = root->next;
    }
    if (!root && (root = calloc(1, sizeof *root)) != NULL) {
        *root = (struct root){.lazy = {&root_type},
                              .next = variables->roots,
                              .variables = variables,
                              .integration = integration};
        variables->roots = root;
    }
    return root;
}

/* Once a window: a plugin that cannot be loaded is not tried for every message. */
static void load(struct variables *variables, struct root *root)
{
    struct text refusal;
    if (root->descriptor || root->window == variables->window) {
        return;
    }
    root->window = variables->window;
    if (!integration_is_on(root->integration)) {
        integration_refuse(root->integration, &root->failure);
        return;
    }
    if (root->integration->unusable.status != IMH_OK) {
        root->failure = root->integration->unusable;
        return;
    }
    text_init(&refusal, 16 << 10);
    root->descriptor =
        supervisor_plugin(variables->supervisor, root->integration->plugin, &refusal);
    (void)error_set(&root->failure, IMH_BROKEN, "%.*s",
                    STR_ARGS(str_trim(text_str(&refusal))));
    text_done(&refusal);
}

bool variables_root(struct variables *variables, const struct integration *integration,
                    struct value *value, struct error *error)
{
    struct root *root = root_of(variables, integration);
    if (!root) {
        return error_set(error, IMH_RETRY, "no memory for an integration");
    }
    load(variables, root);
    *value = (struct value){.type = VALUE_LAZY, .lazy = &root->lazy};
    return true;
}

bool variables_fail(struct variables *variables, const struct root *root,
                    const struct error *failure, struct value *value, struct error *error)
{
    return take_failure(variables, root->integration, failure, value, error);
}

bool variables_stopped(const struct variables *variables)
{
    return variables->stopped;
}

/* ---- windows and messages ---- */

void variables_window(struct variables *variables)
{
    answers_trim(variables->answers, 0);
    variables->window++;
    variables->rested_ms = 0;
    variables->rest_until_ms = 0;
    variables->has_failure = false;
}

/* Whole batches: a rest of one would be a request more. */
bool variables_is_full(const struct variables *variables)
{
    uint64_t came = variables->answers_came;
    uint64_t bytes_each =
        came > 0 ? variables->answers_bytes / came + 1 : VARIABLES_ANSWER_BYTES;
    uint64_t most = VARIABLES_WINDOW_BYTES / bytes_each / VARIABLES_BATCH * VARIABLES_BATCH;
    return variables->wanted >= (most > 0 ? most : VARIABLES_BATCH);
}

void variables_begin(struct variables *variables, const struct value *recipient)
{
    variables->recipient = recipient;
    variables->lookups = 0;
    variables->missing = false;
    variables->failed = false;
}

enum variables_state variables_end(struct variables *variables, bool done)
{
    if (done) {
        variables->counts.lookups += variables->lookups;
    }
    return variables->failed    ? VARIABLES_FAILED
           : variables->missing ? VARIABLES_MISSING
                                : VARIABLES_COMPLETE;
}

const struct error *variables_failure(const struct variables *variables)
{
    return &variables->failure;
}

struct variables_counts variables_counts(const struct variables *variables)
{
    return variables->counts;
}

/* ---- fetching ---- */

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
    variables->rest_until_ms = latest;
    entry->state = ANSWER_WANTED;
    want(variables, entry, true);
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
