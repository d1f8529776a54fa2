/* match - regular expressions of others: the one room that knows PCRE2.
 *
 * Patterns as PHP writes them, with delimiters and flags: /^a+$/i. What they cost is
 * limited: `work` counts the steps of the matcher. Nothing in a pattern runs code. Pure.
 */
#ifndef HOST_BASE_MATCH_H
#define HOST_BASE_MATCH_H

#include "base/own.h"
#include "base/text.h"

struct match;

enum {
    MATCH_PATTERN_BYTES = 16 << 10,
    MATCH_HEAP_KB = 10000 /* of the matcher */
};

/* NULL: the pattern is broken; `problem` says how. */
struct match *match_make(struct str pattern, const char **problem);
void match_free(struct match *match);
OWN_BY(match);

enum match_result { MATCH_FOUND, MATCH_NONE, MATCH_TOO_MUCH, MATCH_NOT_UTF8 };

/* Searches `text` from `from` on. `work` is what may still be spent, less what was. On
 * MATCH_FOUND match_group() tells what. */
enum match_result match_find(struct match *match, struct str text, size_t from,
                             uint64_t *work);

/* What group `index` matched, 0 for all; empty when it took no part, or does not exist. */
struct str match_group(const struct match *match, uint32_t index);

/* All of `text` with up to `limit` (-1: any number) places replaced; $1, \1 and ${1} stand
 * for groups. MATCH_FOUND also when nothing was. */
enum match_result match_replace(struct match *match, struct str text, struct str by,
                                int64_t limit, uint64_t *work, struct text *out);

#endif
