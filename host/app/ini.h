/* ini - an INI file as sections and entries, read with suspicion. The one user of inih.
 *
 * inih (r55, as Debian ships it) cuts section names at 49 bytes and reads the rest of a
 * line beyond 199 bytes as a line of its own. So it is fed line by line: lines that are too
 * long are refused here, and section names stay here, inih gets a short one in their place.
 *
 * A line that is indented goes on with the value before it. ` ;` begins a comment.
 */
#ifndef HOST_APP_INI_H
#define HOST_APP_INI_H

#include "app/problems.h"

enum {
    INI_LINE_BYTES = 198,     /* longest line, without its end */
    INI_FILE_BYTES = 1 << 20, /* largest file */
    INI_SECTION_BYTES = 128   /* longest name of a section */
};

struct ini_entry {
    struct ini_entry *next;
    struct str name;
    struct str value; /* lines joined by newlines */
    unsigned line;
    bool used; /* for whoever reads the section: what is left over is unknown */
};

struct ini_section {
    struct ini_section *next;
    struct str name;
    unsigned line;
    struct ini_entry *entries;
};

struct ini {
    const char *file;
    struct ini_section *sections;
};

/* What is wrong goes to `problems`; what is right is there all the same. Texts lie in the
 * arena. false: the file could not be read at all. */
bool ini_read(const char *file, struct arena *arena, struct ini *ini,
              struct problems *problems);

/* The entry, which then counts as used; NULL when there is none. */
struct ini_entry *ini_take(struct ini_section *section, const char *name);

/* Complains of a section that nobody knows, and which one of the names `name` may mean. */
void ini_miss(const char *file, const struct ini_section *section, struct str name,
              struct str names, struct problems *problems);

#endif
