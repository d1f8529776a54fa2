#include "app/record_lines.h"

#include "base/json.h"

bool record_line_write(struct str key, const struct str *fields, struct text *line,
                       struct error *error)
{
    static const struct json_limits limits = {JOB_ARGS_BYTES, 50000};
    text_add_cstr(line, "{\"key\":");
    json_add_string(line, key);
    text_add_cstr(line, fields ? ",\"fields\":" : ",\"remove\":true");
    if (fields && !json_rewrite(*fields, &limits, line, error)) {
        return false;
    }
    text_add_cstr(line, "}");
    return text_ok(line, "the record", error);
}

/* ---- reading ---- */

static bool take_key(struct json_reader *reader, struct arena *arena,
                     struct record_wanted *record)
{
    if (json_next(reader) != JSON_STRING) {
        return false;
    }
    record->key = json_decode(reader->token, reader->escaped, arena);
    return record->key.ptr != NULL;
}

static bool take_fields(struct json_reader *reader, struct arena *arena,
                        struct record_wanted *record)
{
    (void)arena;
    return json_whole(reader, json_next(reader), &record->fields) &&
           str_starts(record->fields, STR_OF("{"));
}

static bool take_remove(struct json_reader *reader, struct arena *arena,
                        struct record_wanted *record)
{
    (void)arena;
    enum json_event event = json_next(reader);
    record->removes = event == JSON_TRUE;
    return event == JSON_TRUE || event == JSON_FALSE;
}

static const struct member {
    const char *name, *needed;
    bool (*take)(struct json_reader *reader, struct arena *arena,
                 struct record_wanted *record);
} members[] = {{"key", "a text", take_key},
               {"fields", "an object", take_fields},
               {"remove", "true or false", take_remove}};

/* The value of a member that the reader has just met. */
static bool take_member(struct json_reader *reader, struct arena *arena,
                        struct record_wanted *record, struct error *error)
{
    struct str name = json_decode(reader->token, reader->escaped, arena);
    for (size_t i = 0; name.ptr && i < sizeof members / sizeof *members; i++) {
        if (str_is(name, members[i].name)) {
            return members[i].take(reader, arena, record) ||
                   error_set(error, IMH_REJECTED, "'%s' must be %s", members[i].name,
                             members[i].needed);
        }
    }
    return error_set(error, IMH_REJECTED, "'%.*s' means nothing: key, fields, remove",
                     STR_ARGS(str_before(name, 40)));
}

static bool read_line(struct str line, struct arena *arena, struct record_wanted *record,
                      struct error *error)
{
    static const struct json_limits limits = {RECORD_LINE_BYTES, 50010};
    struct json_reader reader;
    *record = (struct record_wanted){.key = STR(""), .fields = STR("")};
    if (!json_check(line, &limits, error)) {
        return false;
    }
    json_open(&reader, line, &limits);
    if (json_next(&reader) != JSON_OBJECT) {
        return error_set(error, IMH_REJECTED, "must be an object");
    }
    while (json_next(&reader) == JSON_KEY) {
        if (!take_member(&reader, arena, record, error)) {
            return false;
        }
    }
    if (record->key.len == 0) {
        return error_set(error, IMH_REJECTED, "has no key");
    }
    return record->removes != (record->fields.len > 0) ||
           error_set(error, IMH_REJECTED, "has to have either fields or \"remove\": true");
}

bool record_lines_read(struct str text, uint32_t first, struct arena *arena,
                       struct record_lines *lines, struct error *error)
{
    struct str line;
    struct record_lines read = {
        .items = arena_zero(arena, RECORD_LINES_MOST, sizeof *read.items),
        .lines = arena_zero(arena, RECORD_LINES_MOST, sizeof *read.lines)};
    if (!read.items || !read.lines) {
        return error_set(error, IMH_RETRY, "no memory for records");
    }
    for (uint32_t at = first; text.len > 0 && str_split(&text, '\n', &line); at++) {
        line = str_trim(line);
        if (line.len == 0) {
            continue;
        }
        if (read.count == RECORD_LINES_MOST) {
            return error_set(error, IMH_REJECTED, "more than %d records at once",
                             RECORD_LINES_MOST);
        }
        read.lines[read.count] = at;
        if (!read_line(line, arena, &read.items[read.count++], error)) {
            return first > 0 ? error_wrap(error, "line %u", at) : false;
        }
    }
    *lines = read;
    return true;
}
