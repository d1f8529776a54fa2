#include "engine/mailing.h"

#include <stdlib.h>

#include "engine/reserved.h"

enum { BLOCK_BYTES = 256 << 10 };

/* A recipient of the window. */
struct message {
    struct value recipient;
    bool over; /* written, or waiting */
};

struct run {
    const struct mailing *mailing;
    const struct mailing_ports *ports;
    struct mailing_result *result;
    struct error *error;
    struct smarty_renderer *renderer;
    struct text out;
    struct arena arena; /* recipients of the window */
    struct message *messages;
    uint32_t count;
    uint64_t first;                /* number of the window's first message */
    const struct value *recipient; /* of the message being rendered */
    bool refused; /* an integration the template names cannot be used: `error` says why */
};

/* ---- where a variable comes from ---- */

static bool member_of(const struct value *array, const struct key *name,
                      struct value *value)
{
    const struct value *found =
        array && array->type == VALUE_ARRAY ? array_get(array->array, name) : NULL;
    if (found) {
        *value = *found;
    }
    return found != NULL;
}

/* A reserved word means what the mailing says; `profile` is the recipient as a whole. */
static bool reserved_root(const struct run *run, const struct key *name,
                          struct value *value)
{
    struct str text = {name->name, name->len};
    if (member_of(run->recipient, name, value) ||
        member_of(run->mailing->common, name, value)) {
        return true;
    }
    if (str_is(text, "profile") && run->recipient) {
        *value = *run->recipient;
        return true;
    }
    return false;
}

/* Reserved words, then identifiers, then the recipient's fields, then what all share. */
static bool find_root(void *self, const struct key *name, struct value *value)
{
    struct run *run = self;
    const struct mailing *mailing = run->mailing;
    struct str text = {name->name, name->len};
    if (reserved_is(text)) {
        return reserved_root(run, name, value);
    }
    const struct integration *integration = mailing->find(mailing->find_self, text);
    if (integration) {
        if (variables_root(mailing->variables, integration, value, run->error)) {
            return true;
        }
        run->refused = true;
        return false;
    }
    return member_of(run->recipient, name, value) ||
           member_of(mailing->common, name, value);
}

/* ---- a window ---- */

/* Recipients until the window is full or there are no more. */
static bool fill_window(struct run *run)
{
    run->count = 0;
    arena_clear(&run->arena);
    while (run->count < MAILING_WINDOW && run->arena.used < MAILING_WINDOW_BYTES) {
        struct message *message = &run->messages[run->count];
        run->error->status = IMH_OK;
        *message = (struct message){0};
        if (!run->ports->next(run->ports->self, &run->arena, &message->recipient,
                              run->error)) {
            return run->error->status == IMH_OK;
        }
        run->count++;
    }
    return true;
}

static void let_wait(struct run *run, uint32_t number)
{
    if (run->result->waiting++ == 0) {
        run->result->why = *variables_failure(run->mailing->variables);
    }
    run->messages[number].over = true;
    run->ports->wait(run->ports->self, run->first + number);
}

/* One message once more. false: the run stops. */
static bool render(struct run *run, uint32_t number, bool *missing)
{
    struct message *message = &run->messages[number];
    struct variables *variables = run->mailing->variables;
    struct smarty_data data = {.self = run,
                               .root = find_root,
                               .store = run->mailing->store,
                               .zone = run->mailing->zone,
                               .now_s = clock_now_ms(run->mailing->clock) / 1000};
    run->recipient = &message->recipient;
    text_clear(&run->out);
    variables_begin(variables, &message->recipient);
    enum smarty_result result =
        smarty_render(run->renderer, run->mailing->template, &data, &run->out, run->error);
    enum variables_state state = variables_end(variables, result == SMARTY_DONE);
    if (run->refused || result == SMARTY_FAILED) {
        return false;
    }
    if (result == SMARTY_DONE) {
        message->over = true;
        run->result->messages++;
        return run->ports->write(run->ports->self, run->first + number, text_str(&run->out),
                                 run->error);
    }
    if (state == VARIABLES_FAILED) {
        let_wait(run, number);
    } else {
        *missing = true;
    }
    return true;
}

/* Those from `from` to `*end` that are not over; the first time as many as there is room
 * for the answers of, and `*end` is then behind them. */
static bool render_all(struct run *run, uint32_t from, uint32_t *end, bool first,
                       bool *missing)
{
    for (uint32_t i = from; i < *end; i++) {
        if (!run->messages[i].over && !render(run, i, missing)) {
            return false;
        }
        if (first && variables_is_full(run->mailing->variables)) {
            *end = i + 1;
        }
    }
    return true;
}

/* A part of the window from `*from` on; `*from` is then behind it. */
static bool run_part(struct run *run, uint32_t *from)
{
    struct variables *variables = run->mailing->variables;
    uint32_t end = run->count;
    unsigned passes = 0; /* that brought more than further pages of a list */
    bool missing = true;
    variables_window(variables);
    for (bool first = true; missing; first = false) {
        if (passes == MAILING_PASSES_MOST) {
            return error_set(run->error, IMH_REJECTED,
                             "the template asks for more live data each time it gets some, "
                             "%d times: it never ends",
                             MAILING_PASSES_MOST);
        }
        missing = false;
        if (!render_all(run, *from, &end, first, &missing)) {
            return false;
        }
        passes += missing && !variables_fetch(variables);
    }
    *from = end;
    return true;
}

static bool run_window(struct run *run)
{
    for (uint32_t from = 0; from < run->count;) {
        if (!run_part(run, &from)) {
            return false;
        }
    }
    run->first += run->count;
    return true;
}

bool mailing_run(const struct mailing *mailing, const struct mailing_ports *ports,
                 struct mailing_result *result, struct error *error)
{
    struct run run = {.mailing = mailing,
                      .ports = ports,
                      .result = result,
                      .error = error,
                      .renderer = smarty_renderer_make(),
                      .messages = calloc(MAILING_WINDOW, sizeof *run.messages)};
    bool good = run.renderer && run.messages;
    *result = (struct mailing_result){0};
    text_init(&run.out, SMARTY_OUTPUT_MOST);
    arena_init(&run.arena, BLOCK_BYTES, 0);
    if (!good) {
        (void)error_set(error, IMH_RETRY, "no memory for a mailing");
    } else if (mailing->limits) {
        smarty_renderer_limit(run.renderer, mailing->limits);
    }
    do {
        good = good && fill_window(&run) && (run.count == 0 || run_window(&run));
    } while (good && run.count > 0);
    result->stopped = variables_stopped(mailing->variables);
    text_done(&run.out);
    arena_done(&run.arena);
    smarty_renderer_free(run.renderer);
    free(run.messages);
    return good;
}
