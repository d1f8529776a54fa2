#include "smarty/modifiers.h"

#include "smarty/metaphone.h"

/* How near two words are, and how they sound: PHP's functions, byte by byte. */

struct pair {
    struct number_text rooms[2];
    struct str left, right;
};

static void read_pair(const struct value *arguments, struct pair *pair)
{
    pair->left = value_to_str(&arguments[0], &pair->rooms[0]);
    pair->right = value_to_str(&arguments[1], &pair->rooms[1]);
}

/* ---- similar_text ---- */

/* The longest part that both have: the first one of that length. */
static size_t common(struct str left, struct str right, size_t *left_at, size_t *right_at)
{
    size_t most = 0;
    for (size_t i = 0; i + most < left.len; i++) {
        for (size_t j = 0; j + most < right.len; j++) {
            size_t len = 0;
            while (i + len < left.len && j + len < right.len &&
                   left.ptr[i + len] == right.ptr[j + len]) {
                len++;
            }
            if (len > most) {
                most = len;
                *left_at = i;
                *right_at = j;
            }
        }
    }
    return most;
}

static int64_t similar(struct str left, struct str right, struct effort *effort)
{
    size_t left_at = 0;
    size_t right_at = 0;
    if (left.len == 0 || right.len == 0 || !effort_spend(effort, left.len * right.len) ||
        !effort_enter(effort)) {
        return 0;
    }
    size_t len = common(left, right, &left_at, &right_at);
    int64_t sum = (int64_t)len;
    if (len > 0) {
        sum += similar(str_before(left, left_at), str_before(right, right_at), effort);
        sum += similar(str_after(left, left_at + len), str_after(right, right_at + len),
                       effort);
    }
    effort_leave(effort);
    return sum;
}

static bool run_similar_text(struct modifier_call *call, const struct value *arguments,
                             uint32_t count, struct value *result)
{
    struct pair pair;
    (void)count;
    read_pair(arguments, &pair);
    *result = value_int(similar(pair.left, pair.right, &call->effort));
    return true;
}

/* ---- levenshtein ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* levenshtein(left, right, insert=1, replace=1, delete=1) */
static bool run_levenshtein(struct modifier_call *call, const struct value *arguments,
                            uint32_t count, struct value *result)
{
    struct pair pair;
    read_pair(arguments, &pair);
    int64_t insert = modifier_int(arguments, count, 2, 1);
    int64_t replace = modifier_int(arguments, count, 3, 1);
    int64_t drop = modifier_int(arguments, count, 4, 1);
    int64_t *row = arena_zero(call->arena, pair.right.len + 1, sizeof *row);
    if (!row) {
        return modifier_memory(call);
    }
    for (size_t j = 0; j <= pair.right.len; j++) {
        row[j] = (int64_t)j * insert;
    }
    for (size_t i = 0; i < pair.left.len; i++) {
        int64_t corner = row[0];
        if (!effort_spend(&call->effort, 1 + pair.right.len)) {
            break;
        }
        row[0] += drop;
        for (size_t j = 0; j < pair.right.len; j++) {
            bool same = pair.left.ptr[i] == pair.right.ptr[j];
            int64_t by_corner = corner + (same ? 0 : replace);
            corner = row[j + 1];
            row[j + 1] = least(by_corner, least(corner + drop, row[j] + insert));
        }
    }
    *result = value_int(row[pair.right.len]);
    return true;
}

/* ---- soundex ---- */

/* What letters A to Z sound like; '-' ends a run, ' ' does not. */
static char sound(char letter)
{
    static const char codes[] = "-123-12 -22455-12623-1 2-2";
    return codes[letter - 'A'];
}

static bool is_digit_code(char code)
{
    return code >= '1' && code <= '6';
}

static bool is_ascii_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static void map_soundex(struct text *out, struct str text)
{
    char code[4] = {'0', '0', '0', '0'};
    size_t count = 0;
    char last = '\0';
    for (size_t i = 0; i < text.len && count < sizeof code; i++) {
        char letter = (char)(text.ptr[i] & ~0x20);
        char heard = is_ascii_letter(letter) ? sound(letter) : ' ';
        if (count == 0 && is_ascii_letter(letter)) {
            code[count++] = letter;
        } else if (count > 0 && is_digit_code(heard) && heard != last) {
            code[count++] = heard;
        }
        last = heard == ' ' ? last : heard;
    }
    text_add_bytes(out, code, sizeof code);
}

/* metaphone(text, most=0) */
static bool run_metaphone(struct modifier_call *call, const struct value *arguments,
                          uint32_t count, struct value *result)
{
    struct number_text room;
    int64_t most = modifier_int(arguments, count, 1, 0);
    if (most < 0) {
        return modifier_fail(call, "metaphone: the number of sounds must be 0 or more");
    }
    metaphone(call->scratch, value_to_str(&arguments[0], &room), (size_t)most);
    return modifier_text(call, result);
}

static const struct function functions[] = {
    FUNCTION_RUN("metaphone", 1, 2, AS_BOTH, "ti", run_metaphone),
    FUNCTION_MAP("soundex", AS_BOTH, map_soundex),
    FUNCTION_RUN("levenshtein", 2, 5, AS_BOTH, "ttiii", run_levenshtein),
    FUNCTION_RUN("similar_text", 2, 2, AS_BOTH, "t", run_similar_text),
};

const struct family family_spelling = {functions, sizeof functions / sizeof *functions};
