/* section - the settings of a follow-up: one row each.
 *
 * Private to followup.
 */
#ifndef HOST_FOLLOWUP_SECTION_H
#define HOST_FOLLOWUP_SECTION_H

#include "followup/followup.h"

/* Takes all of them, and tells all that is wrong; false: something is. */
bool section_take(struct followup *followup, const struct followup_entry *entries,
                  uint32_t count, const struct followup_problems *problems);

#endif
