#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/path.h"

enum { FILE_BYTES = 4 << 20, BLOCK_BYTES = 4096, LIST_MOST = 1000, POINTER_BYTES = 100 };

/* The value at a pointer: text decoded, anything else as it stands. ptr is NULL when there
 * is none. */
static struct str value_at(struct recording *recording, const char *pointer)
{
    struct str whole;
    struct str file = text_str(&recording->file);
    enum json_event event = json_find(file, str_from(pointer), &recording->arena, &whole);
    if (event == JSON_PROBLEM) {
        return (struct str){NULL, 0};
    }
    if (event == JSON_STRING) {
        struct str token = {whole.ptr + 1, whole.len - 2};
        return json_decode(token, true, &recording->arena);
    }
    return whole;
}

static struct str field(struct recording *recording, const char *list, uint32_t number,
                        const char *name)
{
    char pointer[POINTER_BYTES];
    (void)snprintf(pointer, sizeof pointer, "/%s/%u/%s", list, number, name);
    return value_at(recording, pointer);
}

static struct str field_or(struct recording *recording, const char *list, uint32_t number,
                           const char *name, struct str other)
{
    struct str found = field(recording, list, number, name);
    return found.ptr ? found : other;
}

static uint32_t count_of(struct recording *recording, const char *list)
{
    char pointer[POINTER_BYTES];
    uint32_t count = 0;
    do {
        (void)snprintf(pointer, sizeof pointer, "/%s/%u", list, count);
    } while (value_at(recording, pointer).ptr && ++count < LIST_MOST);
    return count;
}

/* {"retry-after": "5"} as it stands in an answer. */
static struct str header_lines(struct recording *recording, struct str headers)
{
    struct json_reader reader;
    struct text lines;
    text_init(&lines, BLOCK_BYTES);
    json_open(&reader, headers, &json_limits_input);
    for (enum json_event event = json_next(&reader); event != JSON_END;
         event = json_next(&reader)) {
        assert_int_not_equal(event, JSON_PROBLEM);
        if (event == JSON_KEY || event == JSON_STRING) {
            text_print(&lines, "%.*s%s", STR_ARGS(reader.token),
                       event == JSON_KEY ? ": " : "\r\n");
        }
    }
    struct str kept = arena_copy(&recording->arena, text_str(&lines));
    text_done(&lines);
    return kept;
}

static void read_exchanges(struct recording *recording)
{
    static const char list[] = "exchanges";
    uint32_t count = count_of(recording, list);
    recording->exchanges =
        arena_zero(&recording->arena, count + 1, sizeof *recording->exchanges);
    for (uint32_t i = 0; i < count; i++) {
        struct exchange *exchange = &recording->exchanges[i];
        int64_t status = 0;
        exchange->request = field(recording, list, i, "request");
        exchange->body = field_or(recording, list, i, "body", STR_OF(""));
        exchange->headers =
            header_lines(recording, field_or(recording, list, i, "headers", STR_OF("{}")));
        assert_non_null(exchange->request.ptr);
        assert_true(str_to_int64(field_or(recording, list, i, "status", STR_OF("200")), 100,
                                 599, &status));
        exchange->status = (unsigned)status;
    }
    recording->exchange_count = count;
}

static void read_lookups(struct recording *recording)
{
    static const char list[] = "lookups";
    uint32_t count = count_of(recording, list);
    recording->lookups =
        arena_zero(&recording->arena, count + 1, sizeof *recording->lookups);
    for (uint32_t i = 0; i < count; i++) {
        struct asked *asked = &recording->lookups[i];
        struct str key = field(recording, list, i, "key");
        asked->variable = field(recording, list, i, "variable");
        asked->has_key = key.ptr != NULL;
        asked->key = key.ptr ? key : STR_OF("");
        asked->subject = field_or(recording, list, i, "subject", STR_OF("{}"));
        assert_non_null(asked->variable.ptr);
    }
    recording->lookup_count = count;
}

static void read_runs(struct recording *recording)
{
    static const char list[] = "runs";
    uint32_t count = count_of(recording, list);
    recording->runs = arena_zero(&recording->arena, count + 1, sizeof *recording->runs);
    for (uint32_t i = 0; i < count; i++) {
        struct run *run = &recording->runs[i];
        run->action = field(recording, list, i, "action");
        run->args = field(recording, list, i, "args");
        run->keyed = str_is(field(recording, list, i, "keyed"), "true");
        run->refused = str_is(field(recording, list, i, "refused"), "true");
        assert_true(run->action.ptr && run->args.ptr);
    }
    recording->run_count = count;
}

