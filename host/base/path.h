/* path - files that people or packages put somewhere, read with suspicion.
 *
 * Only regular files, only up to a size, never blocking on a pipe or device.
 */
#ifndef HOST_BASE_PATH_H
#define HOST_BASE_PATH_H

#include "base/text.h"

/* Appends the whole file; `out` is unchanged on failure. Errors are IMH_REJECTED with the
 * path and the reason; IMH_MISSING when there is no such file. */
bool path_read(const char *path, size_t most, struct text *out, struct error *error);

/* As path_read(), but a file that everybody may write (PATH_NOT_WRITABLE), or write or read
 * (PATH_NOT_OPEN), is refused: the sentence says how to close it. */
enum path_guard { PATH_NOT_WRITABLE, PATH_NOT_OPEN };
bool path_read_guarded(const char *path, enum path_guard guard, size_t most,
                       struct text *out, struct error *error);

/* The file, open for reading; -1 when it cannot be, or is refused. */
int path_open_guarded(const char *path, enum path_guard guard, struct error *error);

/* `path` as it is when absolute, else below the folder of the file `beside`. */
void path_beside(struct text *out, const char *beside, struct str path);

/* Always false: what `errno` says about the path. IMH_DENIED permissions, IMH_REJECTED it
 * is not there or not what it should be, IMH_RETRY it may work later. */
bool path_fail(const char *path, struct error *error);

/* The last part: "a/b.ini" gives "b.ini". */
struct str path_name(struct str path);

/* Refuses a file that others than its owner may write, or whose owner is neither root nor
 * us: who can write a plugin is the plugin. The sentence names the file and who. */
bool path_is_private(int fd, const char *name, struct error *error);

/* What tells a file from another one at the same path, or from itself after a change. */
struct path_mark {
    uint64_t device, inode; /* 0: there is none */
    int64_t changed_ns;
};

struct path_mark path_mark(const char *path);
bool path_mark_is_same(const struct path_mark *a, const struct path_mark *b);

#endif
