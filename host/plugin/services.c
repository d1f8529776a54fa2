#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/stand_in.h"
#include "plugin/call.h"
#include "plugin/instance.h"
#include "plugin/records.h"

enum {
    SECOND_MS = 1000,
    EVENT_KEY_BYTES = 200,
    EVENT_DATA_BYTES = 512 << 10,
    RESULT_BYTES = 64 << 10
};

/* ---- logging, failing, memory, time ---- */

static void serve_log(imh_call *api, uint32_t level, imh_str text)
{
    struct text payload;
    struct log_line line = {.level = level <= IMH_ERROR ? level : IMH_INFO,
                            .text = str_of(text)};
    text_init(&payload, WIRE_FRAME_BYTES);
    log_line_put(&payload, &line);
    (void)call_put(call_of(api), MESSAGE_LOG, &payload);
}

static imh_status serve_fail(imh_call *api, imh_status status, uint32_t after_s,
                             imh_str text)
{
    return call_fail(call_of(api), status, after_s, "%.*s", STR_ARGS(str_of(text)));
}

/* A worker without memory ends: the host starts one that has some. */
static void *need(void *memory)
{
    if (!memory) {
        abort();
    }
    return memory;
}

static void *serve_alloc(imh_call *api, size_t bytes)
{
    return need(arena_alloc(&call_of(api)->arena, bytes));
}

/* A moment of a call, in its own memory: that goes with what comes after it. */
struct mark {
    struct arena_mark arena;
    const struct parcel *used;
};

static void *serve_mark(imh_call *api)
{
    struct call *call = call_of(api);
    struct arena_mark before = arena_mark(&call->arena);
    struct mark *mark = need(arena_alloc(&call->arena, sizeof *mark));
    *mark = (struct mark){.arena = before, .used = call->used};
    return mark;
}

static void serve_release(imh_call *api, void *mark)
{
    struct call *call = call_of(api);
    const struct mark since = *(const struct mark *)mark;
    while (call->used != since.used) {
        struct parcel *parcel = call->used;
        call->used = (struct parcel *)parcel->item.next;
        parcel_free(parcel);
    }
    arena_release(&call->arena, &since.arena);
}

static imh_str keep(struct call *call, struct str str)
{
    struct str copy = arena_copy(&call->arena, str);
    (void)need((void *)copy.ptr);
    return imh_str_of(copy);
}

/* Texts are built in a buffer that grows, then kept in the call's memory. */
static imh_str keep_text(struct call *call, struct text *text)
{
    imh_str kept = keep(call, text_str(text));
    text_done(text);
    return kept;
}

static int64_t serve_now_ms(imh_call *api)
{
    (void)api;
    return clock_now_ms(&clock_real);
}

/* What a service of time zones tells: `from_ms` moved by `move_s` of its whole seconds. */
static imh_status move_clock(imh_call *api, imh_str name, int64_t from_ms,
                             int64_t (*move_s)(const struct zone *zone, int64_t from_s),
                             int64_t *to_ms)
{
    struct error error;
    struct call *call = call_of(api);
    *to_ms = 0;
    OWN(zone) zone = zones_open(instance_zones(call->instance), str_of(name), &error);
    if (!zone) {
        return call_fail(call, error.status, 0, "%s", error.text);
    }
    int64_t from_s = from_ms / SECOND_MS - (from_ms % SECOND_MS < 0);
    int64_t moved_ms = (move_s(zone, from_s) - from_s) * SECOND_MS;
    if (__builtin_add_overflow(from_ms, moved_ms, to_ms)) {
        *to_ms = 0;
        return call_fail(call, IMH_BROKEN, 0, "a moment that no clock shows");
    }
    return IMH_OK;
}

static imh_status serve_local_ms(imh_call *api, imh_str name, int64_t utc_ms,
                                 int64_t *local_ms)
{
    return move_clock(api, name, utc_ms, zone_to_local, local_ms);
}

static imh_status serve_utc_ms(imh_call *api, imh_str name, int64_t local_ms,
                               int64_t *utc_ms)
{
    return move_clock(api, name, local_ms, zone_to_utc, utc_ms);
}

static int64_t serve_left_ms(imh_call *api)
{
    return call_left_ms(call_of(api));
}

static imh_str serve_option(imh_call *api, const char *name)
{
    return imh_str_of(instance_option(call_of(api)->instance, str_from(name)));
}

