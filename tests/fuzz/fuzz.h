/* fuzz - what every NAME_fuzz.c has: one function that reads bytes of a stranger.
 *
 * It must neither crash nor leak nor run for long, whatever the bytes are; what it knows of
 * the result it asserts by fuzz_check(). With the preset fuzz libFuzzer calls it, otherwise
 * replay.c does with the files of corpus/NAME.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_require(bool is_true, const char *file, int line, const char *what)
{
    if (!is_true) {
        (void)fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
        abort();
    }
}

/* As assert(), in every build. */
#define fuzz_check(what) fuzz_require((what), __FILE__, __LINE__, #what)

#endif
