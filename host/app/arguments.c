#include "app/arguments.h"

#include "app/problems.h"
#include "base/json.h"

static const struct flag *find(const struct flag *flags, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, flags[i].name)) {
            return &flags[i];
        }
    }
    return NULL;
}

static bool refuse(struct str name, const struct flag *flags, size_t count,
                   struct error *error)
{
    struct text names;
    struct text hint;
    text_init(&names, 1024);
    text_init(&hint, 256);
    for (size_t i = 0; i < count; i++) {
        text_print(&names, "%s ", flags[i].name);
    }
    problems_suggest(&hint, name, text_str(&names));
    (void)error_set(error, IMH_REJECTED, "unknown option '%.*s'%s", STR_ARGS(name),
                    text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return false;
}

static bool give(const struct flag *flag, const char *value, struct error *error)
{
    size_t place = 0;
    while (flag->is_set && flag->value[place]) {
        place++;
    }
    if (place == ARGUMENTS_WORDS_MOST - 1) {
        return error_set(error, IMH_REJECTED, "option '%s' is given too often", flag->name);
    }
    flag->value[place] = value;
    if (flag->is_set) {
        *flag->is_set = true;
    }
    return true;
}

/* argv[*at] is a flag; moves over its value. */
static bool take_flag(int argc, char **argv, int *at, const struct flag *flags,
                      size_t count, struct error *error)
{
    struct str word = str_from(argv[*at]);
    size_t equals = str_find_char(word, '=');
    struct str name = str_before(word, equals);
    const struct flag *flag = find(flags, count, name);
    if (!flag) {
        return refuse(name, flags, count, error);
    }
    if (flag->is_set && !flag->value) {
        *flag->is_set = true;
        return equals == word.len ||
               error_set(error, IMH_REJECTED, "option '%s' takes no value", flag->name);
    }
    if (equals == word.len && *at + 1 >= argc) {
        return error_set(error, IMH_REJECTED, "option '%s' needs a value", flag->name);
    }
    return give(flag, equals < word.len ? argv[*at] + equals + 1 : argv[++*at], error);
}

bool arguments_read(int argc, char **argv, const struct flag *flags, size_t flag_count,
                    struct words *words, struct error *error)
{
    bool only_words = false;
    words->count = 0;
    for (int i = 0; i < argc; i++) {
        struct str word = str_from(argv[i]);
        if (!only_words && str_is(word, "--")) {
            only_words = true;
        } else if (!only_words && word.len > 1 && word.ptr[0] == '-') {
            if (!take_flag(argc, argv, &i, flags, flag_count, error)) {
                return false;
            }
        } else if (words->count == ARGUMENTS_WORDS_MOST) {
            return error_set(error, IMH_REJECTED, "too many words");
        } else {
            words->items[words->count++] = argv[i];
        }
    }
    return true;
}

bool arguments_object(const char *flag, const char *value, struct error *error)
{
    struct str text = str_from(value);
    if (!json_check(text, &json_limits_input, error)) {
        return error_wrap(error, "%s", flag);
    }
    return str_starts(str_trim(text), STR_OF("{")) ||
           error_set(error, IMH_REJECTED, "%s: must be a JSON object", flag);
}
