/* arena - memory that is freed whole.
 *
 * One arena per call, render or request. Nothing that outlives it points into it. An arena
 * has a maximum: code that foreign input drives cannot take more. Not shared by threads.
 */
#ifndef HOST_BASE_ARENA_H
#define HOST_BASE_ARENA_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "base/own.h"
#include "base/purse.h"
#include "base/str.h"

struct arena_block;

struct arena {
    char *at;  /* next free byte of the newest block */
    char *end; /* behind its last byte */
    struct arena_block *blocks;
    size_t used;         /* bytes of all blocks */
    size_t most;         /* never more than this */
    size_t block;        /* usual size of a block */
    uint64_t made;       /* how many blocks, ever */
    struct purse *purse; /* NULL: memory is its own */
    size_t held;         /* bytes taken out of the purse: `used`, and what is promised */
};

/* A moment in the life of an arena. */
struct arena_mark {
    char *at, *end;
    uint64_t made;
    size_t held;
};

/* `most` 0: no limit but memory itself. */
void arena_init(struct arena *arena, size_t block_bytes, size_t most_bytes);
void arena_done(struct arena *arena);

/* From now on blocks are paid out of the purse, which outlives the arena. Before the first
 * allocation. */
void arena_share(struct arena *arena, struct purse *purse);

/* So many bytes more can be allocated later, whatever others take out of the purse. false:
 * it does not have them. What was promised before counts. */
bool arena_promise(struct arena *arena, size_t bytes);

struct arena_mark arena_mark(const struct arena *arena);

/* Gives back what was allocated, and promised, since the mark. Marks that were made since
 * are none any more. */
void arena_release(struct arena *arena, const struct arena_mark *mark);

/* Forgets everything but keeps the newest block, so that the next use allocates nothing. */
void arena_clear(struct arena *arena);

static inline size_t arena_rounded(size_t bytes)
{
    return (bytes + !bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

void *arena_alloc_slow(struct arena *arena, size_t bytes);

/* Aligned for any object, not zeroed; NULL when the maximum or memory is reached. */
static inline void *arena_alloc(struct arena *arena, size_t bytes)
{
    size_t rounded = arena_rounded(bytes);
    if (rounded < bytes || rounded > (size_t)(arena->end - arena->at)) {
        return arena_alloc_slow(arena, bytes);
    }
    void *ptr = arena->at;
    arena->at += rounded;
    return ptr;
}

/* The newest allocation, of `bytes`, needs only the first `kept`: the rest is free again.
 * false, and nothing happens, when it is not the newest. */
static inline bool arena_shrink(struct arena *arena, void *ptr, size_t bytes, size_t kept)
{
    bool newest = ptr && (char *)ptr + arena_rounded(bytes) == arena->at;
    if (newest) {
        arena->at = (char *)ptr + arena_rounded(kept);
    }
    return newest;
}

void *arena_zero(struct arena *arena, size_t count, size_t bytes);

/* Copies with a zero behind; ptr is NULL when memory is out. */
struct str arena_copy(struct arena *arena, struct str str);

/* Both, one after the other; likewise. */
struct str arena_join(struct arena *arena, struct str first, struct str second);

#endif
