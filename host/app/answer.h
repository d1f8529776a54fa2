/* answer - values in what the daemon and the store tell commands. */
#ifndef HOST_APP_ANSWER_H
#define HOST_APP_ANSWER_H

#include <stdint.h>

#include <jansson.h>

#include "base/str.h"

json_t *answer_text(struct str str);

/* JSON that stays a text on its way: its numbers keep their digits. null when it is empty.
 */
json_t *answer_kept(struct str json);

/* "2026-11-28T10:00:00.123Z"; null for no moment, which is 0 or before, or JOB_NEVER. */
json_t *answer_time(int64_t at_ms);

#endif