static bool is_secret(const struct call *call, struct str name)
{
    const imh_plugin *plugin = instance_plugin(call->instance);
    for (uint32_t i = 0; i < plugin->options.count; i++) {
        const imh_option *option = &plugin->options.items[i];
        if ((option->flags & IMH_SECRET) && str_is(name, option->name)) {
            return true;
        }
    }
    return false;
}

static imh_status serve_secret(imh_call *api, const char *name, imh_str *stand_in)
{
    struct call *call = call_of(api);
    struct text text;
    if (!is_secret(call, str_from(name))) {
        return call_fail(call, IMH_BROKEN, 0, "the plugin has no secret option '%.64s'",
                         name ? name : "");
    }
    text_init(&text, SIZE_MAX / 2);
    stand_in_write(&text, str_from(name), call->order.ticket);
    *stand_in = keep_text(call, &text);
    return IMH_OK;
}

/* ---- JSON ---- */

static uint32_t type_of(enum json_event event)
{
    static const uint32_t types[] = {
        [JSON_NULL] = IMH_JSON_NULL,      [JSON_FALSE] = IMH_JSON_BOOLEAN,
        [JSON_TRUE] = IMH_JSON_BOOLEAN,   [JSON_INTEGER] = IMH_JSON_NUMBER,
        [JSON_DECIMAL] = IMH_JSON_NUMBER, [JSON_STRING] = IMH_JSON_STRING,
        [JSON_ARRAY] = IMH_JSON_ARRAY,    [JSON_OBJECT] = IMH_JSON_OBJECT,
    };
    return event < sizeof types / sizeof *types ? types[event] : IMH_JSON_NONE;
}

/* A string decoded, anything else as it stands; always with a zero behind. */
static imh_str decoded(struct call *call, struct str whole, enum json_event event)
{
    if (event != JSON_STRING) {
        return keep(call, whole);
    }
    struct str token = {whole.ptr + 1, whole.len - 2};
    struct str text =
        json_decode(token, str_find_char(token, '\\') < token.len, &call->arena);
    (void)need((void *)text.ptr);
    return text.ptr == token.ptr ? keep(call, text) : imh_str_of(text);
}

/* Who asks for the document itself asks whether it is one, to its end. */
static enum json_event find(struct call *call, imh_str json, imh_str pointer,
                            struct str *whole)
{
    struct error ignored;
    if (pointer.len == 0 && !json_check(str_of(json), &json_limits_reply, &ignored)) {
        return JSON_PROBLEM;
    }
    return json_find(str_of(json), str_of(pointer), &call->arena, whole);
}

static imh_str serve_json_at(imh_call *api, imh_str json, imh_str pointer)
{
    struct str whole;
    enum json_event event = find(call_of(api), json, pointer, &whole);
    return event == JSON_PROBLEM ? imh_text("") : decoded(call_of(api), whole, event);
}

static uint32_t serve_json_type(imh_call *api, imh_str json, imh_str pointer)
{
    struct str whole;
    return type_of(find(call_of(api), json, pointer, &whole));
}

/* One item of an object or array that was opened; false at its end or a problem. */
static bool read_item(struct call *call, struct json_reader *reader, imh_item *item)
{
    struct str whole;
    enum json_event event = json_next(reader);
    memset(item, 0, sizeof *item);
    item->key = imh_text("");
    if (event == JSON_KEY) {
        struct str key = json_decode(reader->token, reader->escaped, &call->arena);
        item->key = keep(call, key);
        event = json_next(reader);
    }
    if (event == JSON_OBJECT_END || event == JSON_ARRAY_END ||
        !json_whole(reader, event, &whole)) {
        return false;
    }
    item->type = type_of(event);
    item->json = keep(call, whole);
    item->value = event == JSON_STRING ? decoded(call, whole, event) : item->json;
    return true;
}

/* Items as they are read, in a buffer that grows: the call keeps them in one piece. */
static bool read_items(struct call *call, struct json_reader *reader, struct text *items)
{
    enum json_event event = json_next(reader);
    bool is_list = event == JSON_OBJECT || event == JSON_ARRAY;
    for (imh_item item; is_list && read_item(call, reader, &item);) {
        text_add_bytes(items, (const char *)&item, sizeof item);
    }
    return !reader->problem && json_next(reader) == JSON_END;
}

