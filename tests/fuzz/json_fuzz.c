/* JSON of a stranger: checked, written anew, searched, read as values and written again. */
#include "fuzz.h"
#include "smarty/data.h"

enum { OUTPUT_BYTES = 64 << 20, INPUT_BYTES = 1 << 20 };

static const struct json_limits limits = {.bytes = INPUT_BYTES, .values = 20000};

/* What is written anew is the same document, and stays as it is. */
static void rewrite(struct str input)
{
    struct text first;
    struct text second;
    struct error error;
    bool good = json_check(input, &limits, &error);
    text_init(&first, OUTPUT_BYTES);
    text_init(&second, OUTPUT_BYTES);
    fuzz_check(json_rewrite(input, &limits, &first, &error) == good);
    if (good) {
        fuzz_check(json_rewrite(text_str(&first), &limits, &second, &error));
        fuzz_check(str_eq(text_str(&first), text_str(&second)));
    }
    text_done(&first);
    text_done(&second);
}

static void find(struct str input, struct arena *arena)
{
    static const struct str pointers[] = {STR(""),       STR("/a"),    STR("/0"),
                                          STR("/a/0/b"), STR("/~0~1"), STR("/a/a/a"),
                                          STR("/")};
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
        struct str whole;
        if (json_find(input, pointers[i], arena, &whole) != JSON_PROBLEM) {
            fuzz_check(whole.len > 0 && whole.ptr >= input.ptr &&
                       whole.ptr + whole.len <= input.ptr + input.len);
        }
    }
}

/* What comes out of values is JSON, and the second time the same. */
static void read_values(struct str input, enum data_kind kind, struct arena *arena)
{
    struct value value;
    struct error error;
    struct text out;
    if (!data_read(input, &limits, kind, arena, &value, &error)) {
        return;
    }
    text_init(&out, OUTPUT_BYTES);
    data_write(&out, &value);
    struct json_limits enough = {.bytes = OUTPUT_BYTES, .values = UINT32_MAX};
    if (!out.failed) {
        fuzz_check(data_read(text_str(&out), &enough, DATA_PLAIN, arena, &value, &error));
    }
    text_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct arena arena;
    arena_init(&arena, 4096, OUTPUT_BYTES);
    rewrite(input);
    find(input, &arena);
    read_values(input, DATA_PLAIN, &arena);
    read_values(input, DATA_ANSWER, &arena);
    arena_done(&arena);
    return 0;
}
