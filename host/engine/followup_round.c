#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/builtin.h"
#include "engine/followup_look.h"
#include "engine/reserved.h"
#include "smarty/data.h"

/* Looks that find out together: what they lack is asked for at once, until nothing is
 * lacking. Nothing that was known before counts: it is live. */
struct round {
    struct round *next;
    struct followups *followups;
    struct following *following;
    struct followups_account served; /* as it began */
    struct followup_set *set;        /* held */
    struct variables *variables;
    struct look *looks;
    uint32_t passes;
};

/* A look in a pass. */
struct passing {
    struct round *round;
    struct look *look;
    struct error error;
    bool refused; /* a root could not be had: `error` */
};

enum found { FOUND_ALL, FOUND_LATER, FOUND_WRONG };

/* ---- roots ---- */

static bool find_root(void *self, const struct key *name, struct value *value)
{
    struct passing *passing = self;
    const struct round *round = passing->round;
    struct str text = {name->name, name->len};
    if (str_is(text, "trigger")) {
        *value = passing->look->trigger;
        return true;
    }
    const struct integration *integration =
        reserved_is(text) ? NULL : round->served.find(round->served.self, text);
    if (!integration) {
        return false;
    }
    if (variables_root(round->variables, integration, value, &passing->error)) {
        return true;
    }
    passing->refused = true;
    return false;
}

static bool link_nowhere(void *self, const struct data_reference *reference,
                         struct arena *arena, struct value *value)
{
    (void)self;
    (void)reference;
    (void)arena;
    (void)value;
    return false;
}

/* The event, and whom it is about. */
static bool read_trigger(struct passing *passing)
{
    const struct round *round = passing->round;
    struct look *look = passing->look;
    const struct event *event = &look->event.event;
    const struct trigger trigger = {event->id,     look->event.identifier, event->type,
                                    event->key,    event->at_ms,           event->data,
                                    event->origin, event->subject};
    struct data_linker linker = {.zone = followup_set_zone(look->set),
                                 .link = link_nowhere};
    const struct integration *source =
        round->served.find(round->served.self, look->event.identifier);
    if (look->has_trigger) {
        return true;
    }
    if (source && integration_is_on(source) &&
        !variables_linker(round->variables, source, &linker, &passing->error)) {
        passing->error.status = IMH_RETRY; /* it may be there later */
        return false;
    }
    look->has_trigger =
        trigger_value(&trigger, &linker, &look->arena, &look->trigger, &passing->error) &&
        data_read(event->subject, &json_limits_input, DATA_PLAIN, &look->arena,
                  &look->subject, &passing->error);
    return look->has_trigger;
}

/* ---- rendering ---- */

static struct smarty_data data_of(struct passing *passing)
{
    const struct followups *followups = passing->round->followups;
    return (struct smarty_data){.self = passing,
                                .root = find_root,
                                .zone = followup_set_zone(passing->look->set),
                                .now_s = clock_now_ms(followups->settings.clock) / 1000};
}

/* What it prints, in the followups' `out`. */
static enum found render(struct passing *passing, const struct smarty_template *template)
{
    struct followups *followups = passing->round->followups;
    const struct smarty_data data = data_of(passing);
    text_clear(&followups->out);
    smarty_renderer_limit(followups->renderer, followup_set_limits(passing->look->set));
    enum smarty_result result = smarty_render(followups->renderer, template, &data,
                                              &followups->out, &passing->error);
    if (result == SMARTY_FAILED || passing->refused) {
        return FOUND_WRONG;
    }
    return result == SMARTY_DONE ? FOUND_ALL : FOUND_LATER;
}

static enum found answer(struct passing *passing, const struct smarty_template *condition,
                         bool *yes)
{
    enum found found = condition ? render(passing, condition) : FOUND_ALL;
    *yes = !condition || passing->round->followups->out.len > 0;
    return found;
}

/* ---- the action ---- */

static struct str keep(struct look *look, struct text *text)
{
    struct str copy = arena_copy(&look->arena, text_str(text));
    return copy.ptr && !text->failed ? copy : (struct str){NULL, 0};
}

static void add_source(const struct followup_argument *argument, struct text *args)
{
    json_add_string(args, argument->name);
    text_add_char(args, ':');
    json_add_string(args, argument->source);
}

/* What its templates know of the event, unless the follow-up says it itself. */
static void add_trigger(const struct look *look, const struct followup_step *step,
                        struct text *args)
{
    for (uint32_t i = 0; i < step->argument_count; i++) {
        if (str_is(step->arguments[i].name, "data")) {
            return;
        }
    }
    text_add_cstr(args, args->len > 1 ? "," : "");
    text_add_cstr(args, "\"data\":{\"trigger\":");
    data_write(args, &look->trigger);
    text_add_char(args, '}');
}

