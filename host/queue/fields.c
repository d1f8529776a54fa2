#include "queue/fields.h"

#include <stdlib.h>

#include "base/json.h"

enum { VALUES_MOST = 50000 /* as job_check() has it */ };

struct field {
    struct str name;
    struct str whole; /* with its name: "a":1 */
};

struct field_list {
    struct field *items;
    uint32_t count;
    bool is_object;
};

static const struct json_limits limits = {JOB_ARGS_BYTES, VALUES_MOST};

static bool no_memory(struct error *error)
{
    return error_set(error, IMH_RETRY, "no memory for the fields of a record");
}

static uint32_t count_members(struct str args)
{
    struct json_reader reader;
    struct str whole;
    uint32_t count = 0;
    json_open(&reader, args, &limits);
    if (json_next(&reader) != JSON_OBJECT) {
        return 0;
    }
    while (json_next(&reader) == JSON_KEY &&
           json_whole(&reader, json_next(&reader), &whole)) {
        count++;
    }
    return count;
}

/* In their order; they lend from the arguments. */
static bool read_fields(struct str args, struct arena *arena, struct field_list *list,
                        struct error *error)
{
    struct json_reader reader;
    uint32_t most = count_members(args);
    *list = (struct field_list){.items = arena_zero(arena, most + 1, sizeof *list->items)};
    if (!list->items) {
        return no_memory(error);
    }
    json_open(&reader, args, &limits);
    list->is_object = json_next(&reader) == JSON_OBJECT;
    while (list->is_object && list->count < most && json_next(&reader) == JSON_KEY) {
        struct field *field = &list->items[list->count++];
        const char *start = reader.token.ptr - 1; /* its quote */
        struct str value;
        field->name = json_decode(reader.token, reader.escaped, arena);
        if (!field->name.ptr || !json_whole(&reader, json_next(&reader), &value)) {
            return no_memory(error);
        }
        field->whole = (struct str){start, (size_t)(value.ptr + value.len - start)};
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    struct str one = ((const struct field *)a)->name;
    struct str other = ((const struct field *)b)->name;
    size_t len = one.len < other.len ? one.len : other.len;
    int order = memcmp(one.ptr, other.ptr, len);
    return order != 0 ? order : (one.len > other.len) - (one.len < other.len);
}

static void add_field(struct text *out, struct str whole)
{
    text_add_cstr(out, out->len > 1 ? "," : "");
    text_add(out, whole);
}

/* Adds those of the list that `others`, sorted by name, does not have; how many. */
static uint32_t add_missing(struct text *out, const struct field_list *list,
                            const struct field_list *others)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!bsearch(&list->items[i], others->items, others->count, sizeof *others->items,
                     by_name)) {
            add_field(out, list->items[i].whole);
            count++;
        }
    }
    return count;
}

static bool keep(struct text *text, struct arena *arena, struct str *kept,
                 struct error *error)
{
    struct str copy = arena_copy(arena, text_str(text));
    text_done(text);
    if (!copy.ptr) {
        return no_memory(error);
    }
    *kept = copy;
    return true;
}

bool fields_merge(struct str older, struct str newer, struct arena *arena,
                  struct str *merged, bool *fits, struct error *error)
{
    struct field_list old;
    struct field_list new;
    struct text text;
    if (!read_fields(older, arena, &old, error) ||
        !read_fields(newer, arena, &new, error)) {
        return false;
    }
    *fits = true;
    if (!old.is_object || !new.is_object) {
        *merged = newer;
        return true;
    }
    text_init(&text, JOB_ARGS_BYTES);
    text_add_cstr(&text, "{");
    qsort(new.items, new.count, sizeof *new.items, by_name);
    (void)add_missing(&text, &old, &new);
    for (uint32_t i = 0; i < new.count; i++) {
        add_field(&text, new.items[i].whole);
    }
    text_add_cstr(&text, "}");
    struct error too_large;
    *fits = !text.failed && json_check(text_str(&text), &limits, &too_large);
    if (!*fits) {
        bool out = text.no_memory;
        text_done(&text);
        return out ? no_memory(error) : true;
    }
    return keep(&text, arena, merged, error);
}

bool fields_without(struct str older, struct str newer, struct arena *arena,
                    struct str *left, struct error *error)
{
    struct field_list old;
    struct field_list new;
    struct text text;
    if (!read_fields(older, arena, &old, error) ||
        !read_fields(newer, arena, &new, error)) {
        return false;
    }
    if (!old.is_object || !new.is_object) {
        *left = STR_OF("");
        return true;
    }
    text_init(&text, JOB_ARGS_BYTES);
    text_add_cstr(&text, "{");
    qsort(new.items, new.count, sizeof *new.items, by_name);
    uint32_t count = add_missing(&text, &old, &new);
    text_add_cstr(&text, "}");
    if (count == 0 || count == old.count) {
        text_done(&text);
        *left = count == 0 ? STR_OF("") : older;
        return true;
    }
    return keep(&text, arena, left, error);
}
