/* own_memory - whether a word stands anywhere in the memory of this process: for tests that
 * nothing of a secret is left behind.
 *
 * The word is given masked (each byte XOR 0x55), so that asking for it is not an
 * occurrence.
 */
#ifndef TESTS_UNIT_BASE_OWN_MEMORY_H
#define TESTS_UNIT_BASE_OWN_MEMORY_H

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    OWN_MEMORY_MASK = 0x55,
    OWN_MEMORY_PIECE = 1 << 20,
    OWN_MEMORY_MOST = 1 << 28 /* larger maps are not memory, but a sanitizer's shadow */
};

static inline void own_memory_mask(char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        word[i] = (char)(word[i] ^ OWN_MEMORY_MASK);
    }
}

static inline unsigned own_memory_count_in(const char *piece, size_t bytes,
                                           const char *masked, size_t length)
{
    unsigned count = 0;
    for (size_t at = 0; at + length <= bytes; at++) {
        size_t same = 0;
        while (same < length && (piece[at + same] ^ OWN_MEMORY_MASK) == masked[same]) {
            same++;
        }
        count += same == length;
    }
    return count;
}

/* Occurrences between these addresses, by way of `piece`, which is not looked at itself. */
static inline unsigned own_memory_count_range(int memory, char *piece, uintptr_t from,
                                              uintptr_t to, const char *masked,
                                              size_t length)
{
    unsigned count = 0;
    for (uintptr_t at = from; at < to; at += OWN_MEMORY_PIECE - length + 1) {
        size_t most = to - at < OWN_MEMORY_PIECE ? to - at : OWN_MEMORY_PIECE;
        bool is_piece =
            at <= (uintptr_t)piece + OWN_MEMORY_PIECE && at + most >= (uintptr_t)piece;
        ssize_t got = is_piece ? 0 : pread(memory, piece, most, (off_t)at);
        count += got > 0 ? own_memory_count_in(piece, (size_t)got, masked, length) : 0;
    }
    return count;
}

/* Occurrences in all memory that can be written. */
static inline unsigned own_memory_count(const char *masked, size_t length)
{
    unsigned count = 0;
    char line[512];
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "re");
    char *piece = mmap(NULL, OWN_MEMORY_PIECE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory < 0 || !maps || piece == MAP_FAILED) {
        abort();
    }
    while (fgets(line, sizeof line, maps)) {
        char *end;
        uintptr_t from = strtoul(line, &end, 16);
        uintptr_t to = *end == '-' ? strtoul(end + 1, &end, 16) : from;
        if (strncmp(end, " rw", 3) == 0 && to - from <= OWN_MEMORY_MOST) {
            count += own_memory_count_range(memory, piece, from, to, masked, length);
        }
    }
    (void)munmap(piece, OWN_MEMORY_PIECE);
    (void)fclose(maps);
    (void)close(memory);
    return count;
}

#endif
