#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* snprintf cuts at any byte; a sentence that ends in half a character is no UTF-8. */
static void end_at_whole_character(char *text, size_t capacity)
{
    size_t length = strlen(text);
    if (length + 1 < capacity) {
        return;
    }
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    unsigned char lead = start > 0 ? (unsigned char)text[start - 1] : 0;
    size_t whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0xC0 && length - start + 1 < whole) {
        text[start - 1] = '\0';
    }
}

bool error_set(struct error *error, imh_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error->status = status;
    error->after_s = 0;
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    end_at_whole_character(error->text, sizeof error->text);
    return false;
}

bool error_wrap(struct error *error, const char *format, ...)
{
    char what[ERROR_TEXT_BYTES];
    char whole[sizeof what + sizeof error->text + 2];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    (void)snprintf(whole, sizeof whole, "%s: %s", what, error->text);
    (void)snprintf(error->text, sizeof error->text, "%.*s", (int)sizeof error->text - 1,
                   whole);
    end_at_whole_character(error->text, sizeof error->text);
    return false;
}

static const char *const status_names[] = {
    [IMH_OK] = "ok",
    [IMH_RETRY] = "retry",
    [IMH_WAIT] = "wait",
    [IMH_MISSING] = "missing",
    [IMH_REJECTED] = "rejected",
    [IMH_DENIED] = "denied",
    [IMH_CANCELED] = "canceled",
    [IMH_BROKEN] = "broken",
    [IMH_UNKNOWN] = "unknown",
    [IMH_TOO_LARGE] = "too-large",
};

const char *error_status_name(imh_status status)
{
    size_t count = sizeof status_names / sizeof *status_names;
    return status >= 0 && (size_t)status < count ? status_names[status]
                                                 : status_names[IMH_BROKEN];
}
