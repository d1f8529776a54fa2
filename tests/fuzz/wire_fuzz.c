/* A frame between our processes: its header, and its payload as every message there is.
 *
 * What a get function takes must come out of its put function so that it reads the same:
 * the first byte says which, the rest is the payload.
 */
#include "base/message.h"
#include "fuzz.h"

enum { ARENA_BYTES = 64 << 20 };

/* Reads `payload`; what was read is written, read again and written again: both alike. */
#define ROUND_TRIP(name, type, get, put)                         \
    static void name(struct str payload, struct arena *arena)    \
    {                                                            \
        /* NOLINTNEXTLINE(bugprone-macro-parentheses): a type */ \
        type message;                                            \
        struct text first;                                       \
        struct text second;                                      \
        (void)arena;                                             \
        if (!(get)) {                                            \
            return;                                              \
        }                                                        \
        text_init(&first, WIRE_FRAME_BYTES * 2);                 \
        text_init(&second, WIRE_FRAME_BYTES * 2);                \
        put(&first, &message);                                   \
        payload = text_str(&first);                              \
        fuzz_check(get);                                         \
        put(&second, &message);                                  \
        fuzz_check(str_eq(text_str(&first), text_str(&second))); \
        text_done(&first);                                       \
        text_done(&second);                                      \
    }

ROUND_TRIP(outcome, struct outcome, outcome_get(payload, &message), outcome_put)
ROUND_TRIP(remote, struct remote, remote_get(payload, arena, &message), remote_put)
ROUND_TRIP(ticket, struct ticket, ticket_get(payload, &message), ticket_put)
ROUND_TRIP(spent, struct spent, spent_get(payload, &message), spent_put)
ROUND_TRIP(request, struct request, request_get(payload, &message), request_put)
ROUND_TRIP(reply, struct reply, reply_get(payload, &message), reply_put)
ROUND_TRIP(instance, struct worker_instance, instance_get(payload, arena, &message),
           instance_put)
ROUND_TRIP(order, struct call_order, order_get(payload, arena, &message), order_put)
ROUND_TRIP(answer, struct answer, answer_get(payload, &message), answer_put)
ROUND_TRIP(unanswered, struct unanswered, unanswered_get(payload, &message), unanswered_put)
ROUND_TRIP(event, struct call_event, event_get(payload, &message), event_put)
ROUND_TRIP(cursor, struct cursor, cursor_get(payload, &message), cursor_put)
ROUND_TRIP(line, struct log_line, log_line_get(payload, &message), log_line_put)

static void (*const messages[])(struct str payload, struct arena *arena) = {
    outcome, remote, ticket, spent,      request, reply, instance,
    order,   answer, event,  unanswered, cursor,  line,
};
enum { MESSAGE_COUNT = sizeof messages / sizeof *messages };

/* The fields one after the other, whatever they are. */
static void read_fields(struct str payload)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    for (unsigned i = 0; i < 100 && !reader.bad; i++) {
        struct str text = wire_str(&reader);
        fuzz_check(text.len <= payload.len);
        fuzz_check(wire_list(&reader) <= WIRE_LIST_MOST);
        (void)wire_int(&reader);
    }
    (void)wire_close(&reader);
}

static void read_header(struct str input)
{
    char header[WIRE_HEADER_BYTES];
    struct frame frame;
    if (input.len < sizeof header) {
        return;
    }
    memcpy(header, input.ptr, sizeof header);
    if (wire_header(header, &frame)) {
        fuzz_check(frame.payload.len <= WIRE_FRAME_BYTES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena arena;
    if (size == 0) {
        return 0;
    }
    arena_init(&arena, 4096, ARENA_BYTES);
    read_header(input);
    read_fields(str_after(input, 1));
    messages[data[0] % MESSAGE_COUNT](str_after(input, 1), &arena);
    arena_done(&arena);
    return 0;
}
