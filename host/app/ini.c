#include "app/ini.h"

#include <stdlib.h>

#include <ini.h>

#include "base/path.h"
#include "base/utf8.h"

enum { BUCKETS = 1024 };

/* A name that stands somewhere already; a file of 1 MiB has room for 200,000. */
struct known {
    struct known *next; /* of the same bucket */
    unsigned section;   /* its line; 0: the name is that of a section */
    struct str name;
    unsigned line;
};

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
    struct ini_section lost_section; /* what stands in one that was refused goes here */
    struct ini_entry lost_entry;     /* and what goes on with a line that was */
    char *room;                      /* where a value of several lines grows */
    size_t room_bytes;
    bool out_of_memory;
    struct known *known[BUCKETS];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* ---- names: each stands once ---- */

static struct known **bucket_of(struct reading *reading, unsigned section, struct str name)
{
    uint32_t sum = section;
    for (size_t i = 0; i < name.len; i++) {
        sum = sum * 31 + (unsigned char)name.ptr[i];
    }
    return &reading->known[(sum ^ sum >> 16) % BUCKETS];
}

/* The line where it stands already; 0: it does not, and stands here from now on. */
static unsigned note_name(struct reading *reading, unsigned section, struct str name)
{
    struct known **bucket = bucket_of(reading, section, name);
    for (const struct known *at = *bucket; at; at = at->next) {
        if (at->section == section && str_eq(at->name, name)) {
            return at->line;
        }
    }
    struct known *known = arena_zero(reading->arena, 1, sizeof *known);
    if (!known) {
        reading->out_of_memory = true;
        return 0;
    }
    *known = (struct known){*bucket, section, name, reading->line};
    *bucket = known;
    return 0;
}

/* ---- sections: kept here ---- */

/* Entries from here on are the section's. */
static void enter(struct reading *reading, struct ini_section *section)
{
    reading->section = section;
    reading->last_entry = &section->entries;
    reading->entry = NULL;
}

static void begin_section(struct reading *reading, struct str name)
{
    struct str kept = arena_copy(reading->arena, name);
    struct ini_section *section = arena_zero(reading->arena, 1, sizeof *section);
    if (!section || !kept.ptr) {
        reading->out_of_memory = true;
        return;
    }
    section->name = kept;
    section->line = reading->line;
    unsigned line = note_name(reading, 0, kept);
    if (line > 0) {
        problems_add(reading->problems, reading->ini->file, reading->line,
                     "[%.*s] stands in line %u already", STR_ARGS(name), line);
    }
    *reading->last_section = section;
    reading->last_section = &section->next;
    enter(reading, section);
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

/* inih would take a colon for the sign too. */
static const char *entry_problem(struct str line)
{
    size_t sign = str_find_char(line, '=');
    if (sign == 0) {
        return "a name is missing before '='";
    }
    return sign < line.len && str_find_char(line, ':') > sign
               ? NULL
               : "neither a [section] nor name = value";
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
    if (reading->indented && reading->entry) {
        return NULL;
    }
    return reading->section ? entry_problem(trimmed)
                            : "a setting before the first [section]";
}

/* What follows a line that was refused belongs to it: no second complaint. */
static void lose(struct reading *reading, struct str trimmed)
{
    if (trimmed.len > 0 && trimmed.ptr[0] == '[' && !reading->indented) {
        reading->lost_section = (struct ini_section){.line = reading->line};
        enter(reading, &reading->lost_section);
    }
    reading->lost_entry = (struct ini_entry){0};
    reading->entry = &reading->lost_entry;
    reading->room_bytes = 0;
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
    line = str_before(line, str_ends(line, STR_OF("\r")) ? line.len - 1 : line.len);
    reading->indented = line.len > 0 && is_blank(line.ptr[0]);
    const char *problem = line_problem(reading, line, str_trim(line));
    if (problem) {
        problems_add(reading->problems, reading->ini->file, reading->line, "%s", problem);
        lose(reading, str_trim(line));
        line = (struct str){"", 0};
    }
    return hand_on(reading, line, room, (size_t)bytes);
}

/* ---- entries ---- */

/* In a line that goes on, inih leaves the comment to us. */
static struct str before_comment(struct str line)
{
    for (size_t at = 1; at < line.len; at++) {
        if (line.ptr[at] == ';' && is_blank(line.ptr[at - 1])) {
            return str_trim(str_before(line, at));
        }
    }
    return line;
}

static void go_on(struct reading *reading, struct str value)
{
    struct ini_entry *entry = reading->entry;
    size_t before = entry->value.len;
    size_t bytes = before + 1 + value.len + 1;
    if (bytes > reading->room_bytes) {
        reading->room_bytes = 2 * bytes;
        reading->room = arena_alloc(reading->arena, reading->room_bytes);
        if (!reading->room) {
            reading->out_of_memory = true;
            reading->entry = NULL;
            return;
        }
        memcpy(reading->room, before > 0 ? entry->value.ptr : "", before);
    }
    int length = snprintf(reading->room + before, reading->room_bytes - before, "%s%.*s",
                          before > 0 ? "\n" : "", STR_ARGS(value));
    entry->value = (struct str){reading->room, before + (size_t)length};
}

static void add_entry(struct reading *reading, struct str name, struct str value)
{
    struct str kept = arena_copy(reading->arena, name);
    struct ini_entry *entry = arena_zero(reading->arena, 1, sizeof *entry);
    if (!entry || !kept.ptr) {
        reading->out_of_memory = true;
        return;
    }
    unsigned line = note_name(reading, reading->section->line, kept);
    if (line > 0) {
        problems_add(reading->problems, reading->ini->file, reading->line,
                     "'%.*s' stands in line %u already", STR_ARGS(name), line);
        lose(reading, STR_OF(""));
        return;
    }
    entry->name = kept;
    entry->value = arena_copy(reading->arena, value);
    entry->line = reading->line;
    *reading->last_entry = entry;
    reading->last_entry = &entry->next;
    reading->entry = entry;
    reading->room_bytes = 0;
}

static int take_value(void *self, const char *section, const char *name, const char *value)
{
    struct reading *reading = self;
    (void)section;
    if (reading->indented && reading->entry) {
        go_on(reading, before_comment(str_from(value)));
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
    bool good =
        path_read_guarded(file, PATH_NOT_WRITABLE, INI_FILE_BYTES, &content, &error);
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

void ini_miss(const char *file, const struct ini_section *section, struct str name,
              struct str names, struct problems *problems)
{
    struct text hint;
    text_init(&hint, 256);
    problems_suggest(&hint, name, names);
    problems_add(problems, file, section->line, "unknown section [%.*s]%s",
                 STR_ARGS(section->name), text_cstr(&hint));
    text_done(&hint);
}
