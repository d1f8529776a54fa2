/* allocation - memory that runs out when a test wants it.
 *
 * A program that links allocation.c gets it in the place of the C library's malloc(), for
 * itself and every library it uses. Thread: any.
 */
#ifndef TESTS_SWEEP_ALLOCATION_H
#define TESTS_SWEEP_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

/* Counts from now on, and lets allocation number `number` fail; with `all_after` every
 * later one too. 0: none fails. */
void allocation_fail(int64_t number, bool all_after);

/* How many were asked for since then. */
int64_t allocation_count(void);

/* Blocks that were given and not yet given back. */
int64_t allocation_live(void);

#endif
