/* when - a moment as people write it: "2h" ago, a day, or "2026-11-28T10:00:00Z". */
#ifndef HOST_APP_WHEN_H
#define HOST_APP_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_FORMS "2h, 2026-11-28 or 2026-11-28T10:00:00Z"

/* Also with milliseconds, as we write it: "2026-11-28T10:00:00.123Z". */
bool when_read(const char *word, int64_t *at_ms);

#endif
