#include "base/message.h"

#include "base/message_parts.h"

void mail_put(struct text *payload, const struct mail *mail)
{
    wire_put_int(payload, (int64_t)mail->instance);
    wire_put_int(payload, mail->left_ms);
    wire_put_int(payload, mail->plain);
    wire_put_str(payload, mail->from);
    wire_put_str(payload, mail->to);
    wire_put_str(payload, mail->body);
}

bool mail_get(struct str payload, struct mail *mail)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    mail->instance = (uint64_t)wire_int(&reader);
    mail->left_ms = wire_int(&reader);
    mail->plain = get_bool(&reader);
    mail->from = wire_str(&reader);
    mail->to = wire_str(&reader);
    mail->body = wire_str(&reader);
    return wire_close(&reader) && mail->left_ms >= 0;
}

void mailed_put(struct text *payload, const struct mailed *mailed)
{
    add_outcome(payload, &mailed->outcome);
    wire_put_int(payload, mailed->code);
}

bool mailed_get(struct str payload, struct mailed *mailed)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    mailed->outcome = get_outcome(&reader);
    mailed->code = get_uint(&reader);
    return wire_close(&reader);
}
