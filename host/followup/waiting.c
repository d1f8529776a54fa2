#include "followup/waiting.h"

#include <stdlib.h>

#include "base/text.h"
#include "followup/seen.h"

enum { LEAST_PLACES = 64, LEAST_ROOM = 64, VALUE_BYTES = 1 << 20 };

/* An event that a run looks for. */
struct sought {
    struct sought *next;  /* of its place */
    struct sought *other; /* of its run */
    struct waiting_run *run;
    const struct followup_event *event;
    uint64_t hash;
    bool restarts;
    size_t len;
    char value[];
};

struct waiting {
    struct waiting_run **heap; /* by when they are due */
    size_t count, room;
    uint64_t numbers;
    struct sought **places; /* by hash; a power of two */
    size_t place_count, sought;
};

struct waiting *waiting_make(void)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (waiting) {
        waiting->place_count = LEAST_PLACES;
        waiting->places = calloc(LEAST_PLACES, sizeof(struct sought *));
    }
    if (!waiting || !waiting->places) {
        waiting_free(waiting);
        return NULL;
    }
    return waiting;
}

void waiting_free(struct waiting *waiting)
{
    while (waiting && waiting->count > 0) {
        struct waiting_run *last = waiting->heap[waiting->count - 1];
        waiting_remove(waiting, last);
        free(last);
    }
    free(waiting ? waiting->heap : NULL);
    free(waiting ? waiting->places : NULL);
    free(waiting);
}

/* ---- by when they are due ---- */

static bool is_before(const struct waiting_run *a, const struct waiting_run *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->number < b->number;
}

static void put(struct waiting *waiting, size_t at, struct waiting_run *run)
{
    waiting->heap[at] = run;
    run->at = at;
}

/* To where it belongs, from a place that is free. */
static void sift(struct waiting *waiting, size_t at, struct waiting_run *run)
{
    while (at > 0 && is_before(run, waiting->heap[(at - 1) / 2])) {
        put(waiting, at, waiting->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < waiting->count; at = child) {
        if (child + 1 < waiting->count &&
            is_before(waiting->heap[child + 1], waiting->heap[child])) {
            child++;
        }
        if (!is_before(waiting->heap[child], run)) {
            break;
        }
        put(waiting, at, waiting->heap[child]);
    }
    put(waiting, at, run);
}

static bool make_room(struct waiting *waiting)
{
    size_t room = waiting->room ? 2 * waiting->room : LEAST_ROOM;
    if (waiting->count < waiting->room) {
        return true;
    }
    struct waiting_run **heap = realloc(waiting->heap, room * sizeof(struct waiting_run *));
    if (heap) {
        waiting->heap = heap;
        waiting->room = room;
    }
    return heap;
}

struct waiting_run *waiting_first(const struct waiting *waiting)
{
    return waiting->count > 0 ? waiting->heap[0] : NULL;
}

uint64_t waiting_count(const struct waiting *waiting)
{
    return waiting->count;
}

void waiting_move(struct waiting *waiting, struct waiting_run *run, int64_t due_ms)
{
    run->due_ms = due_ms;
    sift(waiting, run->at, run);
}

/* ---- by what they look for ---- */

static uint64_t hash_of(bool restarts, const struct followup_event *event, struct str value)
{
    return seen_hash(event, value) + restarts;
}

static struct sought **place_of(const struct waiting *waiting, uint64_t hash)
{
    return &waiting->places[hash & (waiting->place_count - 1)];
}

/* At the end of its place: the first to wait is found first. */
static void append(struct waiting *waiting, struct sought *sought)
{
    struct sought **at = place_of(waiting, sought->hash);
    while (*at) {
        at = &(*at)->next;
    }
    sought->next = NULL;
    *at = sought;
}

/* Twice the places; without memory for them it goes on, slower. */
static void grow(struct waiting *waiting)
{
    struct sought **old = waiting->places;
    size_t old_count = waiting->place_count;
    struct sought **places = calloc(2 * old_count, sizeof(struct sought *));
    if (!places) {
        return;
    }
    waiting->places = places;
    waiting->place_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i]) {
            struct sought *sought = old[i];
            old[i] = sought->next;
            append(waiting, sought);
        }
    }
    free(old);
}

static bool seek(struct waiting *waiting, struct waiting_run *run, bool restarts,
                 const struct followup_event *event, struct str value)
{
    struct sought *sought = malloc(sizeof *sought + value.len + 1);
    if (!sought) {
        return false;
    }
    *sought = (struct sought){.other = run->sought,
                              .run = run,
                              .event = event,
                              .hash = hash_of(restarts, event, value),
                              .restarts = restarts,
                              .len = value.len};
    memcpy(sought->value, value.ptr, value.len);
    run->sought = sought;
    if (waiting->sought++ >= waiting->place_count) {
        grow(waiting);
    }
    append(waiting, sought);
    return true;
}

static bool seek_all(struct waiting *waiting, struct waiting_run *run,
                     const struct trigger *trigger, bool restarts)
{
    const struct followup_events *events =
        restarts ? &run->followup->restart : &run->followup->until;
    bool good = true;
    struct text value;
    text_init(&value, VALUE_BYTES);
    for (uint32_t i = 0; good && i < events->count; i++) {
        text_clear(&value);
        if (trigger_field(trigger, events->items[i].field, &value)) {
            good = seek(waiting, run, restarts, &events->items[i], text_str(&value));
        }
    }
    text_done(&value);
    return good;
}

static void forget(struct waiting *waiting, struct sought *sought)
{
    struct sought **at = place_of(waiting, sought->hash);
    while (*at != sought) {
        at = &(*at)->next;
    }
    *at = sought->next;
    waiting->sought--;
    free(sought);
}

static bool is_same(const struct sought *sought, const struct followup_event *event,
                    struct str value)
{
    return str_eq((struct str){sought->value, sought->len}, value) &&
           str_eq(sought->event->type, event->type) &&
           str_eq(sought->event->integration, event->integration) &&
           str_eq(sought->event->field, event->field);
}

struct waiting_run *waiting_find(const struct waiting *waiting, bool restarts,
                                 const struct followup_event *wanted, struct str value,
                                 struct sought **after)
{
    uint64_t hash = hash_of(restarts, wanted, value);
    struct sought *at = *after ? (*after)->next : *place_of(waiting, hash);
    while (at &&
           !(at->hash == hash && at->restarts == restarts && is_same(at, wanted, value))) {
        at = at->next;
    }
    *after = at;
    return at ? at->run : NULL;
}

/* ---- both ---- */

bool waiting_add(struct waiting *waiting, const struct waiting_run *run,
                 const struct trigger *trigger)
{
    struct waiting_run *copy = malloc(sizeof *copy + trigger->key.len + 1);
    if (!copy || !make_room(waiting)) {
        free(copy);
        return false;
    }
    *copy = *run;
    copy->number = waiting->numbers++;
    copy->sought = NULL;
    copy->key = (struct str){memcpy(copy + 1, trigger->key.ptr, trigger->key.len),
                             trigger->key.len};
    sift(waiting, waiting->count++, copy);
    return seek_all(waiting, copy, trigger, false) &&
           seek_all(waiting, copy, trigger, true);
}

void waiting_remove(struct waiting *waiting, struct waiting_run *run)
{
    struct waiting_run *last = waiting->heap[--waiting->count];
    if (last != run) {
        sift(waiting, run->at, last);
    }
    while (run->sought) {
        struct sought *sought = run->sought;
        run->sought = sought->other;
        forget(waiting, sought);
    }
}
