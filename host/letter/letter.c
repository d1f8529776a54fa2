#include "letter/letter.h"

#include <time.h>

#include "base/digest.h"
#include "base/utf8.h"
#include "letter/mime.h"

/* Parts that were read. */
struct draft {
    const struct letter *letter;
    struct address from, to, reply_to;
    struct text name; /* what its Message-ID and the line between its parts are made of */
};

/* ---- is it one? ---- */

static bool has_control(struct str text)
{
    size_t i = 0;
    while (i < text.len && (unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f) {
        i++;
    }
    return i < text.len;
}

static bool take_address(const char *name, struct str text, bool needed,
                         struct arena *arena, struct address *address, struct error *error)
{
    if (text.len == 0) {
        return !needed || error_set(error, IMH_REJECTED, "'%s' is empty", name);
    }
    if (!address_parse(text, arena, address, error)) {
        struct error why = *error;
        return error_set(error, why.status, "'%s' %s", name, why.text);
    }
    return true;
}

static bool check_subject(struct str subject, struct error *error)
{
    if (!utf8_is_valid(subject)) {
        return error_set(error, IMH_REJECTED, "'subject' is no valid UTF-8");
    }
    if (has_control(subject)) {
        return error_set(error, IMH_REJECTED,
                         "'subject' has a line break or control character");
    }
    if (subject.len > LETTER_SUBJECT_BYTES) {
        return error_set(error, IMH_REJECTED, "'subject' has more than %d bytes",
                         LETTER_SUBJECT_BYTES);
    }
    return subject.len > 0 || error_set(error, IMH_REJECTED, "'subject' is empty");
}

static bool check_unsubscribe(struct str address, struct error *error)
{
    bool known = str_starts(address, STR_OF("https://")) ||
                 str_starts(address, STR_OF("mailto:")) || address.len == 0;
    if (!known) {
        return error_set(error, IMH_REJECTED,
                         "'unsubscribe' must begin with https:// or mailto:");
    }
    if (address.len > LETTER_UNSUBSCRIBE_BYTES) {
        return error_set(error, IMH_REJECTED, "'unsubscribe' has more than %d bytes",
                         LETTER_UNSUBSCRIBE_BYTES);
    }
    for (size_t i = 0; i < address.len; i++) {
        char c = address.ptr[i];
        if (c <= ' ' || c > '~' || c == '<' || c == '>' || c == ',') {
            return error_set(error, IMH_REJECTED,
                             "'unsubscribe' has a character that no address has: escape it "
                             "by %%");
        }
    }
    return true;
}

static bool check_part(const char *name, struct str part, struct error *error)
{
    if (part.len > LETTER_PART_BYTES) {
        return error_set(error, IMH_REJECTED, "'%s' has more than %d MiB", name,
                         LETTER_PART_BYTES >> 20);
    }
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '\0') {
            return error_set(error, IMH_REJECTED, "'%s' has a zero byte", name);
        }
    }
    return utf8_is_valid(part) ||
           error_set(error, IMH_REJECTED, "'%s' is no valid UTF-8", name);
}

static bool take_parts(struct draft *draft, struct arena *arena, struct error *error)
{
    const struct letter *letter = draft->letter;
    bool empty = str_trim(letter->text).len == 0 && str_trim(letter->html).len == 0;
    return take_address("from", letter->from, true, arena, &draft->from, error) &&
           take_address("to", letter->to, true, arena, &draft->to, error) &&
           take_address("reply_to", letter->reply_to, false, arena, &draft->reply_to,
                        error) &&
           check_subject(letter->subject, error) &&
           check_unsubscribe(letter->unsubscribe, error) &&
           check_part("text", letter->text, error) &&
           check_part("html", letter->html, error) &&
           (!empty || error_set(error, IMH_REJECTED,
                                "'text' and 'html' are empty: there is no mail"));
}

/* ---- its head ---- */