static void read_writes(struct recording *recording)
{
    static const char list[] = "writes";
    uint32_t count = count_of(recording, list);
    recording->writes = arena_zero(&recording->arena, count + 1, sizeof *recording->writes);
    for (uint32_t i = 0; i < count; i++) {
        struct write *write = &recording->writes[i];
        write->entity = field(recording, list, i, "entity");
        write->key = field(recording, list, i, "key");
        write->fields = field(recording, list, i, "fields");
        write->refused = str_is(field(recording, list, i, "refused"), "true");
        assert_true(write->entity.ptr && write->key.ptr && write->fields.ptr);
    }
    recording->write_count = count;
}

/* The value in the midst of its blanks. */
static struct str padded(struct recording *recording, struct str value, struct str blanks,
                         struct str at)
{
    int64_t size = 0;
    int64_t place = 0;
    assert_true(str_to_int64(blanks, 0, FILE_BYTES, &size) &&
                str_to_int64(at, 0, FILE_BYTES, &place));
    if (size == 0) {
        return value;
    }
    assert_true((size_t)place + value.len <= (size_t)size);
    char *bytes = arena_zero(&recording->arena, (size_t)size, 1);
    memset(bytes, ' ', (size_t)size);
    memcpy(bytes + place, value.ptr, value.len);
    return (struct str){bytes, (size_t)size};
}

static void read_states(struct recording *recording)
{
    static const char list[] = "states";
    uint32_t count = count_of(recording, list);
    recording->states = arena_zero(&recording->arena, count + 1, sizeof *recording->states);
    for (uint32_t i = 0; i < count; i++) {
        struct kept_state *kept = &recording->states[i];
        kept->key = field(recording, list, i, "key");
        assert_true(kept->key.ptr && field(recording, list, i, "value").ptr);
        kept->value = padded(recording, field(recording, list, i, "value"),
                             field_or(recording, list, i, "blanks", STR_OF("0")),
                             field_or(recording, list, i, "at", STR_OF("0")));
    }
    recording->state_count = count;
}

void recording_read(struct recording *recording, const char *path)
{
    struct error error = {.text = ""};
    *recording = (struct recording){0};
    arena_init(&recording->arena, BLOCK_BYTES, 0);
    text_init(&recording->file, FILE_BYTES);
    bool good = path_read(path, FILE_BYTES, &recording->file, &error);
    if (!good && error.status == IMH_MISSING) {
        text_add_cstr(&recording->file, "{}");
    } else if (!good ||
               !json_check(text_str(&recording->file), &json_limits_reply, &error)) {
        print_error("%s: %s\n", path, error.text);
        assert_true(good);
    }
    read_exchanges(recording);
    read_lookups(recording);
    read_runs(recording);
    read_writes(recording);
    read_states(recording);
}

void recording_done(struct recording *recording)
{
    arena_done(&recording->arena);
    text_done(&recording->file);
}

struct str recording_option(struct recording *recording, const char *name)
{
    char pointer[POINTER_BYTES];
    (void)snprintf(pointer, sizeof pointer, "/options/%s", name);
    struct str value = value_at(recording, pointer);
    return value.ptr ? value : STR_OF("");
}

struct str recording_state(const struct recording *recording, struct str key)
{
    for (uint32_t i = 0; i < recording->state_count; i++) {
        if (str_eq(recording->states[i].key, key)) {
            return recording->states[i].value;
        }
    }
    return (struct str){NULL, 0};
}

static bool lists(struct recording *recording, const char *list, const char *name)
{
    uint32_t count = count_of(recording, list);
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        char pointer[POINTER_BYTES];
        (void)snprintf(pointer, sizeof pointer, "/%s/%u", list, i);
        found = found || str_is(value_at(recording, pointer), name);
    }
    return found;
}

bool recording_is_fickle(struct recording *recording, const char *variable)
{
    return lists(recording, "fickle", variable);
}

bool recording_is_deadly(struct recording *recording, const char *action)
{
    return lists(recording, "deadly", action);
}

const struct exchange *recording_find(const struct recording *recording, struct str request)
{
    const struct exchange *best = NULL;
    for (uint32_t i = 0; i < recording->exchange_count; i++) {
        const struct exchange *exchange = &recording->exchanges[i];
        if (str_starts(request, exchange->request) &&
            (!best || exchange->request.len > best->request.len)) {
            best = exchange;
        }
    }
    return best;
}
