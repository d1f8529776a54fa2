#include "followup/seen.h"

#include <stdlib.h>

enum { LEAST_PLACES = 64 };

struct place {
    uint64_t hash;
    struct seen_event newest; /* event 0: the place is free */
};

struct seen {
    struct place *places; /* a power of two, at most half of them taken */
    size_t place_count, count;
};

struct seen *seen_make(void)
{
    struct seen *seen = calloc(1, sizeof *seen);
    if (seen) {
        seen->place_count = LEAST_PLACES;
        seen->places = calloc(LEAST_PLACES, sizeof *seen->places);
    }
    if (!seen || !seen->places) {
        seen_free(seen);
        return NULL;
    }
    return seen;
}

void seen_free(struct seen *seen)
{
    free(seen ? seen->places : NULL);
    free(seen);
}

/* FNV-1a over all parts, each with an end. */
uint64_t seen_hash(const struct followup_event *looked_for, struct str value)
{
    const struct str parts[] = {looked_for->integration, looked_for->type,
                                looked_for->field, value};
    uint64_t hash = 0xcbf29ce484222325U;
    for (unsigned part = 0; part < sizeof parts / sizeof *parts; part++) {
        for (size_t i = 0; i < parts[part].len; i++) {
            hash = (hash ^ (unsigned char)parts[part].ptr[i]) * 0x100000001b3U;
        }
        hash = (hash ^ 0x100) * 0x100000001b3U;
    }
    return hash ^ hash >> 32;
}

/* Where it is, or would be. */
static struct place *place_of(const struct seen *seen, uint64_t hash)
{
    size_t at = hash & (seen->place_count - 1);
    while (seen->places[at].newest.event != 0 && seen->places[at].hash != hash) {
        at = (at + 1) & (seen->place_count - 1);
    }
    return &seen->places[at];
}

static bool grow(struct seen *seen)
{
    const struct seen old = *seen;
    struct place *places = calloc(2 * old.place_count, sizeof *places);
    if (!places) {
        return false;
    }
    seen->places = places;
    seen->place_count = 2 * old.place_count;
    for (size_t i = 0; i < old.place_count; i++) {
        if (old.places[i].newest.event != 0) {
            *place_of(seen, old.places[i].hash) = old.places[i];
        }
    }
    free(old.places);
    return true;
}

bool seen_add(struct seen *seen, uint64_t hash, const struct seen_event *event)
{
    if (2 * (seen->count + 1) > seen->place_count && !grow(seen)) {
        return false;
    }
    struct place *place = place_of(seen, hash);
    seen->count += place->newest.event == 0;
    if (place->newest.event == 0 || event->at_ms >= place->newest.at_ms) {
        *place = (struct place){hash, *event};
    }
    return true;
}

struct seen_event seen_find(const struct seen *seen, uint64_t hash,
                            const struct seen_event *than)
{
    const struct seen_event newest = place_of(seen, hash)->newest;
    bool later = newest.event != than->event && newest.at_ms > than->at_ms;
    return later ? newest : (struct seen_event){0, 0};
}
