/* problems - everything that is wrong with a configuration, found before anything is said.
 *
 * Shown one a line, "file:line: what", in the order of the files; what is about no file
 * begins with "imh: ".
 */
#ifndef HOST_APP_PROBLEMS_H
#define HOST_APP_PROBLEMS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

enum {
    PROBLEMS_MOST = 1000,    /* more are counted, not kept */
    PROBLEMS_BYTES = 8 << 20 /* enough room for all of them, written */
};

struct problem {
    struct str file; /* empty: about no file */
    unsigned line;   /* 0: about the file as a whole */
    struct str text;
};

struct problems {
    struct arena arena;
    struct problem *items;
    unsigned count;     /* also of those that were not kept */
    unsigned outside;   /* of these: not of the files, but of what they speak of */
    bool warn;          /* they are warnings, and written as such */
    imh_status blocked; /* why secrets cannot be read, if that is all that is wrong */
};

void problems_init(struct problems *problems);
void problems_done(struct problems *problems);

PRINTF_LIKE(4, 5)
void problems_add(struct problems *problems, const char *file, unsigned line,
                  const char *format, ...);

/* Sorted by file and line, each with a newline. */
void problems_write(struct problems *problems, struct text *out);

/* The same as a JSON array: [{"file": "acme.ini", "line": 12, "text": "..."}]; what is not
 * known is null. */
void problems_write_json(struct problems *problems, struct text *out);

/* The nearest of the names, a list of words; empty when none is near. */
struct str problems_nearest(struct str name, struct str names);

/* "; did you mean 'token'?" for the nearest of the names; else nothing. */
void problems_suggest(struct text *out, struct str name, struct str names);

#endif
