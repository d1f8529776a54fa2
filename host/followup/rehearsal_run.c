#include "followup/rehearsal.h"

#include "base/json.h"
#include "followup/rehearsal_inside.h"

/* What an expression says; LIVE: taken for yes. */
enum said { SAID_YES, SAID_NO, SAID_LIVE, SAID_WRONG };

static const struct followup_step *step_of(const struct going *going)
{
    return &going->run.followup->steps[going->run.step - 1];
}

void going_note(struct going *going, const char *before, struct str name)
{
    struct text *unasked = &going->rehearsal->unasked;
    text_print(unasked, "%s%s%.*s", unasked->len > 0 ? " " : "", before, STR_ARGS(name));
}

static enum said print(struct going *going, const struct smarty_template *template,
                       struct str *out)
{
    struct rehearsal *rehearsal = going->rehearsal;
    const struct followup_set *set = rehearsal->settings.set;
    const struct judged known = {set, going->value, rehearsal->now_ms};
    if (!*going->read && !judge_read(set, &going->event->trigger, &rehearsal->arena,
                                     going->value, &going->why)) {
        return SAID_WRONG;
    }
    *going->read = true;
    switch (judge_render(rehearsal->judge, &known, template, out, &going->why)) {
    case SMARTY_DONE:
        return out->len > 0 ? SAID_YES : SAID_NO;
    case SMARTY_PENDING:
        return SAID_LIVE;
    default:
        return SAID_WRONG;
    }
}

static enum said ask(struct going *going, const struct smarty_template *template,
                     const char *name)
{
    struct str out;
    enum said said = template ? print(going, template, &out) : SAID_YES;
    if (said == SAID_LIVE) {
        going_note(going, name, STR_OF(""));
    }
    return said == SAID_LIVE ? SAID_YES : said;
}

void going_tell(struct going *going, enum run_state state, struct str reason,
                struct str args)
{
    struct rehearsal *rehearsal = going->rehearsal;
    const struct rehearsal_told told = {.followup = going->run.followup,
                                        .event = going->run.event,
                                        .key = going->event->trigger.key,
                                        .state = state,
                                        .at_ms = rehearsal->now_ms,
                                        .step = going->run.step,
                                        .reason = reason,
                                        .args = args,
                                        .unasked = text_str(&rehearsal->unasked)};
    rehearsal->settings.tell(rehearsal->settings.self, &told);
    text_clear(&rehearsal->unasked);
}

/* It is over; for what is wrong, `why` says it. */
static bool end(struct going *going, enum said said, enum run_state no, struct str reason)
{
    bool wrong = said == SAID_WRONG;
    going_tell(going, wrong ? RUN_FAILED : no, wrong ? str_from(going->why.text) : reason,
               STR_OF(""));
    return false;
}

static enum said add_argument(struct going *going, const struct followup_argument *argument)
{
    struct text *args = &going->rehearsal->args;
    struct str out;
    enum said said = print(going, argument->value, &out);
    if (said == SAID_LIVE) {
        going_note(going, "with.", argument->name);
        return SAID_YES;
    }
    bool is_json = smarty_prints_json(argument->value);
    if (said == SAID_WRONG || (is_json && (out.len == 0 || str_is(out, "null")))) {
        return said;
    }
    text_add_cstr(args, args->len > 1 ? "," : "");
    json_add_string(args, argument->name);
    text_add_char(args, ':');
    if (is_json) {
        text_add(args, out);
    } else {
        json_add_string(args, out);
    }
    return SAID_YES;
}

static enum said write_arguments(struct going *going)
{
    const struct followup_step *step = step_of(going);
    struct text *args = &going->rehearsal->args;
    enum said said = SAID_YES;
    text_clear(args);
    text_add_char(args, '{');
    for (uint32_t i = 0; i < step->argument_count && said != SAID_WRONG; i++) {
        said = add_argument(going, &step->arguments[i]);
    }
    text_add_char(args, '}');
    if (said != SAID_WRONG && !text_ok(args, "the arguments", &going->why)) {
        said = SAID_WRONG;
    }
    return said;
}

/* NO: there were enough. */
static enum said count_use(struct going *going)
{
    const struct followup_limit *limit = &going->run.followup->limit;
    struct str whom = STR("");
    bool over = false;
    if (limit->most == 0 || going->run.step > 1) {
        return SAID_YES;
    }
    enum said said = limit->per ? print(going, limit->per, &whom) : SAID_YES;
    if (said == SAID_LIVE) {
        going_note(going, "limit", STR_OF(""));
        return SAID_YES;
    }
    if (said == SAID_WRONG) {
        return said;
    }
    if (limit->per && str_trim(whom).len == 0) {
        (void)error_set(&going->why, IMH_REJECTED,
                        "'limit': whom it counts for is empty: let 'if' want that it is "
                        "there");
        return SAID_WRONG;
    }
    if (!uses_take(going->rehearsal->uses, going->run.followup, whom,
                   going->rehearsal->now_ms, &over)) {
        (void)error_set(&going->why, IMH_RETRY, "no memory for a rehearsal");
        return SAID_WRONG;
    }
    return over ? SAID_NO : SAID_YES;
}

/* The action of its step. false: the run is over. */
static bool act(struct going *going)
{
    const struct followup *followup = going->run.followup;
    struct rehearsal *rehearsal = going->rehearsal;
    enum said said = ask(going, step_of(going)->recheck, "recheck");
    if (said != SAID_YES) {
        return end(going, said, RUN_NEEDLESS, STR_OF("'recheck' said no"));
    }
    said = write_arguments(going);
    said = said == SAID_WRONG ? said : count_use(going);
    if (said != SAID_YES) {
        return end(going, said, RUN_LIMITED, STR_OF("'limit': there were enough of them"));
    }
    bool last = going->run.step == followup->step_count;
    going_tell(going, last ? RUN_DONE : RUN_ACTING, STR_OF(""), text_str(&rehearsal->args));
    going->run.step++;
    going->run.since_ms = rehearsal->now_ms;
    going->wanted = false;
    return !last;
}

bool going_on(struct going *going)
{
    const struct rehearsal *rehearsal = going->rehearsal;
    const struct zone *zone = followup_set_zone(rehearsal->settings.set);
    do {
        enum said said =
            going->wanted ? SAID_YES : ask(going, step_of(going)->condition, "if");
        if (said != SAID_YES) {
            return end(going, said, RUN_UNWANTED, STR_OF("'if' said no"));
        }
        going->wanted = true;
        going->run.due_ms =
            followup_wait_end(&step_of(going)->wait, zone, going->run.since_ms);
        if (going->run.due_ms > rehearsal->now_ms) {
            return true;
        }
    } while (act(going));
    return false;
}