static enum found add_argument(struct passing *passing, const char *schema,
                               const struct followup_argument *argument, struct text *args)
{
    struct followups *followups = passing->round->followups;
    size_t before = args->len;
    bool absent = false;
    bool later = builtin_is_template(schema, argument->name); /* when the job runs */
    enum found found = later ? FOUND_ALL : render(passing, argument->value);
    if (found != FOUND_ALL) {
        return found;
    }
    text_add_cstr(args, args->len > 1 ? "," : "");
    if (later) {
        add_source(argument, args);
        return FOUND_ALL;
    }
    const struct argument_given given = {.schema = schema,
                                         .name = argument->name,
                                         .value = text_str(&followups->out),
                                         .is_json = smarty_prints_json(argument->value)};
    if (!argument_add(&given, args, &absent, &passing->error)) {
        return FOUND_WRONG;
    }
    args->len = absent ? before : args->len;
    return FOUND_ALL;
}

/* All are looked at, so that one question to a remote asks for everything. */
static enum found write_arguments(struct passing *passing, struct text *args)
{
    const struct look *look = passing->look;
    const struct followup_step *step = &look->followup->steps[look->run.step - 1];
    const char *schema = deliver_params(look->deliver, str_from(look->following->account),
                                        step->integration, step->action);
    enum found found = FOUND_ALL;
    text_add_char(args, '{');
    for (uint32_t i = 0; i < step->argument_count && found != FOUND_WRONG; i++) {
        enum found one = add_argument(passing, schema, &step->arguments[i], args);
        found = one == FOUND_ALL ? found : one;
    }
    if (builtin_renders(schema)) {
        add_trigger(look, step, args);
    }
    text_add_char(args, '}');
    return found;
}

/* Why the job is there, with all that led to it. */
static bool write_origin(struct passing *passing, struct text *origin)
{
    struct look *look = passing->look;
    const struct event *event = &look->event.event;
    const struct trigger trigger = {event->id,     look->event.identifier, event->type,
                                    event->key,    event->at_ms,           event->data,
                                    event->origin, event->subject};
    text_add_cstr(origin, "{\"followup\":");
    json_add_string(origin, look->run.name);
    text_print(origin,
               ",\"run\":%" PRId64 ",\"step\":%" PRIu32 ",\"event\":%" PRId64
               ",\"causes\":",
               look->run.id, look->run.step, event->id);
    bool good = trigger_causes(&trigger, look->run.name, origin, &passing->error);
    text_add_char(origin, '}');
    return good && text_ok(origin, "the causes of a job", &passing->error);
}

static bool draft_action(struct passing *passing, struct text *args, struct text *origin,
                         struct text *stream)
{
    struct look *look = passing->look;
    const struct followup_step *step = &look->followup->steps[look->run.step - 1];
    const struct command_wanted wanted = {.account = str_from(look->following->account),
                                          .identifier = step->integration,
                                          .action = step->action,
                                          .args = keep(look, args)};
    if (!text_ok(args, "the arguments", &passing->error) ||
        !write_origin(passing, origin) ||
        !deliver_draft(look->deliver, &wanted, &look->end.action, stream,
                       &passing->error)) {
        return false;
    }
    look->end.action.flags |= JOB_FOLLOWS;
    look->end.action.stream = keep(look, stream);
    look->end.action_text = (struct job_text){wanted.args, keep(look, origin), STR("")};
    look->end.account = wanted.account;
    look->end.limit = look->followup->limit;
    return (wanted.args.ptr && look->end.action.stream.ptr &&
            look->end.action_text.origin.ptr) ||
           error_set(&passing->error, IMH_RETRY, "no memory for a follow-up");
}

/* For whom the limit counts it. */
static enum found find_whom(struct passing *passing)
{
    struct look *look = passing->look;
    struct text *out = &passing->round->followups->out;
    look->end.whom = STR_OF("");
    if (!look->followup->limit.per || look->run.step > 1) {
        return FOUND_ALL;
    }
    enum found found = render(passing, look->followup->limit.per);
    if (found != FOUND_ALL) {
        return found;
    }
    if (str_trim(text_str(out)).len == 0) {
        (void)error_set(&passing->error, IMH_REJECTED,
                        "'limit': whom it counts for is empty: let 'if' want that it is "
                        "there");
        return FOUND_WRONG;
    }
    look->end.whom = keep(look, out);
    if (!look->end.whom.ptr) {
        (void)error_set(&passing->error, IMH_RETRY, "no memory for a follow-up");
        return FOUND_WRONG;
    }
    return FOUND_ALL;
}

