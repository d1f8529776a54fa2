#include "store/db_sqlite_gather.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int gather_init(struct gather *gather)
{
    *gather = (struct gather){.bytes = malloc(GATHER_BYTES)};
    return gather->bytes ? SQLITE_OK : SQLITE_NOMEM;
}

void gather_done(struct gather *gather)
{
    free(gather->bytes);
    gather->bytes = NULL;
}

int gather_flush(struct gather *gather, sqlite3_file *file)
{
    size_t count = gather->count;
    gather->count = 0;
    return count > 0 ? file->pMethods->xWrite(file, gather->bytes, (int)count, gather->at)
                     : SQLITE_OK;
}

int gather_prepare(struct gather *gather, sqlite3_file *file, size_t count,
                   sqlite3_int64 at)
{
    bool follows = at == gather->at + (sqlite3_int64)gather->count;
    if (follows && count <= GATHER_BYTES - gather->count) {
        return SQLITE_OK;
    }
    int code = gather_flush(gather, file);
    gather->at = at;
    return code;
}

unsigned char *gather_add(struct gather *gather, const void *bytes, size_t count)
{
    unsigned char *copy = gather->bytes + gather->count;
    memcpy(copy, bytes, count);
    gather->count += count;
    return copy;
}
