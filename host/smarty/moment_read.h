/* moment_read - fills a draft from a piece of text whose form is known already.
 *
 * Every function takes what it reads off the front of `*rest`, skipping what stands before
 * it: the form has made sure that nothing else is there.
 */
#ifndef HOST_SMARTY_MOMENT_READ_H
#define HOST_SMARTY_MOMENT_READ_H

#include "smarty/moment_draft.h"

/* Reads one field per letter of `fields`; false when one cannot be.
 *
 *   y  year; below 100 in less than four digits it is one around now    +  signed year
 *   A  year when a slash follows
 *   m  month as a number     M  as a word     1  day 1
 *   d  day                   D  with "th"     j  day of the year
 *   h  hour   i  minute      s  second
 *   I  minute behind : or .  S  second and fraction behind : or .   C  behind : only
 *   f  fraction behind .     F  behind : or .
 *   p  am or pm              z  zone when anything is left
 */
bool moment_read(struct moment_draft *draft, const char *fields, struct str token);

bool moment_read_zone(struct moment_draft *draft, struct str *rest);

/* At most `most` digits, but never more than 18; MOMENT_UNSET when there are none. */
int64_t moment_read_number(struct str *rest, size_t most);

/* With the signs in front, of which two minuses are a plus; false when there is no number
 * or it is not within 64 bits. */
bool moment_read_signed(struct str *rest, size_t most, int64_t *number);

/* Letters up to the next other character; may be empty. */
struct str moment_read_letters(struct str *rest);

void moment_skip_space(struct str *rest);

/* Adds to the hour what "am" or "pm" says. */
void moment_read_meridian(struct moment_draft *draft, struct str *rest);

/* Midnight, and no time said. */
void moment_forget_time(struct moment_draft *draft);

#endif
