#include "followup/trigger.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/json.h"
#include "smarty/data.h"

/* ---- as a value ---- */

static bool set(struct arena *arena, struct array *array, const char *name,
                struct value value)
{
    struct key key = key_named(str_from(name));
    return array_set(arena, array, &key, &value);
}

/* What caused it: the last of its causes, or nothing. Of one that is not kept yet, and has
 * none, it is found when it is. */
static struct value cause_of(const struct trigger *trigger, struct arena *arena)
{
    struct value whole;
    struct error ignored;
    if (trigger->id == 0 && trigger->origin.len == 0) {
        return value_pending();
    }
    if (trigger->origin.len == 0 || !data_read(trigger->origin, &json_limits_input,
                                               DATA_PLAIN, arena, &whole, &ignored)) {
        return value_null();
    }
    return whole;
}

static bool add_specials(const struct trigger *trigger, struct arena *arena,
                         struct array *array)
{
    const struct key attributes = key_named(STR_OF("attributes"));
    struct value id = trigger->id != 0 ? value_int(trigger->id) : value_pending();
    if (!array_get(array, &attributes)) {
        struct array *copy = array_copy(arena, array);
        struct value original = value_array(copy);
        if (!copy || !array_set(arena, array, &attributes, &original)) {
            return false;
        }
    }
    return set(arena, array, "type", value_text(trigger->type)) &&
           set(arena, array, "timestamp", value_int(trigger->at_ms / 1000)) &&
           set(arena, array, "source", value_text(trigger->integration)) &&
           set(arena, array, "trigger", cause_of(trigger, arena)) &&
           set(arena, array, "id", id);
}

bool trigger_value(const struct trigger *trigger, const struct data_linker *linker,
                   struct arena *arena, struct value *value, struct error *error)
{
    if (!data_read_linked(trigger->data, &json_limits_reply, linker, arena, value, error)) {
        return error_wrap(error, "the event's data");
    }
    if (value->type != VALUE_ARRAY) {
        return error_set(error, IMH_BROKEN, "the event's data is no object");
    }
    struct array *array = value->array->is_list ? NULL : value->array;
    if (!array && value->array->count == 0) {
        array = array_make(arena, 0);
    }
    if (!array || !add_specials(trigger, arena, array)) {
        return error_set(error, IMH_RETRY, "no memory for an event");
    }
    *value = value_array(array);
    return true;
}

/* ---- its parts ---- */

/* A text of the origin that has no escapes. */
static struct str member(struct str json, const char *pointer, struct arena *arena)
{
    struct str whole;
    return json_find(json, str_from(pointer), arena, &whole) == JSON_STRING
               ? str_before(str_after(whole, 1), whole.len - 2)
               : STR_OF("");
}

/* The record of its last cause; empty when it has none. */
static struct str inherited(const struct trigger *trigger)
{
    struct arena arena;
    struct str record = STR_OF("");
    arena_init(&arena, 1024, 0);
    for (unsigned i = 0; trigger->origin.len > 0 && i <= CAUSES_MOST; i++) {
        char pointer[32];
        (void)snprintf(pointer, sizeof pointer, "/causes/%u/record", i);
        struct str next = member(trigger->origin, pointer, &arena);
        if (next.len == 0) {
            break;
        }
        record = next;
    }
    arena_done(&arena);
    return record;
}

/* The first two parts of its key: "order/17" of "order/17/paid". One that we raised
 * ourselves, without such a key, is about what its cause is about. */
struct str trigger_record(const struct trigger *trigger)
{
    if (str_find_char(trigger->key, '/') == trigger->key.len) {
        struct str record = inherited(trigger);
        if (record.len > 0) {
            return record;
        }
    }
    size_t first = str_find_char(trigger->key, '/');
    size_t second = first + 1 < trigger->key.len
                        ? first + 1 + str_find_char(str_after(trigger->key, first + 1), '/')
                        : trigger->key.len;
    size_t len = second < TRIGGER_RECORD_BYTES ? second : TRIGGER_RECORD_BYTES;
    return str_before(trigger->key, len);
}

/* "customer.email" as a JSON Pointer. */
static void write_pointer(struct text *pointer, struct str field)
{
    struct str part;
    while (str_split(&field, '.', &part)) {
        text_add_char(pointer, '/');
        for (size_t i = 0; i < part.len; i++) {
            if (part.ptr[i] == '~' || part.ptr[i] == '/') {
                text_add_cstr(pointer, part.ptr[i] == '~' ? "~0" : "~1");
            } else {
                text_add_char(pointer, part.ptr[i]);
            }
        }
    }
}

