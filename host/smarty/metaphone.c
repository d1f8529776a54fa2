#include "smarty/metaphone.h"

/* Where in the word it is. */
struct spot {
    struct str word;
    size_t at;
};

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* The letter so far behind this one, or before it; 0 beyond the ends. */
static char letter(const struct spot *spot, int ahead)
{
    size_t at = spot->at + (size_t)ahead; /* wraps around before the start */
    return (char)(at < spot->word.len ? upper(spot->word.ptr[at]) : '\0');
}

static bool is_one_of(const char *letters, char c)
{
    return c != '\0' && strchr(letters, c);
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_vowel(char c)
{
    return is_one_of("AEIOU", c);
}

static bool is_soft(char c)
{
    return is_one_of("EIY", c);
}

/* ---- sounds inside a word ---- */

struct sound {
    const char *heard;
    size_t more; /* letters that it takes beside this one */
};

static struct sound sound(const char *heard)
{
    return (struct sound){.heard = heard};
}

static struct sound sound_of_two(const char *heard)
{
    return (struct sound){.heard = heard, .more = 1};
}

/* Behind an M it is silent. */
static struct sound hear_b(const struct spot *spot)
{
    return sound(letter(spot, -1) == 'M' ? "" : "B");
}

static struct sound hear_c(const struct spot *spot)
{
    char next = letter(spot, 1);
    if (is_soft(next)) {
        bool cia = next == 'I' && letter(spot, 2) == 'A';
        return sound(cia ? "X" : letter(spot, -1) == 'S' ? "" : "S");
    }
    return next == 'H' ? sound_of_two("X") : sound("K");
}

static struct sound hear_d(const struct spot *spot)
{
    bool soft = letter(spot, 1) == 'G' && is_soft(letter(spot, 2));
    return soft ? sound_of_two("J") : sound("T");
}

static struct sound hear_g(const struct spot *spot)
{
    char next = letter(spot, 1);
    if (next == 'H') {
        bool silent = is_one_of("BDH", letter(spot, -3)) || letter(spot, -4) == 'H';
        return silent ? sound("") : sound_of_two("F");
    }
    if (next == 'N') {
        char behind = letter(spot, 2);
        bool silent = !is_letter(behind) || (behind == 'E' && letter(spot, 3) == 'D');
        return sound(silent ? "" : "K");
    }
    return sound(is_soft(next) && letter(spot, -1) != 'G' ? "J" : "K");
}

static struct sound hear_h(const struct spot *spot)
{
    bool heard = is_vowel(letter(spot, 1)) && !is_one_of("CGPST", letter(spot, -1));
    return sound(heard ? "H" : "");
}

static struct sound hear_k(const struct spot *spot)
{
    return sound(letter(spot, -1) == 'C' ? "" : "K");
}

static struct sound hear_p(const struct spot *spot)
{
    return sound(letter(spot, 1) == 'H' ? "F" : "P");
}

/* -IO- and -IA- behind S and T. */
static bool is_hushed(const struct spot *spot)
{
    return letter(spot, 1) == 'I' && is_one_of("OA", letter(spot, 2));
}

static struct sound hear_s(const struct spot *spot)
{
    bool sh = letter(spot, 1) == 'H';
    return sh ? sound_of_two("X") : sound(is_hushed(spot) ? "X" : "S");
}

static struct sound hear_t(const struct spot *spot)
{
    char next = letter(spot, 1);
    if (is_hushed(spot)) {
        return sound("X");
    }
    bool silent = next == 'C' && letter(spot, 2) == 'H';
    return next == 'H' ? sound_of_two("0") : sound(silent ? "" : "T");
}

static struct sound hear_w(const struct spot *spot)
{
    return sound(is_vowel(letter(spot, 1)) ? "W" : "");
}

static struct sound hear_y(const struct spot *spot)
{
    return sound(is_vowel(letter(spot, 1)) ? "Y" : "");
}

/* By letter: a function, or what is always heard; vowels are silent inside a word. */
static const struct {
    struct sound (*hear)(const struct spot *spot);
    const char *always;
} sounds[26] = {
    ['B' - 'A'] = {.hear = hear_b}, ['C' - 'A'] = {.hear = hear_c},
    ['D' - 'A'] = {.hear = hear_d}, ['F' - 'A'] = {.always = "F"},
    ['G' - 'A'] = {.hear = hear_g}, ['H' - 'A'] = {.hear = hear_h},
    ['J' - 'A'] = {.always = "J"},  ['K' - 'A'] = {.hear = hear_k},
    ['L' - 'A'] = {.always = "L"},  ['M' - 'A'] = {.always = "M"},
    ['N' - 'A'] = {.always = "N"},  ['P' - 'A'] = {.hear = hear_p},
    ['Q' - 'A'] = {.always = "K"},  ['R' - 'A'] = {.always = "R"},
    ['S' - 'A'] = {.hear = hear_s}, ['T' - 'A'] = {.hear = hear_t},
    ['V' - 'A'] = {.always = "F"},  ['W' - 'A'] = {.hear = hear_w},
    ['X' - 'A'] = {.always = "KS"}, ['Y' - 'A'] = {.hear = hear_y},
    ['Z' - 'A'] = {.always = "S"},
};

static struct sound sound_at(const struct spot *spot, char here)
{
    const char *always = sounds[here - 'A'].always;
    return sounds[here - 'A'].hear ? sounds[here - 'A'].hear(spot)
                                   : sound(always ? always : "");
}

/* ---- the start of a word ---- */

/* What is heard only there; the letters that takes are passed. */
static const char *hear_start(struct spot *spot)
{
    static const struct {
        const char *letters; /* one of them, */
        const char *next;    /* and one of these behind it; NULL: anything */
        const char *heard;
        size_t takes;
    } starts[] = {{"A", "E", "E", 2},      {"GKP", "N", "N", 2}, {"W", "R", "R", 2},
                  {"W", "HAEIOU", "W", 2}, {"X", NULL, "S", 1},  {"A", NULL, "A", 1},
                  {"E", NULL, "E", 1},     {"I", NULL, "I", 1},  {"O", NULL, "O", 1},
                  {"U", NULL, "U", 1}};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (is_one_of(starts[i].letters, letter(spot, 0)) &&
            (!starts[i].next || is_one_of(starts[i].next, letter(spot, 1)))) {
            spot->at += starts[i].takes;
            return starts[i].heard;
        }
    }
    return "";
}

void metaphone(struct text *out, struct str word, size_t most)
{
    struct spot spot = {.word = str_before(word, str_find_char(word, '\0'))};
    size_t before = out->len;
    while (spot.at < spot.word.len && !is_letter(letter(&spot, 0))) {
        spot.at++;
    }
    text_add_cstr(out, hear_start(&spot));
    for (; spot.at < spot.word.len && (most == 0 || out->len - before < most); spot.at++) {
        char here = letter(&spot, 0);
        bool doubled = here == letter(&spot, -1) && here != 'C';
        if (!is_letter(here) || doubled) {
            continue;
        }
        struct sound heard = sound_at(&spot, here);
        text_add_cstr(out, heard.heard);
        spot.at += heard.more;
    }
}
