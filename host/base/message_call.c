#include "base/message.h"

#include "base/message_parts.h"

/* ---- what comes of a call ---- */

void answer_put(struct text *payload, const struct answer *answer)
{
    wire_put_int(payload, (int64_t)answer->token);
    wire_put_str(payload, answer->json);
    wire_put_str(payload, answer->tag);
    wire_put_int(payload, answer->ttl_s);
    wire_put_int(payload, answer->age_ms);
    wire_put_int(payload, answer->is_old);
}

bool answer_get(struct str payload, struct answer *answer)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    answer->token = (uint64_t)wire_int(&reader);
    answer->json = wire_str(&reader);
    answer->tag = wire_str(&reader);
    answer->ttl_s = get_uint(&reader);
    answer->age_ms = wire_int(&reader);
    answer->is_old = get_bool(&reader);
    return wire_close(&reader);
}

void unanswered_put(struct text *payload, const struct unanswered *unanswered)
{
    wire_put_int(payload, (int64_t)unanswered->token);
    add_outcome(payload, &unanswered->outcome);
    wire_put_int(payload, unanswered->age_ms);
}

bool unanswered_get(struct str payload, struct unanswered *unanswered)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    unanswered->token = (uint64_t)wire_int(&reader);
    unanswered->outcome = get_outcome(&reader);
    unanswered->age_ms = wire_int(&reader);
    return wire_close(&reader);
}

void event_put(struct text *payload, const struct call_event *event)
{
    wire_put_int(payload, event->type);
    wire_put_str(payload, event->key);
    wire_put_str(payload, event->subject);
    wire_put_str(payload, event->data);
    wire_put_int(payload, event->at_ms);
}

bool event_get(struct str payload, struct call_event *event)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    event->type = get_uint(&reader);
    event->key = wire_str(&reader);
    event->subject = wire_str(&reader);
    event->data = wire_str(&reader);
    event->at_ms = wire_int(&reader);
    return wire_close(&reader);
}

void cursor_put(struct text *payload, const struct cursor *cursor)
{
    wire_put_str(payload, cursor->text);
    wire_put_int(payload, cursor->more);
}

bool cursor_get(struct str payload, struct cursor *cursor)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    cursor->text = wire_str(&reader);
    cursor->more = get_bool(&reader);
    return wire_close(&reader);
}

void state_question_put(struct text *payload, const struct state_question *question)
{
    wire_put_int(payload, (int64_t)question->number);
    wire_put_str(payload, question->key);
}

bool state_question_get(struct str payload, struct state_question *question)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    question->number = (uint64_t)wire_int(&reader);
    question->key = wire_str(&reader);
    return wire_close(&reader);
}

void state_answer_put(struct text *payload, const struct state_answer *answer)
{
    wire_put_int(payload, (int64_t)answer->number);
    add_outcome(payload, &answer->outcome);
    wire_put_str(payload, answer->value);
}

bool state_answer_get(struct str payload, struct state_answer *answer)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    answer->number = (uint64_t)wire_int(&reader);
    answer->outcome = get_outcome(&reader);
    answer->value = wire_str(&reader);
    return wire_close(&reader);
}

void state_item_put(struct text *payload, const struct state_item *item)
{
    wire_put_str(payload, item->key);
    wire_put_str(payload, item->value);
}

bool state_item_get(struct str payload, struct state_item *item)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    item->key = wire_str(&reader);
    item->value = wire_str(&reader);
    return wire_close(&reader);
}

void result_put(struct text *payload, struct str json)
{
    wire_put_str(payload, json);
}

bool result_get(struct str payload, struct str *json)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    *json = wire_str(&reader);
    return wire_close(&reader);
}

void done_put(struct text *payload, const struct call_done *done)
{
    wire_put_int(payload, done->index);
    add_outcome(payload, &done->outcome);
    wire_put_str(payload, done->id);
    wire_put_str(payload, done->version);
}

bool done_get(struct str payload, struct call_done *done)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    done->index = get_uint(&reader);
    done->outcome = get_outcome(&reader);
    done->id = wire_str(&reader);
    done->version = wire_str(&reader);
    return wire_close(&reader);
}

void log_line_put(struct text *payload, const struct log_line *line)
{
    wire_put_int(payload, line->level);
    wire_put_str(payload, line->text);
}

bool log_line_get(struct str payload, struct log_line *line)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    line->level = get_uint(&reader);
    line->text = wire_str(&reader);
    return wire_close(&reader);
}
