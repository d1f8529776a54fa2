#include "base/match.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct match {
    pcre2_code *code;
    pcre2_match_data *found;
    pcre2_match_context *context;
    struct str text; /* that was searched */
    uint32_t groups; /* set by the last search */
    bool utf8;
};

void match_free(struct match *match)
{
    if (match) {
        pcre2_match_context_free(match->context);
        pcre2_match_data_free(match->found);
        pcre2_code_free(match->code);
        free(match);
    }
}

/* ---- patterns ---- */

static char closing(char open)
{
    static const char pairs[][2] = {{'(', ')'}, {'[', ']'}, {'{', '}'}, {'<', '>'}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i][0] == open) {
            return pairs[i][1];
        }
    }
    return open;
}

/* Offset of the delimiter that ends the pattern; a bracket may hold others. */
static size_t find_end(struct str pattern, char open)
{
    char close = closing(open);
    unsigned depth = 1;
    size_t at = 1;
    for (; at < pattern.len; at++) {
        char c = pattern.ptr[at];
        if (c == '\\') {
            at++;
        } else if (c == close && --depth == 0) {
            break;
        } else if (c == open && close != open) {
            depth++;
        }
    }
    return at;
}

/* The options of PHP's letters; false for a letter that is none. `e` would run code and is
 * no flag any more. */
static bool read_flags(struct str flags, uint32_t *options)
{
    static const uint32_t letters[128] = {
        ['i'] = PCRE2_CASELESS,        ['m'] = PCRE2_MULTILINE,
        ['s'] = PCRE2_DOTALL,          ['x'] = PCRE2_EXTENDED,
        ['A'] = PCRE2_ANCHORED,        ['D'] = PCRE2_DOLLAR_ENDONLY,
        ['U'] = PCRE2_UNGREEDY,        ['J'] = PCRE2_DUPNAMES,
        ['u'] = PCRE2_UTF | PCRE2_UCP, ['n'] = PCRE2_NO_AUTO_CAPTURE};
    for (size_t i = 0; i < flags.len; i++) {
        unsigned char letter = (unsigned char)flags.ptr[i];
        bool nothing = letter == 'S' || letter == 'X' || letter == ' ' || letter == '\n' ||
                       letter == '\r';
        if (letter >= 128 || (!letters[letter] && !nothing)) {
            return false;
        }
        *options |= letters[letter];
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_delimiter(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !letter && !(c >= '0' && c <= '9') && c != '\\' && c != '\0';
}

/* The pattern between its delimiters, and its flags. */
static bool take_apart(struct str *pattern, uint32_t *options, const char **problem)
{
    struct str whole = *pattern;
    while (whole.len > 0 && is_blank(whole.ptr[0])) {
        whole = str_after(whole, 1);
    }
    if (whole.len == 0 || whole.len > MATCH_PATTERN_BYTES || !is_delimiter(whole.ptr[0])) {
        *problem = "it needs delimiters, as in /x/";
        return false;
    }
    size_t end = find_end(whole, whole.ptr[0]);
    if (end >= whole.len) {
        *problem = "its ending delimiter is missing";
        return false;
    }
    *pattern = str_after(str_before(whole, end), 1);
    *problem = "it has an unknown flag";
    return read_flags(str_after(whole, end + 1), options);
}

struct match *match_make(struct str pattern, const char **problem)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C;
    int code = 0;
    size_t offset = 0;
    if (!take_apart(&pattern, &options, problem)) {
        return NULL;
    }
    *problem = "it is no regular expression";
    struct match *match = calloc(1, sizeof *match);
    if (!match) {
        return NULL;
    }
    match->utf8 = options & PCRE2_UTF;
    match->code =
        pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.len, options, &code, &offset, NULL);
    match->context = pcre2_match_context_create(NULL);
    match->found =
        match->code ? pcre2_match_data_create_from_pattern(match->code, NULL) : NULL;
    if (!match->found || !match->context) {
        match_free(match);
        return NULL;
    }
    return match;
}

/* ---- searching ---- */

enum { FIRST_STEPS = 64, MORE_STEPS = 8, BYTES_A_STEP = 16 };

/* What one search took off `work`: half of what it was allowed, and what it went over. */
static void spend(const struct match *match, int count, size_t from, uint64_t limit,
                  uint64_t *work)
{
    const size_t *places = pcre2_get_ovector_pointer(match->found);
    size_t end = count > 0 && places[1] > from ? places[1] : match->text.len;
    uint64_t spent = limit / 2 + (end - from) / BYTES_A_STEP;
    *work = *work > spent ? *work - spent : 0;
}

/* The matcher does not say how much it took, so it is allowed little first, then more: what
 * is spent is known to a factor. */
