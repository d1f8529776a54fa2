/* letter - one mail to one recipient, as the bytes a mail server takes.
 *
 * Text and HTML in UTF-8 side by side; all lines short, all bytes ASCII, ends of lines CR
 * LF. What it is made of may come from anywhere: nothing in it can begin another header or
 * another part. The same letter has the same Message-ID whenever it is written. Pure.
 */
#ifndef HOST_LETTER_LETTER_H
#define HOST_LETTER_LETTER_H

#include "letter/address.h"

#include "base/text.h"

enum {
    LETTER_BYTES = 6 << 20,      /* all of it, encoded */
    LETTER_PART_BYTES = 2 << 20, /* of its text, and of its HTML */
    LETTER_SUBJECT_BYTES = 998,
    LETTER_UNSUBSCRIBE_BYTES = 900
};

/* All lent; what is empty is left out. */
struct letter {
    struct str from, to, reply_to; /* as address_parse() reads them; two must be there */
    struct str subject;
    struct str text, html;  /* one must be there */
    struct str unsubscribe; /* https://... or mailto:... */
    struct str key;         /* the same one is the same letter again */
    int64_t time_ms;        /* when it is sent */
};

/* What goes on the envelope; lies in the arena. */
struct envelope {
    struct str from, to; /* ASCII: "anna@example.com" */
};

/* Errors: IMH_REJECTED, "'to' ..." names the part at fault; IMH_RETRY no memory. */
bool letter_write(const struct letter *letter, struct arena *arena,
                  struct envelope *envelope, struct text *out, struct error *error);

#endif
