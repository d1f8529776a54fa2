/* arguments - the words behind a command: flags and what is left.
 *
 * --name VALUE, --name=VALUE, --switch; `--` ends the flags. Flags may stand anywhere.
 */
#ifndef HOST_APP_ARGUMENTS_H
#define HOST_APP_ARGUMENTS_H

#include "base/error.h"

enum { ARGUMENTS_WORDS_MOST = 64 };

/* One flag: `value` for those that take one, `is_set` for switches. With both it may be
 * given often: `value` are ARGUMENTS_WORDS_MOST places, all NULL; the last one stays so. */
struct flag {
    const char *name; /* "--data" */
    const char **value;
    bool *is_set;
};

struct words {
    const char *items[ARGUMENTS_WORDS_MOST];
    int count;
};

/* What is no flag goes to `words`. Errors: an unknown flag, a missing or needless value. */
bool arguments_read(int argc, char **argv, const struct flag *flags, size_t flag_count,
                    struct words *words, struct error *error);

/* Is the value of the flag, "--args", a JSON object? Its numbers may have any size. */
bool arguments_object(const char *flag, const char *value, struct error *error);

#endif
