#include "net/redact.h"

#include "base/json.h"
#include "base/percent.h"

static bool has(const struct redact *redact, struct str text)
{
    for (unsigned i = 0; i < redact->count; i++) {
        if (str_eq(redact->items[i], text)) {
            return true;
        }
    }
    return false;
}

static bool add(struct redact *redact, struct arena *arena, struct str text)
{
    if (has(redact, text)) {
        return true;
    }
    struct str copy =
        redact->count < REDACT_MOST ? arena_copy(arena, text) : (struct str){NULL, 0};
    if (copy.ptr) {
        redact->items[redact->count++] = copy;
    }
    return copy.ptr != NULL;
}

/* As a JSON string between its quotes; PHP also escapes slashes. */
static void write_json(struct text *out, struct str secret, bool slashes)
{
    struct text quoted;
    text_init_wiped(&quoted, out->most);
    json_add_string(&quoted, secret);
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        text_add_cstr(out, slashes && quoted.ptr[i] == '/' ? "\\" : "");
        text_add_char(out, quoted.ptr[i]);
    }
    text_fail_with(out, &quoted);
    text_done(&quoted);
}

/* JSON that was sent, shown as a text in JSON. */
static void write_json_twice(struct text *out, struct str secret, bool slashes)
{
    struct text once;
    text_init_wiped(&once, out->most);
    write_json(&once, secret, false);
    write_json(out, text_str(&once), slashes);
    text_fail_with(out, &once);
    text_done(&once);
}

enum { PLAIN, PERCENT, JSON, JSON_SLASHES, TWICE, TWICE_SLASHES, FORMS };

static void write_form(struct text *out, struct str secret, unsigned form)
{
    if (form == PLAIN) {
        text_add(out, secret);
    } else if (form == PERCENT) {
        percent_encode(out, secret);
    } else if (form <= JSON_SLASHES) {
        write_json(out, secret, form == JSON_SLASHES);
    } else {
        write_json_twice(out, secret, form == TWICE_SLASHES);
    }
}

bool redact_add(struct redact *redact, struct arena *arena, struct str secret)
{
    enum { LONGER = 8 }; /* at most so many times the secret */
    struct text text;
    bool good = true;
    if (secret.len < REDACT_LEAST_BYTES) {
        return true;
    }
    text_init_wiped(&text, LONGER * secret.len + 2);
    for (unsigned form = 0; form < FORMS && good; form++) {
        text_clear(&text);
        write_form(&text, secret, form);
        good = !text.failed && add(redact, arena, text_str(&text));
    }
    text_done(&text);
    return good;
}

void redact_wipe(struct redact *redact)
{
    for (unsigned i = 0; i < redact->count; i++) {
        explicit_bzero((char *)redact->items[i].ptr, redact->items[i].len);
    }
    redact->count = 0;
}

/* What is put in is no longer than what is taken out. */
static struct str without(struct str words, struct str secret, size_t first,
                          struct text *room)
{
    struct text next;
    size_t from = 0;
    text_init(&next, words.len);
    for (size_t at = first; at < words.len; at = str_find(words, secret, from)) {
        text_add(&next, str_after(str_before(words, at), from));
        text_add_cstr(&next, "[secret]");
        from = at + secret.len;
    }
    text_add(&next, str_after(words, from));
    text_done(room);
    *room = next;
    return next.failed ? STR_OF("") : text_str(room);
}

struct str redact_words(const struct redact *redact, struct str words, struct text *room)
{
    text_init(room, words.len);
    for (unsigned i = 0; i < redact->count; i++) {
        size_t first = str_find(words, redact->items[i], 0);
        if (first < words.len) {
            words = without(words, redact->items[i], first, room);
        }
    }
    return words;
}
