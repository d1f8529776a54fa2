#include "smarty/stripped.h"

#include "base/match.h"

/* Elements that stay: a place holder stands for each meanwhile. */
#define ELEMENTS                            \
    "#(<script[^>]*>.*?</script[^>]*>)|"    \
    "(<textarea[^>]*>.*?</textarea[^>]*>)|" \
    "(<pre[^>]*>.*?</pre[^>]*>)#is"
#define NEWLINES "![\\t ]*[\\r\\n]+[\\t ]*!"

enum { WORK = 100000000 };

static const struct {
    const char *pattern, *by;
} rules[] = {
    {"#(:SMARTY@!@|>)[\\040\\011]+(?=@!@SMARTY:|<)#s", "\\1 \\2"},
    {"#(:SMARTY@!@|>)[\\040\\011]*[\\n]\\s*(?=@!@SMARTY:|<)#s", "\\1\\2"},
    {"#(([a-z0-9]\\s*=\\s*(\"[^\"]*?\")|('[^']*?'))|<[a-z0-9_]+)\\s+([a-z/>])#is",
     "\\1 \\5"},
    {"#>[\\040\\011]+$#Ss", "> "},
    {"#>[\\040\\011]*[\\n]\\s*$#Ss", ">"},
    {NEWLINES, ""},
};

/* One rule; what it makes is the text from then on. */
static bool apply(struct text *text, struct text *room, const char *pattern, const char *by,
                  uint64_t *work)
{
    const char *problem;
    OWN(match) match = match_make(str_from(pattern), &problem);
    text_clear(room);
    if (!match ||
        match_replace(match, text_str(text), str_from(by), -1, work, room) != MATCH_FOUND) {
        return false;
    }
    struct text swap = *text;
    *text = *room;
    *room = swap;
    return !text->failed;
}

/* The text with a place holder for each element; the elements stay where they are. */
static bool hide_elements(struct text *out, struct str text, uint64_t *work)
{
    const char *problem;
    size_t at = 0;
    OWN(match) match = match_make(STR_OF(ELEMENTS), &problem);
    for (unsigned number = 0; match; number++) {
        enum match_result found = match_find(match, text, at, work);
        if (found == MATCH_NONE) {
            text_add(out, str_after(text, at));
            return true;
        }
        if (found != MATCH_FOUND) {
            return false;
        }
        struct str element = match_group(match, 0);
        size_t start = (size_t)(element.ptr - text.ptr);
        text_add_bytes(out, text.ptr + at, start - at);
        text_print(out, "@!@SMARTY:%u:SMARTY@!@", number);
        at = start + element.len;
    }
    return false;
}

/* Elements come back in their order. */
static bool show_elements(struct text *out, struct str text, struct str whole,
                          uint64_t *work)
{
    const char *problem;
    size_t at = 0;
    size_t element_at = 0;
    OWN(match) holder = match_make(STR_OF("#@!@SMARTY:([0-9]+):SMARTY@!@#is"), &problem);
    OWN(match) element = match_make(STR_OF(ELEMENTS), &problem);
    while (holder && element) {
        enum match_result found = match_find(holder, text, at, work);
        if (found != MATCH_FOUND ||
            match_find(element, whole, element_at, work) != MATCH_FOUND) {
            text_add(out, str_after(text, at));
            return found == MATCH_FOUND || found == MATCH_NONE;
        }
        struct str place = match_group(holder, 0);
        struct str hidden = match_group(element, 0);
        size_t start = (size_t)(place.ptr - text.ptr);
        text_add_bytes(out, text.ptr + at, start - at);
        text_add(out, hidden);
        at = start + place.len;
        element_at = (size_t)(hidden.ptr - whole.ptr) + hidden.len;
    }
    return false;
}

static bool strip(struct text *text, struct text *room, struct str whole, struct text *out,
                  uint64_t *work)
{
    if (str_find_char(whole, '<') == whole.len) {
        text_add(text, whole);
        if (!apply(text, room, NEWLINES, "", work)) {
            return false;
        }
        text_add(out, text_str(text));
        return true;
    }
    if (!hide_elements(text, whole, work)) {
        return false;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (!apply(text, room, rules[i].pattern, rules[i].by, work)) {
            return false;
        }
    }
    return show_elements(out, text_str(text), whole, work);
}

bool stripped_add(struct text *out, struct str text)
{
    struct text copy;
    struct text room;
    uint64_t work = WORK;
    text_init(&copy, out->most);
    text_init(&room, out->most);
    bool good = strip(&copy, &room, text, out, &work);
    text_done(&copy);
    text_done(&room);
    return good && !out->failed;
}
