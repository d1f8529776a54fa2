#include "smarty/data.h"

#include <math.h>
#include <stdlib.h>

#include "smarty/juggle.h"
#include "smarty/moment.h"

struct builder {
    struct json_reader reader;
    bool exact;                       /* numbers keep all their digits */
    bool interpret;                   /* `$`-members mean something here */
    const struct data_linker *linker; /* NULL: references are null */
    struct arena *arena;
    struct error *error;
};

static bool out_of_memory(struct builder *builder)
{
    return error_set(builder->error, IMH_REJECTED,
                     "data needs more than %zu bytes of memory", builder->arena->most);
}

static bool not_json(struct builder *builder)
{
    const struct json_reader *reader = &builder->reader;
    return error_set(builder->error, IMH_REJECTED, "not JSON at byte %zu: %s",
                     (size_t)(reader->at - reader->start), reader->problem);
}

/* Does the number, kept as what a processor computes with, print as it came? */
static bool prints_as_it_came(struct str token, enum json_event event,
                              const struct value *number)
{
    enum { EXACT_DIGITS = 15 };
    struct str digits = str_after(token, token.ptr[0] == '-' ? 1 : 0);
    if (event == JSON_INTEGER) {
        return number->type == VALUE_INT && (digits.len == token.len || number->integer);
    }
    return token.len <= EXACT_DIGITS && str_find_char(token, 'e') == token.len &&
           str_find_char(token, 'E') == token.len && !str_ends(token, STR_OF("0")) &&
           !str_starts(digits, STR_OF("0.0000"));
}

/* A number that would change (1.10, 2^63, 1e400) stays as its text: text that is a number
 * computes as one. */
static struct value number_value(struct builder *builder, enum json_event event)
{
    struct str token = builder->reader.token;
    struct value number = value_null();
    enum numeric numeric = text_to_number(token, &number);
    if (numeric == NUMERIC_NOT ||
        (builder->exact && !prints_as_it_came(token, event, &number))) {
        number = value_text(token);
        number.flags = VALUE_IS_NUMBER;
    }
    return number;
}

static bool read_value(struct builder *builder, enum json_event event, struct value *value);

static bool read_array(struct builder *builder, struct value *value)
{
    struct array *array = array_make(builder->arena, 0);
    if (!array) {
        return out_of_memory(builder);
    }
    for (;;) {
        enum json_event event = json_next(&builder->reader);
        struct value element;
        if (event == JSON_ARRAY_END) {
            array_fit(builder->arena, array);
            *value = value_array(array);
            return true;
        }
        if (!read_value(builder, event, &element)) {
            return false;
        }
        if (!array_append(builder->arena, array, &element)) {
            return out_of_memory(builder);
        }
    }
}

/* What the `$`-members of an object say of it; undefined: nothing. */
struct special {
    struct value plain, raw, time, utc, path, items, next, total, done;
    struct str filter;
};

/* The filter is for the plugin, as it wrote it. */
static bool read_filter(struct builder *builder, struct special *special)
{
    enum json_event event = json_next(&builder->reader);
    bool good = json_whole(&builder->reader, event, &special->filter);
    if (event != JSON_ARRAY) {
        special->filter = STR_OF("");
    }
    return good || not_json(builder);
}

/* A member whose name begins with `$`, in an answer. Unknown ones are dropped. */
static bool read_special(struct builder *builder, struct str name, struct special *special)
{
    const struct {
        const char *name;
        struct value *value;
    } members[] = {
        {"$value", &special->plain}, {"$raw", &special->raw},   {"$ref", &special->path},
        {"$items", &special->items}, {"$time", &special->time}, {"$next", &special->next},
        {"$total", &special->total}, {"$done", &special->done}, {"$utc", &special->utc}};
    struct value value;
    if (str_is(name, "$filter")) {
        return read_filter(builder, special);
    }
    builder->interpret = !str_is(name, "$raw");
    bool good = read_value(builder, json_next(&builder->reader), &value);
    builder->interpret = true;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (str_is(name, members[i].name)) {
            *members[i].value = value;
        }
    }
    return good;
}

