#include "followup/followup.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/text.h"
#include "base/zone.h"
#include "followup/section.h"
#include "smarty/smarty.h"

enum { BLOCK_BYTES = 4 << 10, DAY_S = 86400 };

/* ---- its text ---- */

/* "name = value" a line; further lines of a value are indented. */
static void write_entry(struct text *text, const struct followup_entry *entry)
{
    struct str rest = entry->value;
    struct str line;
    text_print(text, "%.*s =", STR_ARGS(entry->name));
    while (str_split(&rest, '\n', &line)) {
        text_add_char(text, ' ');
        text_add(text, line);
        text_add_char(text, '\n');
    }
    if (entry->value.len == 0) {
        text_add_char(text, '\n');
    }
}

static bool keep_text(struct followup *followup, const struct followup_entry *entries,
                      uint32_t count)
{
    struct text text;
    struct text digest;
    text_init(&text, FOLLOWUP_TEXT_BYTES);
    text_init(&digest, 64);
    for (uint32_t i = 0; i < count; i++) {
        write_entry(&text, &entries[i]);
    }
    followup->text = arena_copy(&followup->arena, text_str(&text));
    bool good = !text.failed && followup->text.ptr &&
                digest_add(&digest, STR_OF("sha256"), followup->text, true) &&
                digest.len >= FOLLOWUP_DIGEST_BYTES;
    if (good) {
        memcpy(followup->digest, digest.ptr, FOLLOWUP_DIGEST_BYTES);
    }
    text_done(&digest);
    text_done(&text);
    return good;
}

/* ---- making it ---- */

static struct followup *begin(struct str name, const struct followup_entry *entries,
                              uint32_t count)
{
    struct followup *followup = calloc(1, sizeof *followup);
    if (!followup) {
        return NULL;
    }
    arena_init(&followup->arena, BLOCK_BYTES, 0);
    followup->name = arena_copy(&followup->arena, name);
    followup->steps =
        arena_zero(&followup->arena, FOLLOWUP_STEPS_MOST, sizeof *followup->steps);
    if (!followup->name.ptr || !followup->steps || !keep_text(followup, entries, count)) {
        followup_free(followup);
        return NULL;
    }
    return followup;
}

struct followup *followup_make(struct str name, const struct followup_entry *entries,
                               uint32_t count, const struct followup_problems *problems)
{
    struct followup *followup = begin(name, entries, count);
    if (!followup) {
        problems->tell(problems->self, 0, "is too large", STR_OF(""), STR_OF(""));
        return NULL;
    }
    followup->wrong = !section_take(followup, entries, count, problems);
    return followup;
}

static void free_step(struct followup_step *step)
{
    smarty_template_free(step->condition);
    smarty_template_free(step->recheck);
    values_done(&step->condition_values);
    values_done(&step->recheck_values);
    for (uint32_t i = 0; i < step->argument_count; i++) {
        smarty_template_free(step->arguments[i].value);
    }
}

void followup_free(struct followup *followup)
{
    if (followup) {
        for (uint32_t i = 0; followup->steps && i < FOLLOWUP_STEPS_MOST; i++) {
            free_step(&followup->steps[i]);
        }
        smarty_template_free(followup->limit.per);
        arena_done(&followup->arena);
        free(followup);
    }
}

/* ---- again, from its text ---- */

static void note_problem(void *self, unsigned line, const char *what, struct str wrong,
                         struct str names)
{
    struct error *error = self;
    (void)names;
    (void)error_set(error, IMH_BROKEN, "line %u of the follow-up's text: %s%s%.*s", line,
                    what, wrong.len > 0 ? " " : "", STR_ARGS(wrong));
}

/* Joins the lines of a value. false: memory is out. */
static bool read_value(struct arena *arena, struct str *rest, struct str *value)
{
    struct text text;
    text_init(&text, FOLLOWUP_TEXT_BYTES);
    text_add(&text, *value);
    while (str_starts(*rest, STR_OF(" "))) {
        struct str line;
        (void)str_split(rest, '\n', &line);
        text_add_char(&text, '\n');
        text_add(&text, str_after(line, 1));
    }
    *value = arena_copy(arena, text_str(&text));
    text_done(&text);
    return value->ptr;
}

static uint32_t read_entries(struct arena *arena, struct str rest,
                             struct followup_entry *entries, uint32_t most)
{
    uint32_t count = 0;
    struct str line;
    while (count < most && str_split(&rest, '\n', &line) && line.len > 0) {
        size_t equals = str_find(line, STR_OF(" ="), 0);
        struct followup_entry *entry = &entries[count++];
        *entry = (struct followup_entry){.name = str_before(line, equals),
                                         .value = str_after(line, equals + 3),
                                         .line = count};
        if (!read_value(arena, &rest, &entry->value)) {
            return 0;
        }
    }
    return count;
}

struct followup *followup_read(struct str name, struct str text, struct error *error)
{
    enum { ENTRIES_MOST = FOLLOWUP_STEPS_MOST * (FOLLOWUP_ARGUMENTS_MOST + 8) };
    const struct followup_problems problems = {error, note_problem};
    struct followup *followup = NULL;
    struct arena arena;
    arena_init(&arena, BLOCK_BYTES, 0);
    struct followup_entry *entries = arena_zero(&arena, ENTRIES_MOST, sizeof *entries);
    uint32_t count = entries ? read_entries(&arena, text, entries, ENTRIES_MOST) : 0;
    (void)error_set(error, IMH_RETRY, "no memory for a follow-up");
    if (count > 0) {
        followup = followup_make(name, entries, count, &problems);
    }
    arena_done(&arena);
    if (followup && followup->wrong) {
        followup_free(followup);
        followup = NULL;
    }
    return followup;
}

/* ---- waits ---- */

int64_t followup_wait_end(const struct followup_wait *wait, const struct zone *zone,
                          int64_t since_ms)
{
    int64_t end_ms = since_ms;
    if (wait->days > 0) {
        int64_t local_s = zone_to_local(zone, since_ms / 1000) + wait->days * DAY_S;
        end_ms = zone_to_utc(zone, local_s) * 1000 + since_ms % 1000;
    }
    return end_ms + wait->seconds * 1000;
}
