#include "engine/variables.h"

#include <stdlib.h>

#include "engine/variables_inside.h"

enum { SUBJECT_BYTES = 64 << 10 };

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

/* ---- looking up ---- */

void variables_want(struct variables *variables, struct answer_entry *entry, bool is_page)
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
    switch (variables->strict ? ON_FAILURE_WAIT : integration->on_failure) {
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
        variables_want(variables, entry, is_page);
    }
    if (entry->state >= ANSWER_VALUE && !is_fresh(variables, entry)) {
        answers_reset(variables->answers, entry,
                      question_stale_ms(integration, entry->answered_ms));
        variables_want(variables, entry, is_page);
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

void variables_be_strict(struct variables *variables)
{
    variables->strict = true;
}

/* ---- the end ---- */

void variables_free(struct variables *variables)
{
    if (!variables) {
        return;
    }
    variables_drop(variables);
    while (variables->roots) {
        struct root *root = variables->roots;
        variables->roots = root->next;
        free(root);
    }
    answers_free(variables->answers);
    free(variables);
}
