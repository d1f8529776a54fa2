#include "app/ini.h"

#include <stdlib.h>

#include <ini.h>

#include "base/path.h"
#include "base/utf8.h"

/* Where reading stands: inih asks for a line, then calls back with what it made of it. */
struct reading {
    struct ini *ini;
    struct arena *arena;
    struct problems *problems;
    struct str rest;
    unsigned line;
    bool indented; /* the present line */
    struct ini_section **last_section;
    struct ini_section *section;
    struct ini_entry **last_entry;
    struct ini_entry *entry;
    bool out_of_memory;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* ---- sections: kept here ---- */

static void begin_section(struct reading *reading, struct str name)
{
    struct ini_section *section = arena_zero(reading->arena, 1, sizeof *section);
    if (!section) {
        reading->out_of_memory = true;
        return;
    }
    section->name = arena_copy(reading->arena, name);
    section->line = reading->line;
    for (const struct ini_section *at = reading->ini->sections; at; at = at->next) {
        if (str_eq(at->name, name)) {
            problems_add(reading->problems, reading->ini->file, reading->line,
                         "[%.*s] stands in line %u already", STR_ARGS(name), at->line);
        }
    }
    *reading->last_section = section;
    reading->last_section = &section->next;
    reading->section = section;
    reading->last_entry = &section->entries;
    reading->entry = NULL;
}

/* "[name] ; comment": the name, or false when there is no end to it. */
static bool section_name(struct str line, struct str *name)
{
    size_t end = str_find_char(line, ']');
    if (end == line.len) {
        return false;
    }
    struct str behind = str_trim(str_after(line, end + 1));
    *name = str_trim(str_before(str_after(line, 1), end - 1));
    return behind.len == 0 || behind.ptr[0] == ';' || behind.ptr[0] == '#';
}

/* ---- lines: what inih may see ---- */

static const char *section_problem(struct str line)
{
    struct str name;
    if (!section_name(line, &name)) {
        return "a section without an end: ']' is missing";
    }
    return name.len > INI_SECTION_BYTES ? "the name of this section is too long" : NULL;
}

/* Why a line cannot be used; NULL when it can. */
static const char *line_problem(const struct reading *reading, struct str line,
                                struct str trimmed)
{
    if (line.len > INI_LINE_BYTES) {
        return "a line has at most 198 bytes: go on in the next line, indented";
    }
    if (memchr(line.ptr, '\0', line.len) || !utf8_is_valid(line)) {
        return "not text in UTF-8";
    }
    if (trimmed.len == 0 || trimmed.ptr[0] == ';' || trimmed.ptr[0] == '#') {
        return NULL;
    }
    if (trimmed.ptr[0] == '[' && !reading->indented) {
        return section_problem(trimmed);
    }
    bool goes_on = reading->indented && reading->entry;
    if (!goes_on && !reading->section) {
        return "a setting before the first [section]";
    }
    bool has_sign = str_find_char(trimmed, '=') < trimmed.len;
    return goes_on || has_sign ? NULL : "neither a [section] nor name = value";
}

/* What inih gets of a line: all of it, but a short name for a section. */
static char *hand_on(struct reading *reading, struct str line, char *room, size_t bytes)
{
    struct str trimmed = str_trim(line);
    struct str name;
    size_t length;
    if (trimmed.len > 0 && trimmed.ptr[0] == '[' && !reading->indented) {
        (void)section_name(trimmed, &name);
        begin_section(reading, name);
        length = (size_t)snprintf(room, bytes, "[s]\n");
    } else {
        length = (size_t)snprintf(room, bytes, "%.*s\n", STR_ARGS(line));
    }
    return length < bytes ? room : NULL;
}

static char *next_line(char *room, int bytes, void *self)
{
    struct reading *reading = self;
    struct str line;
    if (reading->rest.len == 0 || !str_split(&reading->rest, '\n', &line)) {
        return NULL;
    }
    reading->line++;
    if (reading->line == 1 && str_starts(line, STR_OF("\xEF\xBB\xBF"))) {
        line = str_after(line, 3);
    }
    reading->indented = line.len > 0 && is_blank(line.ptr[0]);
    const char *problem = line_problem(reading, line, str_trim(line));
    if (problem) {
        problems_add(reading->problems, reading->ini->file, reading->line, "%s", problem);
        line = (struct str){"", 0};
    }
    return hand_on(reading, line, room, (size_t)bytes);
}

/* ---- entries ---- */

static void go_on(struct reading *reading, struct str value)
{
    struct ini_entry *entry = reading->entry;
    struct text joined;
    text_init(&joined, INI_FILE_BYTES);
    text_add(&joined, entry->value);
    text_add(&joined, entry->value.len > 0 ? STR_OF("\n") : STR_OF(""));
    text_add(&joined, value);
    entry->value = arena_copy(reading->arena, text_str(&joined));
    reading->out_of_memory = reading->out_of_memory || !entry->value.ptr;
    text_done(&joined);
}

static void add_entry(struct reading *reading, struct str name, struct str value)
{
    for (const struct ini_entry *at = reading->section->entries; at; at = at->next) {
        if (str_eq(at->name, name)) {
            problems_add(reading->problems, reading->ini->file, reading->line,
                         "'%.*s' stands in line %u already", STR_ARGS(name), at->line);
            return;
        }
    }
    struct ini_entry *entry = arena_zero(reading->arena, 1, sizeof *entry);
    if (!entry) {
        reading->out_of_memory = true;
        return;
    }
    entry->name = arena_copy(reading->arena, name);
    entry->value = arena_copy(reading->arena, value);
    entry->line = reading->line;
    *reading->last_entry = entry;
    reading->last_entry = &entry->next;
    reading->entry = entry;
}

static int take_value(void *self, const char *section, const char *name, const char *value)
{
    struct reading *reading = self;
    (void)section;
    if (reading->indented && reading->entry) {
        go_on(reading, str_from(value));
    } else {
        add_entry(reading, str_from(name), str_from(value));
    }
    return 1;
}

bool ini_read(const char *file, struct arena *arena, struct ini *ini,
              struct problems *problems)
{
    struct error error;
    struct text content;
    *ini = (struct ini){.file = file};
    text_init(&content, INI_FILE_BYTES + 1);
    bool good = path_read(file, INI_FILE_BYTES, &content, &error);
    if (!good) {
        /* The sentence begins with the name of the file. */
        struct str what = str_from(error.text);
        size_t skip = strlen(file) + 2;
        problems_add(
            problems, file, 0, "%.*s",
            STR_ARGS(str_starts(what, str_from(file)) ? str_after(what, skip) : what));
    } else {
        struct reading reading = {.ini = ini,
                                  .arena = arena,
                                  .problems = problems,
                                  .rest = text_str(&content),
                                  .last_section = &ini->sections};
        (void)ini_parse_stream(next_line, &reading, take_value, &reading);
        if (reading.out_of_memory) {
            problems_add(problems, file, 0, "too large to be read");
        }
    }
    text_done(&content);
    return good;
}

struct ini_entry *ini_take(struct ini_section *section, const char *name)
{
    for (struct ini_entry *at = section->entries; at; at = at->next) {
        if (str_is(at->name, name)) {
            at->used = true;
            return at;
        }
    }
    return NULL;
}
