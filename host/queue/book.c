#include "queue/book.h"

#include <stdlib.h>

struct book_rows *book_rows_make(uint32_t most, int64_t from_ms, int64_t to_ms,
                                 struct error *error)
{
    most = most < BOOK_ROWS_MOST ? most : BOOK_ROWS_MOST;
    struct book_rows *rows = calloc(1, sizeof *rows + most * sizeof *rows->items);
    if (!rows) {
        (void)error_set(error, IMH_RETRY, "no memory for %u jobs", most);
        return NULL;
    }
    rows->most = most;
    rows->from_ms = from_ms;
    rows->to_ms = to_ms;
    return rows;
}

void book_rows_free(struct book_rows *rows)
{
    free(rows);
}