static bool read_member(struct builder *builder, struct array *array,
                        struct special *special)
{
    struct str name =
        json_decode(builder->reader.token, builder->reader.escaped, builder->arena);
    if (!name.ptr) {
        return out_of_memory(builder);
    }
    bool interpret = builder->interpret;
    if (interpret && name.len > 0 && name.ptr[0] == '$') {
        return read_special(builder, name, special);
    }
    builder->interpret = interpret && !str_is(name, "attributes");
    struct value value;
    bool good = read_value(builder, json_next(&builder->reader), &value);
    builder->interpret = interpret;
    if (!good) {
        return false;
    }
    struct key key = key_from_text(name);
    uint32_t before = array->count;
    if (!array_set(builder->arena, array, &key, &value)) {
        return out_of_memory(builder);
    }
    return !builder->exact || array->count > before ||
           error_set(builder->error, IMH_REJECTED, "JSON with two members '%.*s'",
                     STR_ARGS(str_before(name, 40)));
}

/* ["customer", "17"]: texts, or numbers as their text. */
static bool read_path(struct builder *builder, const struct value *path,
                      struct data_reference *reference)
{
    bool good = path->type == VALUE_ARRAY && path->array->is_list &&
                path->array->count <= DATA_PATH_MOST;
    for (uint32_t i = 0; good && i < path->array->count; i++) {
        struct number_text room;
        const struct value *part = &path->array->list[i];
        good = part->type == VALUE_TEXT || part->type == VALUE_INT;
        reference->path[i] = arena_copy(builder->arena, value_to_str(part, &room));
        reference->count = i + 1;
        good = good && reference->path[i].ptr;
    }
    return good && reference->count > 0;
}

/* What an object with a `$ref` is: nothing when that leads nowhere. */
static bool follow(struct builder *builder, const struct special *special,
                   struct value *value)
{
    const struct data_linker *linker = builder->linker;
    struct data_reference reference = {.filter = special->filter};
    if (!linker || !read_path(builder, &special->path, &reference) ||
        !linker->link(linker->self, &reference, builder->arena, value)) {
        *value = value_null();
    }
    return true;
}

static bool did(const struct value *done, struct str what)
{
    struct value wanted = value_text(what);
    struct effort effort = effort_full();
    bool found = false;
    for (uint32_t i = 0; done->type == VALUE_ARRAY && i < done->array->count; i++) {
        found = found || value_identical(array_value_at(done->array, i), &wanted, &effort);
    }
    return found;
}

/* A part of a list is its items; what else is known of it stands beside them. */
static bool read_page(struct builder *builder, const struct special *special,
                      struct value *value)
{
    struct page *page = arena_alloc(builder->arena, sizeof *page);
    struct number_text room;
    if (!page || special->items.type != VALUE_ARRAY) {
        *value = value_null();
        return page || out_of_memory(builder);
    }
    struct str next = value_to_str(&special->next, &room);
    *page = (struct page){.next = arena_copy(builder->arena, next),
                          .total = special->total.type == VALUE_INT ? special->total.integer
                                                                    : -1,
                          .filtered = did(&special->done, STR_OF("filter")),
                          .ordered = did(&special->done, STR_OF("orderby"))};
    special->items.array->page = page;
    *value = special->items;
    return page->next.ptr || out_of_memory(builder);
}

static bool set_plain(struct builder *builder, const struct special *special,
                      struct array *array)
{
    struct value *plain = arena_alloc(builder->arena, sizeof *plain);
    if (!plain) {
        return out_of_memory(builder);
    }
    *plain = special->plain;
    array->plain = plain;
    return true;
}

static bool set_member(struct builder *builder, struct array *array, struct str name,
                       const struct value *value)
{
    struct key key = key_named(name);
    return array_set(builder->arena, array, &key, value) || out_of_memory(builder);
}