static int search(struct match *match, size_t from, uint32_t options, uint64_t *work)
{
    pcre2_set_heap_limit(match->context, MATCH_HEAP_KB);
    for (uint64_t allowed = FIRST_STEPS;; allowed *= MORE_STEPS) {
        bool last = allowed >= *work || allowed > UINT32_MAX / MORE_STEPS;
        uint64_t limit = allowed < *work ? allowed : *work;
        pcre2_set_match_limit(match->context, (uint32_t)limit);
        int count = pcre2_match(match->code, (PCRE2_SPTR)match->text.ptr, match->text.len,
                                from, options, match->found, match->context);
        if (count != PCRE2_ERROR_MATCHLIMIT || last) {
            spend(match, count, from, limit, work);
            return *work > 0 ? count : PCRE2_ERROR_MATCHLIMIT;
        }
        *work -= limit;
    }
}

static enum match_result find(struct match *match, struct str text, size_t from,
                              uint32_t options, uint64_t *work)
{
    static const char nothing[] = "";
    text.ptr = text.ptr ? text.ptr : nothing;
    match->text = text;
    match->groups = 0;
    int count = search(match, from, options, work);
    if (count > 0) {
        match->groups = (uint32_t)count;
        return MATCH_FOUND;
    }
    if (count == PCRE2_ERROR_NOMATCH) {
        return MATCH_NONE;
    }
    return count <= PCRE2_ERROR_UTF8_ERR1 && count >= PCRE2_ERROR_UTF8_ERR21
               ? MATCH_NOT_UTF8
               : MATCH_TOO_MUCH;
}

enum match_result match_find(struct match *match, struct str text, size_t from,
                             uint64_t *work)
{
    return find(match, text, from, 0, work);
}

struct str match_group(const struct match *match, uint32_t index)
{
    if (index >= match->groups) {
        return (struct str){"", 0};
    }
    const size_t *places = pcre2_get_ovector_pointer(match->found);
    size_t from = places[2 * index];
    size_t to = places[2 * index + 1];
    return from == PCRE2_UNSET || to < from
               ? (struct str){"", 0}
               : (struct str){match->text.ptr + from, to - from};
}

/* ---- replacing ---- */

static bool is_digit(struct str text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9';
}

/* Bytes of $1, \12 or ${1} at the start, and the group; 0 when it is none. */
static size_t read_reference(struct str by, uint32_t *group)
{
    bool braced = by.len > 1 && by.ptr[0] == '$' && by.ptr[1] == '{';
    size_t at = braced ? 2 : 1;
    if ((by.ptr[0] != '$' && by.ptr[0] != '\\') || !is_digit(by, at)) {
        return 0;
    }
    *group = (uint32_t)(by.ptr[at++] - '0');
    if (is_digit(by, at)) {
        *group = *group * 10 + (uint32_t)(by.ptr[at++] - '0');
    }
    if (braced && !(at < by.len && by.ptr[at++] == '}')) {
        return 0;
    }
    return at;
}

static void add_replacement(const struct match *match, struct str by, struct text *out)
{
    for (size_t at = 0; at < by.len;) {
        struct str rest = str_after(by, at);
        uint32_t group;
        size_t bytes = read_reference(rest, &group);
        bool escaped = rest.len > 1 && rest.ptr[0] == '\\' && rest.ptr[1] == '\\';
        if (bytes > 0) {
            text_add(out, match_group(match, group));
        } else {
            text_add_char(out, rest.ptr[0]);
            bytes = escaped ? 2 : 1;
        }
        at += bytes;
    }
}

/* Bytes of one character. */
static size_t one_character(const struct match *match, struct str rest)
{
    size_t bytes = 1;
    while (match->utf8 && bytes < rest.len &&
           ((unsigned char)rest.ptr[bytes] & 0xC0) == 0x80) {
        bytes++;
    }
    return bytes;
}

enum match_result match_replace(struct match *match, struct str text, struct str by,
                                int64_t limit, uint64_t *work, struct text *out)
{
    size_t copied = 0;
    uint32_t options = 0;
    for (size_t from = 0; limit != 0 && from <= text.len && !out->failed;) {
        uint32_t known = from > 0 ? PCRE2_NO_UTF_CHECK : 0;
        enum match_result result = find(match, text, from, options | known, work);
        if (result == MATCH_NONE && options != 0 && from < text.len) {
            from += one_character(match, str_after(text, from));
            options = 0;
            continue;
        }
        if (result == MATCH_NONE) {
            break;
        }
        if (result != MATCH_FOUND) {
            return result;
        }
        const size_t *places = pcre2_get_ovector_pointer(match->found);
        text_add_bytes(out, text.ptr + copied, places[0] > copied ? places[0] - copied : 0);
        add_replacement(match, by, out);
        copied = from = places[1];
        bool empty = places[1] == places[0];
        options = empty ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED : 0;
        limit -= limit > 0;
    }
    text_add(out, str_after(text, copied));
    return MATCH_FOUND;
}
