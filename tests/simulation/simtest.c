/* simtest - the queue in a simulated world: simtest [--seed N] [--seeds COUNT] [--sqlite]
 * [--trace]
 *
 * Runs COUNT seeds from N on (1 and 1), each a world of its own; the first breach of an
 * invariant ends it with exit 1 and the seed, which gives the same run again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum { STEPS = 400 };

static bool read_number(const char *text, int64_t *number)
{
    return str_to_int64(str_from(text), 0, INT64_MAX, number);
}

int main(int count, char **words)
{
    static struct world world;
    int64_t seed = 1;
    int64_t seeds = 1;
    bool tells = false;
    enum medium_kind kind = MEDIUM_MODEL;
    for (int i = 1; i < count; i++) {
        bool has_more = i + 1 < count;
        if (str_is(str_from(words[i]), "--sqlite")) {
            kind = MEDIUM_SQLITE;
        } else if (str_is(str_from(words[i]), "--trace")) {
            tells = true;
        } else if (!has_more ||
                   !(str_is(str_from(words[i]), "--seed") ? read_number(words[++i], &seed)
                     : str_is(str_from(words[i]), "--seeds")
                         ? read_number(words[++i], &seeds)
                         : false)) {
            (void)fprintf(stderr,
                          "simtest [--seed N] [--seeds COUNT] [--sqlite] [--trace]\n");
            return 2;
        }
    }
    for (int64_t i = 0; i < seeds; i++) {
        world_run(&world, (uint64_t)(seed + i), kind, STEPS, tells);
    }
    (void)printf("simtest: %lld seeds from %lld on: every invariant holds\n",
                 (long long)seeds, (long long)seed);
    return 0;
}
