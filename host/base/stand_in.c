#include "base/stand_in.h"

enum { NAME_MOST = 64, TICKET_MOST = 64 };

static const struct str prefix = STR("imh-secret-");

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* "-" and the ticket's bytes as hexadecimal digits, at the end of every stand-in. */
static void write_tail(struct text *out, struct str ticket)
{
    static const char digits[] = "0123456789abcdef";
    text_add_char(out, '-');
    for (size_t i = 0; i < ticket.len; i++) {
        unsigned char c = (unsigned char)ticket.ptr[i];
        text_add_char(out, digits[c >> 4]);
        text_add_char(out, digits[c & 15]);
    }
}

void stand_in_write(struct text *out, struct str name, struct str ticket)
{
    text_add(out, prefix);
    text_add(out, name);
    write_tail(out, ticket);
}

static bool is_one(struct str text, size_t at, struct str tail, struct stand_in *stand_in)
{
    struct str name = str_after(text, at + prefix.len);
    size_t length = 0;
    while (length < name.len && length <= NAME_MOST && is_name_char(name.ptr[length])) {
        length++;
    }
    if (!str_starts(str_after(name, length), tail)) {
        return false;
    }
    *stand_in = (struct stand_in){
        .at = at, .len = prefix.len + length + tail.len, .name = str_before(name, length)};
    return true;
}

bool stand_in_find(struct str text, size_t from, struct str ticket,
                   struct stand_in *stand_in)
{
    struct text tail;
    bool found = false;
    text_init(&tail, 1 + 2 * (size_t)TICKET_MOST);
    write_tail(&tail, ticket);
    size_t at = str_find(text, prefix, from);
    while (!tail.failed && !found && at < text.len) {
        found = is_one(text, at, text_str(&tail), stand_in);
        at = str_find(text, prefix, at + prefix.len);
    }
    text_done(&tail);
    return found;
}