/* In English, whatever the locale. */
static void add_date(struct text *out, int64_t time_ms)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm utc;
    if (gmtime_r(&seconds, &utc)) {
        text_print(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
                   days + (size_t)utc.tm_wday * 3, utc.tm_mday,
                   months + (size_t)utc.tm_mon * 3, utc.tm_year + 1900, utc.tm_hour,
                   utc.tm_min, utc.tm_sec);
    }
}

static void add_address(struct text *out, const char *header, const struct address *address)
{
    if (address->mailbox.len == 0) {
        return;
    }
    text_print(out, "%s:", header);
    if (address->name.len > 0) {
        text_add_char(out, ' ');
        mime_add_value(out, address->name, strlen(header) + 2, true);
        text_add_cstr(out, "\r\n"); /* an address alone may fill a line */
    }
    text_print(out, " <%.*s>\r\n", STR_ARGS(address->mailbox));
}

static void add_subject(struct text *out, struct str subject)
{
    static const char header[] = "Subject: ";
    text_add_cstr(out, header);
    mime_add_value(out, subject, sizeof header - 1, false);
    text_add_cstr(out, "\r\n");
}

/* One click suffices by RFC 8058, which wants https. */
static void add_unsubscribe(struct text *out, struct str address)
{
    if (address.len == 0) {
        return;
    }
    text_print(out, "List-Unsubscribe: <%.*s>\r\n", STR_ARGS(address));
    if (str_starts(address, STR_OF("https:"))) {
        text_add_cstr(out, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    }
}

static void add_head(struct text *out, struct draft *draft)
{
    const struct letter *letter = draft->letter;
    add_date(out, letter->time_ms);
    text_print(out, "Message-ID: <%s@%.*s>\r\n", text_cstr(&draft->name),
               STR_ARGS(address_domain(&draft->from)));
    add_address(out, "From", &draft->from);
    add_address(out, "To", &draft->to);
    add_address(out, "Reply-To", &draft->reply_to);
    add_subject(out, letter->subject);
    add_unsubscribe(out, letter->unsubscribe);
    text_add_cstr(out, "MIME-Version: 1.0\r\n");
}

/* ---- its parts ---- */

static void add_part(struct text *out, const char *type, struct str body)
{
    struct mime_body way = mime_body(body);
    text_print(out,
               "Content-Type: text/%s; charset=utf-8\r\n"
               "Content-Transfer-Encoding: %s\r\n\r\n",
               type, way.encoding);
    way.add(out, body);
}

/* No line of an encoded part has a "=_" that is not followed by a digit or an end: so none
 * is taken for the line between them. */
static void add_both(struct text *out, struct draft *draft)
{
    const char *name = text_cstr(&draft->name);
    text_print(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_%s\"\r\n\r\n",
               name);
    text_print(out, "--=_%s\r\n", name);
    add_part(out, "plain", draft->letter->text);
    text_print(out, "\r\n--=_%s\r\n", name);
    add_part(out, "html", draft->letter->html);
    text_print(out, "\r\n--=_%s--\r\n", name);
}

static void add_body(struct text *out, struct draft *draft)
{
    const struct letter *letter = draft->letter;
    if (letter->text.len > 0 && letter->html.len > 0) {
        add_both(out, draft);
    } else if (letter->html.len > 0) {
        add_part(out, "html", letter->html);
    } else {
        add_part(out, "plain", letter->text);
    }
}

bool letter_write(const struct letter *letter, struct arena *arena,
                  struct envelope *envelope, struct text *out, struct error *error)
{
    struct draft draft = {.letter = letter};
    enum { NAME_BYTES = 32 };
    if (!take_parts(&draft, arena, error)) {
        return false;
    }
    text_init(&draft.name, 2 * NAME_BYTES);
    (void)digest_add(&draft.name, STR_OF("sha256"), letter->key, false);
    draft.name.len = draft.name.len > NAME_BYTES ? NAME_BYTES : draft.name.len;
    add_head(out, &draft);
    add_body(out, &draft);
    text_fail_with(out, &draft.name);
    text_done(&draft.name);
    *envelope = (struct envelope){.from = draft.from.mailbox, .to = draft.to.mailbox};
    return text_ok(out, "the mail", error);
}
