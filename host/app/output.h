/* output - what a command prints: text, tables for people, JSON for programs. */
#ifndef HOST_APP_OUTPUT_H
#define HOST_APP_OUTPUT_H

#include "base/text.h"

/* Writes all of it; false when the file, pipe or terminal does not take it. */
bool output_write(int fd, struct str text);

/* A table of texts, its columns aligned. Rows are arrays of `columns` texts. */
struct table {
    struct text cells;
    unsigned columns;
    unsigned rows;
    unsigned numbers; /* bit i: the cells of column i are numbers, in JSON too */
};

void table_init(struct table *table, unsigned columns);
void table_done(struct table *table);
void table_add(struct table *table, const char *const *cells);

/* With the names of the columns above; or as {"items": [{name: cell}], "next": null}. */
void table_write(const struct table *table, const char *const *names, bool json,
                 struct text *out);

#endif
