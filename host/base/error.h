/* error - why something failed: a category that decides what happens next, and a sentence.
 *
 * A function that can fail takes `struct error *error` last, returns false or NULL when it
 * failed, and fills the error exactly then. Whoever returns an error does not log it.
 */
#ifndef HOST_BASE_ERROR_H
#define HOST_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include <imh/imh.h>

#define ERROR_TEXT_BYTES 480

#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))

struct error {
    imh_status status; /* IMH_RETRY, IMH_REJECTED, ...: what the caller does now */
    uint32_t after_s;  /* rest at least this long; 0 when nothing is known */
    char text[ERROR_TEXT_BYTES]; /* one sentence, cut at a whole UTF-8 character */
};

/* Both always return false, so that `return error_set(...)` reads well. */
PRINTF_LIKE(3, 4)
bool error_set(struct error *error, imh_status status, const char *format, ...);

/* Puts "what: " in front of the sentence. */
PRINTF_LIKE(2, 3) bool error_wrap(struct error *error, const char *format, ...);

/* The category as people and logs name it: "retry", "denied". Never NULL. */
const char *error_status_name(imh_status status);

#endif
