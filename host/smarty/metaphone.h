/* metaphone - how an English word sounds, as PHP's metaphone() writes it.
 *
 * Pure. Bytes that are no ASCII letters are passed over, and are no neighbours either.
 */
#ifndef HOST_SMARTY_METAPHONE_H
#define HOST_SMARTY_METAPHONE_H

#include "base/text.h"

/* No further letter begins when `most` sounds are written; 0: all of them. */
void metaphone(struct text *out, struct str word, size_t most);

#endif
