#include "allocation.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What stands behind: the sanitizer's functions in its builds, else the C library's own. */
#ifdef IMH_SANITIZE
#define BEHIND(name) __interceptor_##name
#else
#define BEHIND(name) __libc_##name
#endif
void *BEHIND(malloc)(size_t bytes);
void *BEHIND(calloc)(size_t count, size_t bytes);
void *BEHIND(realloc)(void *ptr, size_t bytes);
void *BEHIND(memalign)(size_t alignment, size_t bytes);
void BEHIND(free)(void *ptr);

/* Under the names of the C library's, seen by all libraries. */
#define IN_PLACE_OF(name) __asm__(#name) __attribute__((visibility("default"), used))
void *give(size_t bytes) IN_PLACE_OF(malloc);
void *give_zero(size_t count, size_t bytes) IN_PLACE_OF(calloc);
void *give_other(void *ptr, size_t bytes) IN_PLACE_OF(realloc);
void *give_array(void *ptr, size_t count, size_t bytes) IN_PLACE_OF(reallocarray);
void *give_aligned(size_t alignment, size_t bytes) IN_PLACE_OF(aligned_alloc);
void *give_aligned_too(size_t alignment, size_t bytes) IN_PLACE_OF(memalign);
int give_aligned_by(void **ptr, size_t alignment, size_t bytes) IN_PLACE_OF(posix_memalign);
void take_back(void *ptr) IN_PLACE_OF(free);

static atomic_int_fast64_t asked, live;
static atomic_int_fast64_t fails_at; /* 0: none */
static atomic_bool all_later;

void allocation_fail(int64_t number, bool all_after)
{
    atomic_store(&asked, 0);
    atomic_store(&all_later, all_after);
    atomic_store(&fails_at, number);
}

int64_t allocation_count(void)
{
    return atomic_load(&asked);
}

int64_t allocation_live(void)
{
    return atomic_load(&live);
}

/* The sanitizer starts threads with functions of the C library that may not fail. */
static bool may_fail(const void *caller)
{
#ifdef IMH_SANITIZE
    Dl_info place;
    return !dladdr(caller, &place) || !place.dli_fname ||
           (!strstr(place.dli_fname, "libc.so") && !strstr(place.dli_fname, "libasan"));
#else
    (void)caller;
    return true;
#endif
}

static bool is_there(const void *caller)
{
    int64_t at = atomic_load(&fails_at);
    if (at > 0 && !may_fail(caller)) {
        return true;
    }
    int64_t number = atomic_fetch_add(&asked, 1) + 1;
    bool fails = at > 0 && (number == at || (number > at && atomic_load(&all_later)));
    if (fails) {
        errno = ENOMEM;
    }
    return !fails;
}

#define IS_THERE() is_there(__builtin_return_address(0))

static void *counted(void *ptr)
{
    atomic_fetch_add(&live, ptr != NULL);
    return ptr;
}

void *give(size_t bytes)
{
    return IS_THERE() ? counted(BEHIND(malloc)(bytes)) : NULL;
}

void *give_zero(size_t count, size_t bytes)
{
    return IS_THERE() ? counted(BEHIND(calloc)(count, bytes)) : NULL;
}

void *give_other(void *ptr, size_t bytes)
{
    if (!IS_THERE()) {
        return NULL;
    }
    void *moved = BEHIND(realloc)(ptr, bytes);
    atomic_fetch_add(&live, (ptr == NULL && moved != NULL) - (ptr != NULL && bytes == 0));
    return moved;
}

void *give_array(void *ptr, size_t count, size_t bytes)
{
    size_t whole;
    if (__builtin_mul_overflow(count, bytes, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return give_other(ptr, whole);
}

void *give_aligned(size_t alignment, size_t bytes)
{
    return IS_THERE() ? counted(BEHIND(memalign)(alignment, bytes)) : NULL;
}

void *give_aligned_too(size_t alignment, size_t bytes)
{
    return give_aligned(alignment, bytes);
}

int give_aligned_by(void **ptr, size_t alignment, size_t bytes)
{
    void *given = give_aligned(alignment, bytes);
    if (!given) {
        return ENOMEM;
    }
    *ptr = given;
    return 0;
}

void take_back(void *ptr)
{
    atomic_fetch_sub(&live, ptr != NULL);
    BEHIND(free)(ptr);
}