/* A date with its time, as remotes write them; words that strtotime() knows are none. */
static bool read_moment(struct str text, int64_t *seconds)
{
    enum { DATE_BYTES = 10 };
    return text.len > DATE_BYTES && text.ptr[4] == '-' && text.ptr[7] == '-' &&
           moment_parse(text, 0, NULL, seconds);
}

/* Who writes a time by other clocks than those of UTC says which moment it is, or null when
 * he cannot tell. */
static bool find_moment(const struct special *special, int64_t *seconds)
{
    if (special->utc.type == VALUE_INT) {
        *seconds = special->utc.integer;
        return true;
    }
    return special->utc.type == VALUE_UNDEFINED && special->time.type == VALUE_TEXT &&
           read_moment(value_str(&special->time), seconds);
}

/* A time prints as the remote wrote it, and can also be had as a number and as the clocks
 * of the account show it. */
static bool set_time(struct builder *builder, struct special *special, struct array *array)
{
    const struct zone *zone = builder->linker ? builder->linker->zone : NULL;
    struct value timestamp = value_null();
    struct value local = value_null();
    int64_t seconds;
    special->plain = special->time;
    if (find_moment(special, &seconds)) {
        struct text wall;
        text_init(&wall, MOMENT_TEXT_BYTES);
        moment_date(&wall, STR_OF("Y-m-d H:i:s"), seconds, zone);
        struct str copy = arena_copy(builder->arena, text_str(&wall));
        text_done(&wall);
        if (!copy.ptr) {
            return out_of_memory(builder);
        }
        timestamp = value_int(seconds);
        local = value_text(copy);
    }
    return set_member(builder, array, STR_OF("timestamp"), &timestamp) &&
           set_member(builder, array, STR_OF("local"), &local);
}

/* What an object is, by its `$`-members: another's reference, raw data, a part of a list,
 * or itself. */
static bool finish_object(struct builder *builder, struct special *special,
                          struct array *array, struct value *value)
{
    *value = value_array(array);
    array->is_object = true;
    if (special->path.type != VALUE_UNDEFINED) {
        return follow(builder, special, value);
    }
    if (special->raw.type != VALUE_UNDEFINED) {
        *value = special->raw;
        return true;
    }
    if (special->items.type != VALUE_UNDEFINED) {
        return read_page(builder, special, value);
    }
    if (special->time.type != VALUE_UNDEFINED && !set_time(builder, special, array)) {
        return false;
    }
    return special->plain.type == VALUE_UNDEFINED || set_plain(builder, special, array);
}

static bool read_object(struct builder *builder, struct value *value)
{
    struct special special = {.filter = STR("")}; /* zero is VALUE_UNDEFINED */
    struct array *array = array_make(builder->arena, 0);
    if (!array) {
        return out_of_memory(builder);
    }
    for (;;) {
        enum json_event event = json_next(&builder->reader);
        if (event == JSON_OBJECT_END) {
            array_fit(builder->arena, array);
            return finish_object(builder, &special, array, value);
        }
        if (event != JSON_KEY) {
            return not_json(builder);
        }
        if (!read_member(builder, array, &special)) {
            return false;
        }
    }
}

static bool read_text(struct builder *builder, struct value *value)
{
    struct str text =
        json_decode(builder->reader.token, builder->reader.escaped, builder->arena);
    *value = value_text(text);
    return text.ptr || out_of_memory(builder);
}

static bool read_value(struct builder *builder, enum json_event event, struct value *value)
{
    switch (event) {
    case JSON_NULL:
        *value = value_null();
        return true;
    case JSON_FALSE:
    case JSON_TRUE:
        *value = value_bool(event == JSON_TRUE);
        return true;
    case JSON_INTEGER:
    case JSON_DECIMAL:
        *value = number_value(builder, event);
        return true;
    case JSON_STRING:
        return read_text(builder, value);
    case JSON_ARRAY:
        return read_array(builder, value);
    case JSON_OBJECT:
        return read_object(builder, value);
    default:
        return not_json(builder);
    }
}

