#include "followup/uses.h"

#include <stdlib.h>

enum { LEAST_PLACES = 64 };

/* For whom a follow-up was done. */
struct counted {
    struct counted *next; /* of its place */
    const struct followup *followup;
    uint64_t hash;
    uint32_t count;
    size_t len;
    char whom[];
};

struct use {
    struct use *next; /* a later one of the follow-up */
    struct counted *counted;
    int64_t at_ms;
};

/* Uses of a follow-up have one period: the oldest is over first. */
struct line {
    struct line *next;
    const struct followup *followup;
    struct use *first, **last;
};

struct uses {
    struct line *lines;
    struct counted **places; /* by hash; a power of two */
    size_t place_count, count;
};

struct uses *uses_make(void)
{
    struct uses *uses = calloc(1, sizeof *uses);
    if (uses) {
        uses->place_count = LEAST_PLACES;
        uses->places = calloc(LEAST_PLACES, sizeof(struct counted *));
    }
    if (!uses || !uses->places) {
        uses_free(uses);
        return NULL;
    }
    return uses;
}

static struct counted **place_of(const struct uses *uses, uint64_t hash)
{
    return &uses->places[hash & (uses->place_count - 1)];
}

static void forget_counted(struct uses *uses, struct counted *counted)
{
    struct counted **at = place_of(uses, counted->hash);
    while (*at != counted) {
        at = &(*at)->next;
    }
    *at = counted->next;
    uses->count--;
    free(counted);
}

static void forget_first(struct uses *uses, struct line *line)
{
    struct use *use = line->first;
    line->first = use->next;
    line->last = line->first ? line->last : &line->first;
    if (--use->counted->count == 0) {
        forget_counted(uses, use->counted);
    }
    free(use);
}

void uses_free(struct uses *uses)
{
    while (uses && uses->lines) {
        struct line *line = uses->lines;
        uses->lines = line->next;
        while (line->first) {
            forget_first(uses, line);
        }
        free(line);
    }
    free(uses ? uses->places : NULL);
    free(uses);
}

static uint64_t hash_of(const struct followup *followup, struct str whom)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uintptr_t)followup;
    for (size_t i = 0; i < whom.len; i++) {
        hash = (hash ^ (unsigned char)whom.ptr[i]) * 0x100000001b3U;
    }
    return hash ^ hash >> 32;
}

static struct line *line_of(struct uses *uses, const struct followup *followup)
{
    struct line *line = uses->lines;
    while (line && line->followup != followup) {
        line = line->next;
    }
    if (!line && (line = calloc(1, sizeof *line)) != NULL) {
        *line = (struct line){uses->lines, followup, NULL, &line->first};
        uses->lines = line;
    }
    return line;
}

/* Twice the places; without memory for them it goes on, slower. */
static void grow(struct uses *uses)
{
    struct counted **old = uses->places;
    size_t old_count = uses->place_count;
    struct counted **places = calloc(2 * old_count, sizeof(struct counted *));
    if (!places) {
        return;
    }
    uses->places = places;
    uses->place_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct counted *counted = old[i];
            old[i] = counted->next;
            struct counted **place = place_of(uses, counted->hash);
            counted->next = *place;
            *place = counted;
        }
    }
    free(old);
}

static struct counted *find(const struct uses *uses, const struct followup *followup,
                            struct str whom, uint64_t hash)
{
    struct counted *at = *place_of(uses, hash);
    while (at && !(at->hash == hash && at->followup == followup &&
                   str_eq((struct str){at->whom, at->len}, whom))) {
        at = at->next;
    }
    return at;
}

static struct counted *add(struct uses *uses, const struct followup *followup,
                           struct str whom, uint64_t hash)
{
    struct counted *counted = calloc(1, sizeof *counted + whom.len + 1);
    if (!counted) {
        return NULL;
    }
    counted->followup = followup;
    counted->hash = hash;
    counted->len = whom.len;
    memcpy(counted->whom, whom.ptr, whom.len);
    if (uses->count++ >= uses->place_count) {
        grow(uses);
    }
    struct counted **place = place_of(uses, hash);
    counted->next = *place;
    *place = counted;
    return counted;
}

bool uses_take(struct uses *uses, const struct followup *followup, struct str whom,
               int64_t now_ms, bool *over)
{
    const struct followup_limit *limit = &followup->limit;
    uint64_t hash = hash_of(followup, whom);
    struct line *line = line_of(uses, followup);
    struct use *use = calloc(1, sizeof *use);
    while (line && line->first && line->first->at_ms <= now_ms - limit->period_s * 1000) {
        forget_first(uses, line);
    }
    struct counted *counted = find(uses, followup, whom, hash);
    *over = counted && counted->count >= limit->most;
    if (*over || !line || !use) {
        free(use);
        return *over || (line && use);
    }
    counted = counted ? counted : add(uses, followup, whom, hash);
    if (!counted) {
        free(use);
        return false;
    }
    counted->count++;
    *use = (struct use){NULL, counted, now_ms};
    *line->last = use;
    line->last = &use->next;
    return true;
}
