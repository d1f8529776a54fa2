#include "slots.h"

#include <string.h>

struct slots slots_begin(imh_call *call, const char *name, size_t width)
{
    return (struct slots){.call = call, .name = name, .width = width};
}

static imh_str key_of(const struct slots *slots)
{
    return imh_print(slots->call, "%s/%ld", slots->name, slots->thousand);
}

static size_t bytes_of(const struct slots *slots)
{
    return SLOTS_THOUSAND * slots->width;
}

static int is_blank(const char *bytes, size_t count)
{
    return bytes[0] == ' ' && memcmp(bytes, bytes + 1, count - 1) == 0;
}

int slots_is_blank(const struct slots *slots, const char *slot)
{
    return is_blank(slot, slots->width);
}

void slots_clear(struct slots *slots, char *slot)
{
    slots->changed = slots->changed || !slots_is_blank(slots, slot);
    memset(slot, ' ', slots->width);
}

imh_status slots_keep(struct slots *slots)
{
    imh_call *call = slots->call;
    if (!slots->changed) {
        return IMH_OK;
    }
    slots->changed = 0;
    int empty = is_blank(slots->kept, bytes_of(slots));
    return call->host->state_put(
        call, key_of(slots),
        (imh_str){empty ? "" : slots->kept, empty ? 0 : bytes_of(slots)});
}

static imh_status load(struct slots *slots, long thousand)
{
    imh_str kept;
    imh_call *call = slots->call;
    size_t bytes = bytes_of(slots);
    slots->kept = slots->kept ? slots->kept : call->host->alloc(call, bytes);
    slots->thousand = thousand;
    memset(slots->kept, ' ', bytes);
    void *mark = call->host->mark(call);
    imh_status status = call->host->state(call, key_of(slots), &kept);
    if (status == IMH_OK && kept.len == bytes) {
        memcpy(slots->kept, kept.ptr, bytes);
    }
    call->host->release(call, mark);
    return status == IMH_MISSING ? IMH_OK : status;
}

char *slots_at(struct slots *slots, long id, imh_status *status)
{
    long thousand = id / SLOTS_THOUSAND;
    if (!slots->kept || slots->thousand != thousand) {
        *status = slots_keep(slots);
        *status = *status == IMH_OK ? load(slots, thousand) : *status;
        if (*status != IMH_OK) {
            slots->kept = NULL;
            return NULL;
        }
    }
    return slots->kept + (size_t)(id % SLOTS_THOUSAND) * slots->width;
}
