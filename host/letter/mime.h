/* mime - bytes as mails carry them: lines of at most 76 characters, all of them ASCII.
 *
 * Our own, not libcurl's: that encodes no header, and the program that writes letters has
 * no libcurl. Pure.
 */
#ifndef HOST_LETTER_MIME_H
#define HOST_LETTER_MIME_H

#include "base/text.h"

enum { MIME_LINE_BYTES = 76 };

/* A body in UTF-8, in whichever of the two takes less; its lines end in any way. */
struct mime_body {
    const char *encoding; /* "quoted-printable", "base64" */
    void (*add)(struct text *out, struct str body);
};

struct mime_body mime_body(struct str body);

/* Each ends its last line. */
void mime_add_quoted(struct text *out, struct str body);
void mime_add_base64(struct text *out, struct str body);

/* The value of a header behind `used` characters of its line, at most 50: as it is when
 * that can be read as nothing else, else in encoded words (RFC 2047). `phrase`: it is a
 * name before an address. `value` is valid UTF-8 without control characters. */
void mime_add_value(struct text *out, struct str value, size_t used, bool phrase);

#endif
