/* message_parts - parts that several messages have. Private to message. */
#ifndef HOST_BASE_MESSAGE_PARTS_H
#define HOST_BASE_MESSAGE_PARTS_H

#include "base/message.h"
#include "base/utf8.h"

/* An unsigned number that fits; anything else makes the frame bad. */
static inline uint32_t get_uint(struct wire_reader *reader)
{
    int64_t number = wire_int(reader);
    if (number < 0 || number > UINT32_MAX) {
        reader->bad = true;
        return 0;
    }
    return (uint32_t)number;
}

static inline bool get_bool(struct wire_reader *reader)
{
    return get_uint(reader) != 0;
}

/* What a remote said may be anything; the queue, answers and alerts are UTF-8. */
static inline void add_words(struct text *payload, struct str words)
{
    enum { INSTEAD = 0xFFFD, INSTEAD_BYTES = 3 };
    struct text clean;
    if (utf8_is_valid(words)) {
        wire_put_str(payload, words);
        return;
    }
    text_init(&clean, words.len * INSTEAD_BYTES);
    utf8_add_valid(&clean, words, INSTEAD);
    wire_put_str(payload, text_str(&clean));
    text_done(&clean);
}

static inline void add_outcome(struct text *payload, const struct outcome *outcome)
{
    wire_put_int(payload, outcome->status);
    wire_put_int(payload, outcome->after_s);
    add_words(payload, outcome->text);
}

/* A status this side does not know is the other side's bug. */
static inline struct outcome get_outcome(struct wire_reader *reader)
{
    int64_t status = wire_int(reader);
    struct outcome outcome = {.status = status >= IMH_OK && status <= IMH_TOO_LARGE
                                            ? (imh_status)status
                                            : IMH_BROKEN};
    outcome.after_s = get_uint(reader);
    outcome.text = wire_str(reader);
    return outcome;
}

#endif
