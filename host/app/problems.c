#include "app/problems.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/utf8.h"

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

/* One line each, whatever a name of a file holds. */
static struct str keep(struct problems *problems, const char *text)
{
    struct str copy = arena_copy(&problems->arena, str_from(text));
    if (!copy.ptr) {
        abort(); /* what is wrong cannot be kept: better no answer than a wrong one */
    }
    for (char *at = (char *)copy.ptr; *at; at++) {
        *at = (unsigned char)*at < ' ' || *at == 0x7f ? '?' : *at;
    }
    return copy;
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
            abort();
        }
    }
    problems->items[problems->count++] = (struct problem){
        .file = keep(problems, file), .line = line, .text = keep(problems, text)};
}

static int compare(const void *left, const void *right)
{
    const struct problem *a = left;
    const struct problem *b = right;
    int order = str_compare(a->file, b->file);
    order = order ? order : (a->line > b->line) - (a->line < b->line);
    return order ? order : str_compare(a->text, b->text);
}

/* Puts them in order; how many there are to show. */
static unsigned sort(struct problems *problems)
{
    unsigned kept = problems->count < PROBLEMS_MOST ? problems->count : PROBLEMS_MOST;
    if (kept > 0) {
        qsort(problems->items, kept, sizeof *problems->items, compare);
    }
    return kept;
}

void problems_write_json(struct problems *problems, struct text *out)
{
    unsigned kept = sort(problems);
    text_add_char(out, '[');
    for (unsigned i = 0; i < kept; i++) {
        const struct problem *problem = &problems->items[i];
        text_add_cstr(out, i > 0 ? ",{\"file\":" : "{\"file\":");
        if (problem->file.len > 0) {
            json_add_string(out, problem->file);
        } else {
            text_add_cstr(out, "null");
        }
        text_add_cstr(out, ",\"line\":");
        text_print(out, problem->line > 0 ? "%u" : "null", problem->line);
        text_add_cstr(out, ",\"text\":");
        json_add_string(out, problem->text);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}

void problems_write(struct problems *problems, struct text *out)
{
    unsigned kept = sort(problems);
    for (unsigned i = 0; i < kept; i++) {
        const struct problem *problem = &problems->items[i];
        text_add(out, problem->file.len > 0 ? problem->file : STR_OF("imh"));
        if (problem->line > 0) {
            text_print(out, ":%u", problem->line);
        }
        text_add_cstr(out, problems->warn ? ": warning: " : ": ");
        utf8_add_shown(out, problem->text);
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