static enum found make_action(struct passing *passing)
{
    struct text args;
    struct text origin;
    struct text stream;
    enum found whom = find_whom(passing);
    text_init(&args, JOB_ARGS_BYTES);
    text_init(&origin, JOB_ORIGIN_BYTES);
    text_init(&stream, JOB_STREAM_BYTES);
    enum found found = whom == FOUND_WRONG ? whom : write_arguments(passing, &args);
    found = whom == FOUND_LATER && found == FOUND_ALL ? whom : found;
    if (found == FOUND_ALL && !draft_action(passing, &args, &origin, &stream)) {
        found = FOUND_WRONG;
    }
    text_done(&args);
    text_done(&origin);
    text_done(&stream);
    return found;
}

/* ---- a pass ---- */

/* The look is over with this, or goes on. */
enum outcome_of_look {
    LOOK_LATER,
    LOOK_WRONG,
    LOOK_UNWANTED,
    LOOK_NEEDLESS,
    LOOK_WAITS,
    LOOK_ACTS,
    LOOK_CONFIRMS
};

static enum outcome_of_look later(enum found found)
{
    return found == FOUND_LATER ? LOOK_LATER : LOOK_WRONG;
}

static int64_t due_of(const struct look *look)
{
    return followup_wait_end(&look->followup->steps[look->run.step - 1].wait,
                             followup_set_zone(look->set), look->run.since_ms);
}

/* With what its variables are: what is lacking for that is not asked for. */
static void note_answer(const struct passing *passing, const struct values *values,
                        bool yes, struct followup_answer *noted)
{
    struct followups *followups = passing->round->followups;
    struct passing beside = *passing;
    const struct smarty_data data = data_of(&beside);
    text_clear(&followups->out);
    values_write(values, followups->renderer, &data, &followups->out);
    *noted = (struct followup_answer){true, yes, keep(passing->look, &followups->out)};
}

/* What a condition says, or why it is not known yet. */
static enum outcome_of_look ask(struct passing *passing,
                                const struct smarty_template *condition,
                                const struct values *values, enum outcome_of_look no,
                                struct followup_answer *noted)
{
    bool yes = true;
    enum found found = answer(passing, condition, &yes);
    if (found == FOUND_ALL && condition) {
        note_answer(passing, values, yes, noted);
    }
    return found != FOUND_ALL ? later(found) : yes ? LOOK_ACTS : no;
}

/* Once, before the wait. */
static enum outcome_of_look find_wanted(struct passing *passing,
                                        const struct followup_step *step)
{
    struct look *look = passing->look;
    if (look->is_action || !look->run.asks) {
        return LOOK_ACTS;
    }
    enum outcome_of_look outcome = ask(passing, step->condition, &step->condition_values,
                                       LOOK_UNWANTED, &look->end.condition);
    int64_t now_ms = clock_now_ms(passing->round->followups->settings.clock);
    return outcome == LOOK_ACTS && due_of(look) > now_ms ? LOOK_WAITS : outcome;
}

static enum outcome_of_look find_out(struct passing *passing)
{
    struct look *look = passing->look;
    const struct followup_step *step = &look->followup->steps[look->run.step - 1];
    enum outcome_of_look outcome = find_wanted(passing, step);
    if (outcome == LOOK_ACTS) {
        outcome = ask(passing, step->recheck, &step->recheck_values, LOOK_NEEDLESS,
                      &look->end.recheck);
    }
    if (outcome != LOOK_ACTS || look->is_action) {
        return outcome == LOOK_ACTS ? LOOK_CONFIRMS : outcome;
    }
    enum found found = make_action(passing);
    return found == FOUND_ALL ? LOOK_ACTS : later(found);
}

static void end_look(struct passing *passing, enum outcome_of_look outcome)
{
    struct look *look = passing->look;
    switch (outcome) {
    case LOOK_UNWANTED:
        look_stop(look, RUN_UNWANTED, STR_OF("'if' said no"));
        break;
    case LOOK_NEEDLESS:
        look_stop(look, RUN_NEEDLESS, STR_OF("'recheck' said no"));
        break;
    case LOOK_WAITS:
        look_wait(look, due_of(look));
        break;
    case LOOK_ACTS:
        look_act(look);
        break;
    case LOOK_CONFIRMS:
        look_confirm(look);
        break;
    default:
        look_fail(look, &passing->error);
        break;
    }
}

