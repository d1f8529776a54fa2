/* secret - a value that must not leak: a token, a password, a key.
 *
 * It lies in pages of its own, between two that cannot be touched: not in swap where the
 * system allows that (RLIMIT_MEMLOCK), not in core dumps, not in a forked child, and
 * overwritten when it is freed. The type is opaque and no text, so that printing, logging
 * or formatting one does not compile; who needs the bytes says secret_reveal(), which only
 * the rooms in tests/lint/secrets may.
 *
 * Thread: one at a time; a secret moves between threads with its ownership.
 */
#ifndef HOST_BASE_SECRET_H
#define HOST_BASE_SECRET_H

#include "base/error.h"
#include "base/own.h"
#include "base/str.h"

enum { SECRET_BYTES = 64 << 10 }; /* longest value of a secret option */

struct secret;

/* Empty, with room for `most` bytes. NULL when memory is out. */
struct secret *secret_make(size_t most, struct error *error);
void secret_free(struct secret *secret);
OWN_BY(secret);

struct secret *secret_copy(struct str value, struct error *error);

/* Adds bytes at the end; false, and nothing is added, when they do not fit. */
bool secret_add(struct secret *secret, struct str bytes);

/* As much more room at the end, to be filled by the caller; NULL when there is none. */
char *secret_extend(struct secret *secret, size_t count);

/* Reads a file to its end, straight into a secret of at most `most` bytes. `name` is for
 * errors: IMH_REJECTED, also when there is more. */
struct secret *secret_read(int fd, const char *name, size_t most, struct error *error);

/* Cuts it to its first `count` bytes; what is behind is overwritten. */
void secret_cut(struct secret *secret, size_t count);

/* Without one newline at its end, "\n" or "\r\n". */
void secret_cut_newline(struct secret *secret);

size_t secret_length(const struct secret *secret);

/* The bytes, lent until the secret changes; a zero is behind them. */
struct str secret_reveal(const struct secret *secret);

#endif
