#include "engine/quarantine.h"

bool quarantine_death(struct quarantine *quarantine, const struct path_mark *file,
                      int64_t now_ms)
{
    quarantine->deaths_ms[quarantine->next] = now_ms;
    quarantine->next = (quarantine->next + 1) % QUARANTINE_DEATHS;
    int64_t first_ms = quarantine->deaths_ms[quarantine->next];
    if (first_ms == 0 || now_ms - first_ms > QUARANTINE_WITHIN_MS) {
        return false;
    }
    quarantine->until_ms = now_ms + QUARANTINE_MS;
    quarantine->file = *file;
    return true;
}

bool quarantine_holds(struct quarantine *quarantine, const struct path_mark *file,
                      int64_t now_ms)
{
    if (quarantine->until_ms == 0) {
        return false;
    }
    if (now_ms < quarantine->until_ms && path_mark_is_same(&quarantine->file, file)) {
        return true;
    }
    *quarantine = (struct quarantine){.until_ms = 0};
    return false;
}
