#include "base/json_names.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

enum { FIRST_SLOTS = 64, NAME_BYTES = 256 };

static uint64_t seed; /* nobody outside can aim at it */

static void make_seed(void)
{
    (void)!getrandom(&seed, sizeof seed, 0);
}

void json_names_init(struct json_names *names)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, make_seed);
    *names = (struct json_names){0};
    arena_init(&names->arena, NAME_BYTES, 0);
}

void json_names_done(struct json_names *names)
{
    free(names->seen);
    arena_done(&names->arena);
}

static uint64_t mixed(uint64_t sum)
{
    sum = (sum ^ (sum >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    sum = (sum ^ (sum >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    return sum ^ (sum >> 32);
}

/* Never 0, which is an empty slot. */
static uint64_t fingerprint(uint64_t start, struct str name)
{
    uint64_t sum = mixed(start);
    for (size_t i = 0; i < name.len; i++) {
        sum = (sum ^ (unsigned char)name.ptr[i]) * UINT64_C(0x100000001B3);
    }
    sum = mixed(sum);
    return sum ? sum : 1;
}

/* false: it was there already. */
static bool put(uint64_t *seen, size_t slots, uint64_t print)
{
    size_t at = print & (slots - 1);
    while (seen[at] && seen[at] != print) {
        at = (at + 1) & (slots - 1);
    }
    bool is_new = !seen[at];
    seen[at] = print;
    return is_new;
}

static bool grow(struct json_names *names)
{
    size_t slots = names->slots ? names->slots * 2 : FIRST_SLOTS;
    uint64_t *seen = calloc(slots, sizeof *seen);
    if (!seen) {
        return false;
    }
    for (size_t i = 0; i < names->slots; i++) {
        if (names->seen[i]) {
            (void)put(seen, slots, names->seen[i]);
        }
    }
    free(names->seen);
    names->seen = seen;
    names->slots = slots;
    return true;
}

static bool note_name(struct json_names *names, const struct json_reader *reader)
{
    arena_clear(&names->arena);
    struct str name = json_decode(reader->token, reader->escaped, &names->arena);
    if (!name.ptr || (names->count >= names->slots / 2 && !grow(names))) {
        names->no_memory = true;
        return false;
    }
    names->count++;
    return put(names->seen, names->slots,
               fingerprint(seed ^ names->objects[reader->depth], name));
}

bool json_names_note(struct json_names *names, const struct json_reader *reader,
                     enum json_event event)
{
    if (event == JSON_OBJECT) {
        names->objects[reader->depth] = ++names->last_object;
    }
    return event != JSON_KEY || note_name(names, reader);
}