static bool read_document(struct builder *builder, struct str json,
                          const struct json_limits *limits, struct value *value)
{
    struct value read;
    json_open(&builder->reader, json, limits);
    if (!read_value(builder, json_next(&builder->reader), &read)) {
        return false;
    }
    if (json_next(&builder->reader) != JSON_END) {
        return not_json(builder);
    }
    *value = read;
    return true;
}

bool data_read(struct str json, const struct json_limits *limits, enum data_kind kind,
               struct arena *arena, struct value *value, struct error *error)
{
    struct builder builder = {.exact = kind == DATA_ANSWER,
                              .interpret = kind == DATA_ANSWER,
                              .arena = arena,
                              .error = error};
    return read_document(&builder, json, limits, value);
}

bool data_read_linked(struct str json, const struct json_limits *limits,
                      const struct data_linker *linker, struct arena *arena,
                      struct value *value, struct error *error)
{
    struct builder builder = {
        .exact = true, .interpret = true, .linker = linker, .arena = arena, .error = error};
    return read_document(&builder, json, limits, value);
}

/* ---- writing ---- */

struct writer {
    struct text *out;
    const struct data_follower *follower; /* NULL: what is lazy stays so */
    bool plain;                           /* for those who know no `$`-members */
};

static void write_value(const struct writer *writer, const struct value *value);

static void write_array(const struct writer *writer, const struct array *array)
{
    struct text *out = writer->out;
    bool list = !array->is_object && array->is_list && !array->plain;
    const char *separator = "";
    text_add_char(out, list ? '[' : '{');
    if (array->plain) {
        text_add_cstr(out, "\"$value\":");
        write_value(writer, array->plain);
        separator = ",";
    }
    for (uint32_t i = 0; i < array->count; i++) {
        struct key key;
        const struct value *value = array_at(array, i, &key);
        text_add_cstr(out, separator);
        separator = ",";
        if (!list) {
            struct number_text room;
            struct value name = key_value(&key);
            json_add_string(out,
                            key.name ? value_str(&name) : int_to_str(key.number, &room));
            text_add_char(out, ':');
        }
        write_value(writer, value);
    }
    text_add_char(out, list ? ']' : '}');
}

static void write_lazy(const struct writer *writer, const struct lazy *lazy)
{
    const struct data_follower *follower = writer->follower;
    if (follower) {
        struct value value = follower->follow(follower->self, lazy);
        data_write(writer->out, &value);
    } else if (lazy->type->write && !writer->plain) {
        lazy->type->write(lazy, writer->out);
    } else {
        text_add_cstr(writer->out, "null");
    }
}

static void write_value(const struct writer *writer, const struct value *value)
{
    struct text *out = writer->out;
    struct number_text room;
    value = writer->plain ? value_plain(value) : value;
    switch (value->type) {
    case VALUE_BOOL:
        text_add_cstr(out, value->truth ? "true" : "false");
        break;
    case VALUE_INT:
        text_add(out, int_to_str(value->integer, &room));
        break;
    case VALUE_FLOAT:
        text_add(out, isfinite(value->real) ? float_to_exact_str(value->real, &room)
                                            : STR_OF("null"));
        break;
    case VALUE_TEXT:
        if (value->flags & VALUE_IS_NUMBER) {
            text_add(out, value_str(value));
        } else {
            json_add_string(out, value_str(value));
        }
        break;
    case VALUE_ARRAY:
        write_array(writer, value->array);
        break;
    case VALUE_LAZY:
        write_lazy(writer, value->lazy);
        break;
    default:
        text_add_cstr(out, "null");
    }
}

void data_write(struct text *out, const struct value *value)
{
    write_value(&(struct writer){.out = out}, value);
}

void data_write_plain(struct text *out, const struct value *value)
{
    write_value(&(struct writer){.out = out, .plain = true}, value);
}

void data_write_followed(struct text *out, const struct value *value,
                         const struct data_follower *follower)
{
    write_value(&(struct writer){.out = out, .follower = follower}, value);
}
