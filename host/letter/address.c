#include "letter/address.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "letter/domain.h"

struct str address_domain(const struct address *address)
{
    return str_after(address->mailbox, str_find_char(address->mailbox, '@') + 1);
}

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What RFC 5322 calls atext: needs no quotes. */
static bool is_atom(char c)
{
    return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_beyond_ascii(struct str text)
{
    size_t i = 0;
    while (i < text.len && (unsigned char)text.ptr[i] < 0x80) {
        i++;
    }
    return i < text.len;
}

static bool check_local(struct str local, struct error *error)
{
    bool good = local.len > 0 && local.ptr[local.len - 1] != '.';
    if (is_beyond_ascii(local)) {
        return error_set(error, IMH_REJECTED,
                         "has letters before the @ that most servers refuse: only ASCII");
    }
    if (local.len > ADDRESS_LOCAL_BYTES) {
        return error_set(error, IMH_REJECTED, "has more than %d characters before the @",
                         ADDRESS_LOCAL_BYTES);
    }
    for (size_t i = 0; good && i < local.len; i++) {
        bool dot = local.ptr[i] == '.' && i > 0 && local.ptr[i - 1] != '.';
        good = dot || is_atom(local.ptr[i]);
    }
    return good || error_set(error, IMH_REJECTED,
                             "has something before the @ that is no name of a mailbox");
}

static bool check_label(struct str label, struct error *error)
{
    bool good = label.len > 0 && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
    for (size_t i = 0; good && i < label.len; i++) {
        good = is_letter_or_digit(label.ptr[i]) || label.ptr[i] == '-';
    }
    if (good && label.len > ADDRESS_LABEL_BYTES) {
        return error_set(error, IMH_REJECTED, "has more than %d characters between dots",
                         ADDRESS_LABEL_BYTES);
    }
    return good ||
           error_set(error, IMH_REJECTED, "has something behind the @ that is no domain");
}

/* In ASCII. */
static bool add_domain(struct text *out, struct str domain, struct error *error)
{
    size_t from = out->len;
    if (!is_beyond_ascii(domain)) {
        text_add(out, domain);
    } else if (!domain_add(out, domain)) {
        return error_set(error, IMH_REJECTED,
                         "has something behind the @ that is no domain");
    }
    struct str left = str_after(text_str(out), from);
    bool more = true;
    while (more) {
        size_t dot = str_find_char(left, '.');
        if (!check_label(str_before(left, dot), error)) {
            return false;
        }
        more = dot < left.len;
        left = str_after(left, dot + 1);
    }
    return true;
}

static bool take_mailbox(struct str text, struct arena *arena, struct str *mailbox,
                         struct error *error)
{
    size_t at = str_find_char(text, '@');
    struct text whole;
    if (at == text.len) {
        return error_set(error, IMH_REJECTED, "is no e-mail address: it has no @");
    }
    if (!check_local(str_before(text, at), error)) {
        return false;
    }
    text_init(&whole, ADDRESS_BYTES);
    text_add(&whole, str_before(text, at + 1));
    bool good = add_domain(&whole, str_after(text, at + 1), error);
    if (whole.failed) {
        good = error_set(error, IMH_REJECTED, "has more than %d characters", ADDRESS_BYTES);
    }
    *mailbox = arena_copy(arena, text_str(&whole));
    text_done(&whole);
    return good && (mailbox->ptr || error_set(error, IMH_RETRY, "no memory for a mail"));
}

static bool has_control(struct str text)
{
    size_t i = 0;
    while (i < text.len && (unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f) {
        i++;
    }
    return i < text.len;
}

static bool check_whole(struct str text, struct error *error)
{
    if (!utf8_is_valid(text)) {
        return error_set(error, IMH_REJECTED, "is no valid UTF-8");
    }
    return !has_control(text) ||
           error_set(error, IMH_REJECTED, "has a line break or control character");
}

/* "\"Jansen, Anna\"": without the quotes around it. */
static struct str without_quotes(struct str name)
{
    bool quoted = name.len >= 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"';
    return quoted ? str_after(str_before(name, name.len - 1), 1) : name;
}

bool address_parse(struct str text, struct arena *arena, struct address *address,
                   struct error *error)
{
    struct address made = {.name = STR_OF("")};
    struct str mailbox = text;
    if (!check_whole(text, error)) {
        return false;
    }
    text = str_trim(text);
    mailbox = text;
    if (str_ends(text, STR_OF(">"))) {
        size_t open = str_find_char(text, '<');
        made.name = without_quotes(str_trim(str_before(text, open)));
        mailbox = str_after(str_before(text, text.len - 1), open + 1);
    }
    if (made.name.len > ADDRESS_NAME_BYTES) {
        return error_set(error, IMH_REJECTED, "has a name of more than %d bytes",
                         ADDRESS_NAME_BYTES);
    }
    if (!take_mailbox(mailbox, arena, &made.mailbox, error)) {
        return false;
    }
    made.name = arena_copy(arena, made.name);
    if (!made.name.ptr) {
        return error_set(error, IMH_RETRY, "no memory for a mail");
    }
    *address = made;
    return true;
}
