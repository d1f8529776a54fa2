/* stream - the names of the streams in which jobs keep their order.
 *
 * Values that say the same give the same name, however they are written: escapes of a
 * string, blanks and the order of members make no difference, and a number is the string of
 * its digits. So a command about "7" and one about 7 meet in the stream of the record "7".
 * Long values that begin alike share a stream: they wait without need, which is no harm.
 */
#ifndef HOST_ENGINE_STREAM_H
#define HOST_ENGINE_STREAM_H

#include "base/text.h"

/* Adds the name of the stream of a text in UTF-8, such as the key of a record. */
void stream_add_text(struct text *stream, struct str value);

/* The same of the value at the pointer in the JSON; nothing when it is not there, or the
 * pointer is NULL. Errors: IMH_RETRY no memory. */
bool stream_add_value(struct text *stream, struct str json, const char *pointer,
                      struct error *error);

#endif