static void add_member(struct str json, struct str pointer, struct text *out)
{
    struct arena arena;
    struct str whole;
    arena_init(&arena, 1024, 0);
    enum json_event event = json_find(json, pointer, &arena, &whole);
    if (event == JSON_STRING) {
        struct str inside = str_before(str_after(whole, 1), whole.len - 2);
        bool escaped = str_find_char(inside, '\\') < inside.len;
        struct str decoded = json_decode(inside, escaped, &arena);
        text_add(out, decoded.ptr ? decoded : STR_OF(""));
    } else if (event == JSON_INTEGER || event == JSON_DECIMAL || event == JSON_TRUE ||
               event == JSON_FALSE) {
        text_add(out, whole);
    }
    arena_done(&arena);
}

bool trigger_field(const struct trigger *trigger, struct str field, struct text *out)
{
    struct text pointer;
    size_t before = out->len;
    text_init(&pointer, 2 * TRIGGER_FIELD_BYTES);
    write_pointer(&pointer, str_before(field, TRIGGER_FIELD_BYTES));
    add_member(trigger->data, text_str(&pointer), out);
    if (out->len == before) {
        add_member(trigger->subject, text_str(&pointer), out);
    }
    text_done(&pointer);
    return out->len > before;
}

/* ---- causes ---- */

/* A record in few bytes: as it is, or its fingerprint. */
static void write_short(struct text *out, struct str record)
{
    enum { SHORT_BYTES = 40 };
    bool plain = record.len <= SHORT_BYTES;
    for (size_t i = 0; i < record.len && plain; i++) {
        plain = record.ptr[i] >= ' ' && record.ptr[i] < 0x7f && record.ptr[i] != '"' &&
                record.ptr[i] != '\\';
    }
    if (plain) {
        text_add(out, record);
    } else {
        (void)digest_add(out, STR_OF("md5"), record, false);
    }
}

static bool is_member(struct str object, const char *pointer, struct str value,
                      struct arena *arena)
{
    struct str whole;
    return json_find(object, str_from(pointer), arena, &whole) == JSON_STRING &&
           str_eq(str_before(str_after(whole, 1), whole.len - 2), value);
}

struct chain {
    uint32_t count;
    bool returns; /* this follow-up did something for this record before */
};

/* Copies the causes that are there. */
static struct chain copy_causes(struct str origin, struct str followup, struct str record,
                                struct text *causes)
{
    struct chain chain = {0};
    struct arena arena;
    struct str cause;
    arena_init(&arena, 4096, 0);
    for (; chain.count <= CAUSES_MOST; chain.count++) {
        char pointer[32];
        (void)snprintf(pointer, sizeof pointer, "/causes/%" PRIu32, chain.count);
        if (json_find(origin, str_from(pointer), &arena, &cause) != JSON_OBJECT) {
            break;
        }
        text_add_cstr(causes, chain.count > 0 ? "," : "");
        text_add(causes, cause);
        chain.returns = chain.returns || (is_member(cause, "/followup", followup, &arena) &&
                                          is_member(cause, "/record", record, &arena));
    }
    arena_done(&arena);
    return chain;
}

bool trigger_causes(const struct trigger *trigger, struct str followup, struct text *causes,
                    struct error *why)
{
    struct text record;
    text_init(&record, 2 * TRIGGER_RECORD_BYTES);
    write_short(&record, trigger_record(trigger));
    text_add_char(causes, '[');
    struct chain chain = copy_causes(trigger->origin, followup, text_str(&record), causes);
    text_print(causes, "%s{\"event\":%" PRId64 ",\"followup\":", chain.count > 0 ? "," : "",
               trigger->id);
    json_add_string(causes, followup);
    text_add_cstr(causes, ",\"record\":");
    json_add_string(causes, text_str(&record));
    text_add_cstr(causes, "}]");
    bool good = true;
    if (chain.returns) {
        good = error_set(why, IMH_REJECTED,
                         "a loop: '%.*s' caused this event itself, about '%.*s'",
                         STR_ARGS(followup), STR_ARGS(text_str(&record)));
    } else if (chain.count >= CAUSES_MOST) {
        good = error_set(why, IMH_REJECTED,
                         "a loop: %d follow-ups led here, each from the one before",
                         CAUSES_MOST);
    }
    text_done(&record);
    return good;
}
