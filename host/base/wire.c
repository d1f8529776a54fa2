#include "base/wire.h"

enum { TAG_INT = 'i', TAG_STR = 's', TAG_LIST = 'l' };

void wire_put_int(struct text *payload, int64_t number)
{
    char field[1 + sizeof number] = {TAG_INT};
    memcpy(field + 1, &number, sizeof number);
    text_add_bytes(payload, field, sizeof field);
}

static void put_count(struct text *payload, char tag, uint32_t count)
{
    char field[1 + sizeof count] = {tag};
    memcpy(field + 1, &count, sizeof count);
    text_add_bytes(payload, field, sizeof field);
}

void wire_put_str(struct text *payload, struct str str)
{
    if (str.len > WIRE_FRAME_BYTES) {
        payload->failed = true;
        return;
    }
    put_count(payload, TAG_STR, (uint32_t)str.len);
    text_add(payload, str);
}

void wire_put_list(struct text *payload, uint32_t count)
{
    if (count > WIRE_LIST_MOST) {
        payload->failed = true;
        return;
    }
    put_count(payload, TAG_LIST, count);
}

void wire_open(struct wire_reader *reader, struct str payload)
{
    *reader = (struct wire_reader){.at = payload.ptr, .end = payload.ptr + payload.len};
}

/* The next field's fixed part, or NULL: another tag, or not enough bytes. */
static const char *take(struct wire_reader *reader, char tag, size_t bytes)
{
    size_t left = (size_t)(reader->end - reader->at);
    if (reader->bad || left < 1 + bytes || *reader->at != tag) {
        reader->bad = true;
        return NULL;
    }
    const char *field = reader->at + 1;
    reader->at = field + bytes;
    return field;
}

int64_t wire_int(struct wire_reader *reader)
{
    int64_t number = 0;
    const char *field = take(reader, TAG_INT, sizeof number);
    if (field) {
        memcpy(&number, field, sizeof number);
    }
    return number;
}

static uint32_t take_count(struct wire_reader *reader, char tag, size_t least_bytes,
                           uint32_t most)
{
    uint32_t count = 0;
    const char *field = take(reader, tag, sizeof count);
    if (!field) {
        return 0;
    }
    memcpy(&count, field, sizeof count);
    if (count > most || count > (size_t)(reader->end - reader->at) / least_bytes) {
        reader->bad = true;
        return 0;
    }
    return count;
}

struct str wire_str(struct wire_reader *reader)
{
    uint32_t length = take_count(reader, TAG_STR, 1, WIRE_FRAME_BYTES);
    struct str str = {reader->bad ? "" : reader->at, length};
    reader->at += length;
    return str;
}

/* The smallest element is an empty text: five bytes. */
uint32_t wire_list(struct wire_reader *reader)
{
    return take_count(reader, TAG_LIST, 1 + sizeof(uint32_t), WIRE_LIST_MOST);
}

bool wire_close(const struct wire_reader *reader)
{
    return !reader->bad && reader->at == reader->end;
}

void wire_put_header(char header[WIRE_HEADER_BYTES], const struct frame *frame)
{
    uint32_t bytes = (uint32_t)frame->payload.len;
    memcpy(header, &bytes, sizeof bytes);
    memcpy(header + 4, &frame->kind, sizeof frame->kind);
    memcpy(header + 8, &frame->id, sizeof frame->id);
}

bool wire_header(const char header[WIRE_HEADER_BYTES], struct frame *frame)
{
    uint32_t bytes;
    memcpy(&bytes, header, sizeof bytes);
    memcpy(&frame->kind, header + 4, sizeof frame->kind);
    memcpy(&frame->id, header + 8, sizeof frame->id);
    frame->payload = (struct str){NULL, bytes};
    return bytes <= WIRE_FRAME_BYTES;
}
