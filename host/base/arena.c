#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct arena_block {
    struct arena_block *older;
    size_t bytes;    /* of the whole block */
    uint64_t number; /* in order of making */
    alignas(max_align_t) char memory[];
};

void arena_init(struct arena *arena, size_t block_bytes, size_t most_bytes)
{
    *arena =
        (struct arena){.most = most_bytes ? most_bytes : SIZE_MAX, .block = block_bytes};
}

/* ---- paid by a purse ---- */

void arena_share(struct arena *arena, struct purse *purse)
{
    arena->purse = purse;
}

/* Has the arena paid for `used` and so many bytes more? */
static bool pay(struct arena *arena, size_t bytes)
{
    size_t wanted = arena->used + bytes;
    if (!arena->purse || wanted <= arena->held) {
        return true;
    }
    bool paid = purse_take(arena->purse, wanted - arena->held);
    arena->held = paid ? wanted : arena->held;
    return paid;
}

static void pay_back_to(struct arena *arena, size_t held)
{
    if (arena->purse && arena->held > held) {
        purse_give(arena->purse, arena->held - held);
        arena->held = held;
    }
}

bool arena_promise(struct arena *arena, size_t bytes)
{
    return bytes <= arena->most - arena->used && pay(arena, bytes);
}

/* ---- giving back ---- */

static void free_down_to(struct arena *arena, struct arena_block *last)
{
    while (arena->blocks != last) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->older;
        arena->used -= block->bytes;
        free(block);
    }
}

void arena_done(struct arena *arena)
{
    free_down_to(arena, NULL);
    pay_back_to(arena, 0);
    arena->at = NULL;
    arena->end = NULL;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->at, arena->end, arena->made, arena->held};
}

/* Large pieces stand behind the newest block: they are not in order of making. */
void arena_release(struct arena *arena, const struct arena_mark *mark)
{
    struct arena_block **at = &arena->blocks;
    while (*at) {
        struct arena_block *block = *at;
        if (block->number > mark->made) {
            *at = block->older;
            arena->used -= block->bytes;
            free(block);
        } else {
            at = &block->older;
        }
    }
    pay_back_to(arena, mark->held);
    arena->at = mark->at;
    arena->end = mark->end;
}

void arena_clear(struct arena *arena)
{
    if (!arena->blocks) {
        return;
    }
    /* The newest is of the usual size; large pieces went behind it. */
    struct arena_block *newest = arena->blocks;
    arena->blocks = newest->older;
    free_down_to(arena, NULL);
    newest->older = NULL;
    arena->blocks = newest;
    arena->at = newest->memory;
    arena->end = (char *)newest + newest->bytes;
}

static struct arena_block *block_make(struct arena *arena, size_t bytes)
{
    size_t whole = bytes + sizeof(struct arena_block);
    if (whole > arena->most - arena->used || !pay(arena, whole)) {
        return NULL;
    }
    struct arena_block *block = malloc(whole);
    if (block) {
        block->bytes = whole;
        block->number = ++arena->made;
        arena->used += whole;
    }
    return block;
}

void *arena_alloc_slow(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    bytes = arena_rounded(bytes);
    /* A large piece gets a block of its own, behind the newest: what that has left stays.
     */
    bool large = bytes > arena->block / 2 && arena->blocks;
    size_t wanted = large || bytes > arena->block ? bytes : arena->block;
    struct arena_block *block = block_make(arena, wanted);
    if (!block) {
        return NULL;
    }
    if (large) {
        block->older = arena->blocks->older;
        arena->blocks->older = block;
        return block->memory;
    }
    block->older = arena->blocks;
    arena->blocks = block;
    arena->at = block->memory;
    arena->end = (char *)block + block->bytes;
    return arena_alloc(arena, bytes);
}

void *arena_zero(struct arena *arena, size_t count, size_t bytes)
{
    if (bytes && count > SIZE_MAX / bytes) {
        return NULL;
    }
    void *ptr = arena_alloc(arena, count * bytes);
    return ptr ? memset(ptr, 0, count * bytes) : NULL;
}

struct str arena_copy(struct arena *arena, struct str str)
{
    char *ptr = str.len < SIZE_MAX ? arena_alloc(arena, str.len + 1) : NULL;
    if (!ptr) {
        return (struct str){NULL, 0};
    }
    if (str.len > 0) {
        memcpy(ptr, str.ptr, str.len);
    }
    ptr[str.len] = '\0';
    return (struct str){ptr, str.len};
}

struct str arena_join(struct arena *arena, struct str first, struct str second)
{
    size_t len = first.len + second.len;
    char *ptr = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;
    if (!ptr) {
        return (struct str){NULL, 0};
    }
    if (first.len > 0) {
        memcpy(ptr, first.ptr, first.len);
    }
    if (second.len > 0) {
        memcpy(ptr + first.len, second.ptr, second.len);
    }
    ptr[len] = '\0';
    return (struct str){ptr, len};
}
