#include "letter/punycode.h"

#include "base/utf8.h"

/* The names of RFC 3492, section 5. */
enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    FIRST_BIAS = 72,
    FIRST_N = 0x80
};

struct label {
    int32_t characters[PUNYCODE_CHARACTERS_MOST];
    uint32_t count;
};

static bool read_label(struct str text, struct label *label)
{
    label->count = 0;
    while (text.len > 0) {
        int32_t character;
        size_t bytes = utf8_decode(text.ptr, text.len, &character);
        bool known = bytes > 0 && (character < FIRST_N || utf8_is_letter(character) ||
                                   utf8_is_mark(character) || utf8_is_number(character));
        if (!known || label->count == PUNYCODE_CHARACTERS_MOST) {
            return false;
        }
        label->characters[label->count++] = character;
        text = str_after(text, bytes);
    }
    return label->count > 0;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    while (delta > (BASE - T_MIN) * T_MAX / 2) {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static char digit(uint32_t value)
{
    return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

static void add_number(struct text *out, uint32_t number, uint32_t bias)
{
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
        if (number < t) {
            break;
        }
        text_add_char(out, digit(t + (number - t) % (BASE - t)));
        number = (number - t) / (BASE - t);
    }
    text_add_char(out, digit(number));
}

static int32_t least_from(const struct label *label, int32_t from)
{
    int32_t least = INT32_MAX;
    for (uint32_t i = 0; i < label->count; i++) {
        int32_t at = label->characters[i];
        least = at >= from && at < least ? at : least;
    }
    return least;
}

/* So few characters that no sum can pass its type. */
static void encode(struct text *out, const struct label *label, uint32_t basic)
{
    int32_t n = FIRST_N;
    uint32_t delta = 0;
    uint32_t bias = FIRST_BIAS;
    for (uint32_t done = basic; done < label->count; delta++, n++) {
        int32_t next = least_from(label, n);
        delta += (uint32_t)(next - n) * (done + 1);
        n = next;
        for (uint32_t i = 0; i < label->count; i++) {
            delta += label->characters[i] < n;
            if (label->characters[i] == n) {
                add_number(out, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
    }
}

bool punycode_add(struct text *out, struct str text)
{
    enum { LOWER_BYTES = 4 * 4 * PUNYCODE_CHARACTERS_MOST };
    struct label label;
    struct text lower;
    uint32_t basic = 0;
    text_init(&lower, LOWER_BYTES);
    utf8_add_lower(&lower, text);
    bool good =
        utf8_is_valid(text) && !lower.failed && read_label(text_str(&lower), &label);
    text_done(&lower);
    if (!good) {
        return false;
    }
    text_add_cstr(out, "xn--");
    for (uint32_t i = 0; i < label.count; i++) {
        if (label.characters[i] < FIRST_N) {
            text_add_char(out, (char)label.characters[i]);
            basic++;
        }
    }
    text_add_cstr(out, basic > 0 ? "-" : "");
    encode(out, &label, basic);
    return !out->failed;
}