static uint32_t serve_json_items(imh_call *api, imh_str json, const imh_item **items)
{
    struct call *call = call_of(api);
    struct json_reader reader;
    struct text list;
    *items = NULL;
    text_init(&list, SIZE_MAX / 2);
    json_open(&reader, str_of(json), &json_limits_reply);
    /* Half a list would be taken for the whole. */
    size_t bytes = read_items(call, &reader, &list) ? list.len : 0;
    if (bytes > 0) {
        void *kept = need(list.failed ? NULL : arena_alloc(&call->arena, bytes));
        *items = memcpy(kept, list.ptr, bytes);
    }
    text_done(&list);
    return (uint32_t)(bytes / sizeof(imh_item));
}

static imh_str serve_json_quote(imh_call *api, imh_str plain)
{
    struct text text;
    text_init(&text, SIZE_MAX / 2);
    json_add_string(&text, str_of(plain));
    return keep_text(call_of(api), &text);
}

static imh_str serve_urlencode(imh_call *api, imh_str plain)
{
    struct text text;
    text_init(&text, SIZE_MAX / 2);
    percent_encode(&text, str_of(plain));
    return keep_text(call_of(api), &text);
}

/* ---- events ---- */

static bool is_object(imh_str json)
{
    struct error ignored;
    return str_of(json).len == 0 ||
           (str_starts(str_trim(str_of(json)), STR_OF("{")) &&
            json_check(str_of(json), &json_limits_input, &ignored));
}

static imh_status serve_emit(imh_call *api, const imh_event *event)
{
    struct call *call = call_of(api);
    struct text payload;
    if (event->type >= instance_plugin(call->instance)->event_types.count ||
        event->key.len == 0 || event->key.len > EVENT_KEY_BYTES) {
        return call_fail(call, IMH_BROKEN, 0,
                         "an event of an unknown type or without a key");
    }
    if (event->data.len > EVENT_DATA_BYTES || !is_object(event->data) ||
        !is_object(event->subject)) {
        return call_fail(call, IMH_BROKEN, 0, "an event whose data is no JSON object");
    }
    struct call_event out = {.type = event->type,
                             .key = str_of(event->key),
                             .subject = str_of(event->subject),
                             .data = str_of(event->data),
                             .at_ms = event->at_ms};
    text_init(&payload, WIRE_FRAME_BYTES);
    event_put(&payload, &out);
    return call_send(call, MESSAGE_EVENT, &payload);
}

static imh_status serve_cursor(imh_call *api, imh_str text, uint32_t more)
{
    struct text payload;
    struct cursor cursor = {.text = str_of(text), .more = more != 0};
    text_init(&payload, WIRE_FRAME_BYTES);
    cursor_put(&payload, &cursor);
    return call_send(call_of(api), MESSAGE_CURSOR, &payload);
}

/* ---- actions ---- */

static imh_status serve_result(imh_call *api, imh_str json)
{
    struct call *call = call_of(api);
    struct error error;
    struct text clean;
    struct text payload;
    text_init(&clean, RESULT_BYTES);
    if (!json_rewrite(str_of(json), &json_limits_input, &clean, &error)) {
        text_done(&clean);
        return call_fail(call, IMH_BROKEN, 0, "a result that is %s", error.text);
    }
    text_init(&payload, WIRE_FRAME_BYTES);
    result_put(&payload, text_str(&clean));
    text_done(&clean);
    return call_send(call, MESSAGE_RESULT, &payload);
}

/* What is NULL here is not offered yet: plugins ask with IMH_HAS(). */
const imh_host call_services = {
    .size = sizeof(imh_host),
    .major = IMH_MAJOR,
    .minor = IMH_MINOR,
    .name = "imh",
    .version = IMH_VERSION,
    .log = serve_log,
    .fail = serve_fail,
    .alloc = serve_alloc,
    .now_ms = serve_now_ms,
    .left_ms = serve_left_ms,
    .option = serve_option,
    .secret = serve_secret,
    .state = call_state,
    .state_put = call_state_put,
    .http = call_http,
    .http_many = call_http_many,
    .json_at = serve_json_at,
    .json_type = serve_json_type,
    .json_items = serve_json_items,
    .json_quote = serve_json_quote,
    .urlencode = serve_urlencode,
    .answer = call_answer,
    .unanswered = call_unanswered,
    .emit = serve_emit,
    .cursor = serve_cursor,
    .done = records_done,
    .result = serve_result,
    .local_ms = serve_local_ms,
    .utc_ms = serve_utc_ms,
    .mark = serve_mark,
    .release = serve_release,
};
