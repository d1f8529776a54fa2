#include "app/rehearse_show.h"

#include <inttypes.h>
#include <stdlib.h>

#include "app/command.h"
#include "base/json.h"
#include "base/utf8.h"

enum { OUT_BYTES = 64 << 10, LINE_BYTES = 64 << 20 };

struct rehearse_count {
    const struct followup *followup;
    uint64_t runs[RUN_STATES];
    uint64_t unasked; /* with something that would be asked live */
};

bool rehearse_show_init(struct rehearse_show *show, const struct followup_set *set)
{
    *show = (struct rehearse_show){.set = set};
    text_init(&show->out, LINE_BYTES);
    text_init(&show->line, LINE_BYTES);
    for (const struct followup *at = followup_set_first(set); at; at = at->next) {
        show->count++;
    }
    show->counts = calloc(show->count + 1, sizeof *show->counts);
    show->count = 0;
    const struct followup *at = show->counts ? followup_set_first(set) : NULL;
    for (; at; at = at->next) {
        show->counts[show->count++].followup = at;
    }
    return show->counts;
}

void rehearse_show_done(struct rehearse_show *show)
{
    text_done(&show->out);
    text_done(&show->line);
    free(show->counts);
}

static void flush(struct rehearse_show *show)
{
    if (show->status == EXIT_DONE && show->out.len > 0) {
        show->status = command_print(text_str(&show->out));
    }
    text_clear(&show->out);
}

/* ---- a thing that would happen ---- */

static void add_moment(struct text *out, int64_t at_ms)
{
    char room[CLOCK_TEXT_BYTES];
    clock_write(at_ms, room);
    text_add_cstr(out, room);
}

static void add_action(struct text *out, const struct rehearsal_told *told)
{
    const struct followup_step *step = &told->followup->steps[told->step - 1];
    text_print(out, "%.*s.%.*s", STR_ARGS(step->integration), STR_ARGS(step->action));
}

/* "2026-11-28T10:00:00Z  7  order/17/create  thanks  done  crm.put {...}". */
static void write_line(struct rehearse_show *show, const struct rehearsal_told *told)
{
    struct text *line = &show->line;
    text_clear(line);
    add_moment(line, told->at_ms);
    text_print(line, "  %" PRId64 "  %.*s  %.*s  %s", told->event, STR_ARGS(told->key),
               STR_ARGS(told->followup->name), run_state_name(told->state));
    if (told->args.len > 0) {
        text_add_cstr(line, "  ");
        add_action(line, told);
        text_add_char(line, ' ');
        text_add(line, told->args);
    }
    if (told->reason.len > 0) {
        text_print(line, "  %.*s", STR_ARGS(told->reason));
    }
    if (told->unasked.len > 0) {
        text_print(line, "  (would be asked live: %.*s)", STR_ARGS(told->unasked));
    }
    utf8_add_shown(&show->out, text_str(line));
    text_add_char(&show->out, '\n');
}

static void add_member(struct text *out, const char *name, struct str value)
{
    text_print(out, ",\"%s\":", name);
    if (value.len > 0) {
        json_add_string(out, value);
    } else {
        text_add_cstr(out, "null");
    }
}

static void write_object(struct rehearse_show *show, const struct rehearsal_told *told)
{
    struct text *out = &show->out;
    text_add_cstr(out, show->begun ? "," : "{\"items\":[");
    text_add_cstr(out, "{\"at\":\"");
    add_moment(out, told->at_ms);
    text_print(out, "\",\"event\":%" PRId64, told->event);
    add_member(out, "key", told->key);
    add_member(out, "followup", told->followup->name);
    text_print(out, ",\"state\":\"%s\",\"step\":%" PRIu32, run_state_name(told->state),
               told->step);
    text_clear(&show->line);
    if (told->args.len > 0) {
        add_action(&show->line, told);
    }
    add_member(out, "action", text_str(&show->line));
    text_add_cstr(out, ",\"args\":");
    text_add(out, told->args.len > 0 ? told->args : STR_OF("null"));
    add_member(out, "reason", told->reason);
    add_member(out, "unasked", told->unasked);
    text_add_char(out, '}');
    show->begun = true;
}

static struct rehearse_count *count_of(const struct rehearse_show *show,
                                       const struct followup *followup)
{
    uint32_t i = 0;
    while (show->counts[i].followup != followup) {
        i++;
    }
    return &show->counts[i];
}

void rehearse_show_tell(struct rehearse_show *show, const struct rehearsal_told *told)
{
    struct rehearse_count *count = count_of(show, told->followup);
    count->runs[told->state] += told->state == RUN_ACTING ? 0 : 1;
    count->unasked += told->unasked.len > 0 ? 1 : 0;
    if (show->summary) {
        return;
    }
    if (show->json) {
        write_object(show, told);
    } else {
        write_line(show, told);
    }
    if (show->out.len > OUT_BYTES) {
        flush(show);
    }
}

/* ---- counts ---- */

static void write_counts(struct rehearse_show *show)
{
    struct text *out = &show->out;
    text_print(out, "%s%" PRIu64 " event%s\n", show->summary ? "" : "\n", show->events,
               show->events == 1 ? "" : "s");
    for (uint32_t i = 0; i < show->count; i++) {
        const struct rehearse_count *count = &show->counts[i];
        const char *separator = ": ";
        text_add(out, count->followup->name);
        for (unsigned state = RUN_WAITING; state < RUN_STATES; state++) {
            if (count->runs[state] > 0) {
                text_print(out, "%s%" PRIu64 " %s", separator, count->runs[state],
                           run_state_name((enum run_state)state));
                separator = ", ";
            }
        }
        text_add_cstr(out, *separator == ':' ? ": nothing" : "");
        if (count->unasked > 0) {
            text_print(out, "; %" PRIu64 " with something that would be asked live",
                       count->unasked);
        }
        text_add_char(out, '\n');
    }
}

static void write_count_objects(struct rehearse_show *show)
{
    struct text *out = &show->out;
    text_add_cstr(out, show->begun ? "" : "{\"items\":[");
    text_print(out, "],\"next\":null,\"events\":%" PRIu64 ",\"followups\":[", show->events);
    for (uint32_t i = 0; i < show->count; i++) {
        const struct rehearse_count *count = &show->counts[i];
        text_add_cstr(out, i > 0 ? ",{\"followup\":" : "{\"followup\":");
        json_add_string(out, count->followup->name);
        for (unsigned state = RUN_WAITING; state < RUN_STATES; state++) {
            text_print(out, ",\"%s\":%" PRIu64, run_state_name((enum run_state)state),
                       count->runs[state]);
        }
        text_print(out, ",\"unasked\":%" PRIu64 "}", count->unasked);
    }
    text_add_cstr(out, "]}\n");
}

int rehearse_show_end(struct rehearse_show *show)
{
    if (show->json) {
        write_count_objects(show);
    } else {
        write_counts(show);
    }
    flush(show);
    return show->status;
}