/* What a remote cannot tell now, it can later: by the ladder. */
static void make_passing(struct passing *passing)
{
    const struct error *failure = variables_failure(passing->round->variables);
    uint32_t after_s = failure->after_s;
    passing->error = *failure;
    passing->error.status = IMH_RETRY;
    passing->error.after_s = after_s;
}

/* false: it is over. */
static bool pass_look(struct round *round, struct look *look)
{
    struct passing passing = {.round = round, .look = look};
    if (!read_trigger(&passing)) {
        look_fail(look, &passing.error);
        return false;
    }
    variables_begin(round->variables, &look->subject);
    enum outcome_of_look outcome = find_out(&passing);
    enum variables_state state = variables_end(round->variables, outcome != LOOK_LATER);
    if (outcome == LOOK_LATER && state == VARIABLES_MISSING) {
        return true;
    }
    if (outcome == LOOK_LATER) {
        make_passing(&passing);
        outcome = LOOK_WRONG;
    }
    end_look(&passing, outcome);
    return false;
}

/* true: some lack something still. */
static bool pass(struct round *round)
{
    struct look **at = &round->looks;
    while (*at) {
        struct look *look = *at;
        struct look *next = look->next;
        if (pass_look(round, look)) {
            at = &look->next;
        } else {
            *at = next;
        }
    }
    return round->looks;
}

static void fail_all(struct round *round, imh_status status, const char *why)
{
    struct error error;
    (void)error_set(&error, status, "%s", why);
    while (round->looks) {
        struct look *look = round->looks;
        round->looks = look->next;
        look_fail(look, &error);
    }
}

/* ---- rounds ---- */

static void free_round(struct round *round)
{
    while (round->looks) {
        struct look *look = round->looks;
        round->looks = look->next;
        look_free(look);
    }
    variables_free(round->variables);
    followup_set_release(round->set);
    free(round);
}

void rounds_free(struct followups *followups)
{
    while (followups->rounds) {
        struct round *round = followups->rounds;
        followups->rounds = round->next;
        free_round(round);
    }
}

bool rounds_wait(const struct followups *followups)
{
    return followups->rounds != NULL;
}

bool rounds_use(const struct followups *followups, const struct supervisor *supervisor)
{
    const struct round *round = followups->rounds;
    while (round && round->served.supervisor != supervisor) {
        round = round->next;
    }
    return round != NULL;
}

/* Takes as many looks as go together. */
static void fill(struct round *round)
{
    struct following *following = round->following;
    struct look **last = &round->looks;
    for (uint32_t i = 0; i < FOLLOWUPS_ROUND_LOOKS && following->waiting; i++) {
        struct look *look = following->waiting;
        following->waiting = look->next;
        look->next = NULL;
        *last = look;
        last = &look->next;
    }
    if (!following->waiting) {
        following->last = &following->waiting;
    }
}

static struct round *begin(struct followups *followups, struct following *following)
{
    struct round *round = calloc(1, sizeof *round);
    if (!round) {
        return NULL;
    }
    round->followups = followups;
    round->following = following;
    round->served = following->served;
    fill(round);
    if (!round->served.supervisor) {
        fail_all(round, IMH_CANCELED, "the account is not served any more");
        free(round);
        return NULL;
    }
    round->set = followup_set_hold(round->served.set);
    round->variables = variables_make(round->served.supervisor, followups->settings.clock);
    if (!round->variables) {
        fail_all(round, IMH_RETRY, "no memory for a follow-up");
        free_round(round);
        return NULL;
    }
    variables_be_strict(round->variables);
    variables_window(round->variables);
    following->rounds++;
    return round;
}

static void start_rounds(struct followups *followups)
{
    for (struct following *at = followups->following; at; at = at->next) {
        while (at->waiting && at->rounds < FOLLOWUPS_ROUNDS_MOST) {
            struct round *round = begin(followups, at);
            if (!round) {
                break;
            }
            round->next = followups->rounds;
            followups->rounds = round;
        }
    }
}

/* false: it is over. */
static bool go_on(struct round *round)
{
    while (round->looks) {
        if (variables_turn(round->variables)) {
            return true;
        }
        if (round->passes++ == FOLLOWUPS_PASSES_MOST) {
            fail_all(round, IMH_REJECTED,
                     "it asks for more live data each time it gets some: it never ends");
        } else if (!pass(round)) {
            return false;
        }
    }
    return false;
}

void rounds_turn(struct followups *followups)
{
    struct round **at = &followups->rounds;
    start_rounds(followups);
    while (*at) {
        struct round *round = *at;
        if (go_on(round)) {
            at = &round->next;
        } else {
            *at = round->next;
            round->following->rounds--;
            free_round(round);
        }
    }
}
