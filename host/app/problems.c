#include "app/problems.h"

#include <stdarg.h>
#include <stdlib.h>

void problems_init(struct problems *problems)
{
    *problems = (struct problems){0};
    arena_init(&problems->arena, 8192, 0);
}

void problems_done(struct problems *problems)
{
    free(problems->items);
    arena_done(&problems->arena);
}

void problems_add(struct problems *problems, const char *file, unsigned line,
                  const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (problems->count >= PROBLEMS_MOST) {
        problems->count++;
        return;
    }
    if (!problems->items) {
        problems->items = calloc(PROBLEMS_MOST, sizeof *problems->items);
        if (!problems->items) {
            abort(); /* what is wrong cannot be kept: better no answer than a wrong one */
        }
    }
    problems->items[problems->count++] =
        (struct problem){.file = arena_copy(&problems->arena, str_from(file)),
                         .line = line,
                         .text = arena_copy(&problems->arena, str_from(text))};
}

static int compare(const void *left, const void *right)
{
    const struct problem *a = left;
    const struct problem *b = right;
    int order = str_compare(a->file, b->file);
    order = order ? order : (a->line > b->line) - (a->line < b->line);
    return order ? order : str_compare(a->text, b->text);
}

void problems_write(struct problems *problems, struct text *out)
{
    unsigned kept = problems->count < PROBLEMS_MOST ? problems->count : PROBLEMS_MOST;
    if (kept > 0) {
        qsort(problems->items, kept, sizeof *problems->items, compare);
    }
    for (unsigned i = 0; i < kept; i++) {
        const struct problem *problem = &problems->items[i];
        text_add(out, problem->file.len > 0 ? problem->file : STR_OF("imh"));
        if (problem->line > 0) {
            text_print(out, ":%u", problem->line);
        }
        text_add_cstr(out, ": ");
        text_add(out, problem->text);
        text_add_char(out, '\n');
    }
    if (problems->count > kept) {
        text_print(out, "... and %u more\n", problems->count - kept);
    }
}

/* Up to a third of a word may be wrong, and one letter more. */
struct str problems_nearest(struct str name, struct str names)
{
    struct str best = {"", 0};
    struct str word;
    unsigned least = (unsigned)name.len / 3 + 1;
    while (str_word(&names, &word)) {
        unsigned distance = str_distance(name, word);
        if (distance <= least && (best.len == 0 || distance < least)) {
            best = word;
            least = distance;
        }
    }
    return best;
}

void problems_suggest(struct text *out, struct str name, struct str names)
{
    struct str best = problems_nearest(name, names);
    if (best.len > 0) {
        text_print(out, "; did you mean '%.*s'?", STR_ARGS(best));
    }
}
