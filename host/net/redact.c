#include "net/redact.h"

#include "base/json.h"
#include "base/percent.h"
#include "base/spelling.h"

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

/* As a JSON string between its quotes: JSON that was sent, shown as a text in JSON, spells
 * that. */
static void write_json(struct text *out, struct str secret)
{
    struct text quoted;
    text_init_wiped(&quoted, out->most);
    json_add_string(&quoted, secret);
    text_add(out, str_after(str_before(text_str(&quoted), quoted.len - 1), 1));
    text_fail_with(out, &quoted);
    text_done(&quoted);
}

static void write_plain(struct text *out, struct str secret)
{
    text_add(out, secret);
}

bool redact_add(struct redact *redact, struct arena *arena, struct str secret)
{
    enum { LONGER = 8 }; /* at most so many times the secret */
    static void (*const forms[])(struct text * out, struct str secret) = {
        write_plain, percent_encode, write_json};
    struct text text;
    bool good = true;
    if (secret.len < SPELLING_SECRET_BYTES) {
        return true;
    }
    text_init_wiped(&text, LONGER * secret.len + 2);
    for (size_t i = 0; i < sizeof forms / sizeof *forms && good; i++) {
        text_clear(&text);
        forms[i](&text, secret);
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

/* Without what takes `len` bytes at `at`, and all that follows of it. What is put in is no
 * longer than what is taken out. */
static struct str without(struct str words, struct str secret, size_t at, size_t len,
                          struct text *room)
{
    struct text next;
    size_t from = 0;
    text_init(&next, words.len);
    for (; at < words.len; at = spelling_find(words, secret, from, &len)) {
        text_add(&next, str_after(str_before(words, at), from));
        text_add_cstr(&next, "[secret]");
        from = at + len;
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
        size_t len;
        size_t first = spelling_find(words, redact->items[i], 0, &len);
        if (first < words.len) {
            words = without(words, redact->items[i], first, len, room);
        }
    }
    return words;
}
