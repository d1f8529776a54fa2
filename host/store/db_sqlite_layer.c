#include "store/db_sqlite_layer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sqlite3.h>

#include "store/db_log.h"
#include "store/db_sqlite_gather.h"

enum { PAGE_BYTES = DB_LOG_PAGE_BYTES, SUMMED_BYTES = PAGE_BYTES - DB_SQLITE_SUM_BYTES };

static const char layer_name[] = "imh";
static sqlite3_vfs layer;
static sqlite3_vfs *below;

/* What SQLite holds; the real file comes right behind. */
struct file {
    sqlite3_file base; /* first */
    bool has_sums;     /* the database has; its log has its own */
    struct gather gather;
};

static struct file *own_of(sqlite3_file *file)
{
    return (struct file *)(void *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)(own_of(file) + 1);
}

static int flush(sqlite3_file *file)
{
    return gather_flush(&own_of(file)->gather, real_of(file));
}

static bool has_sum(sqlite3_file *file, int count, sqlite3_int64 at)
{
    return own_of(file)->has_sums && count == PAGE_BYTES && at % PAGE_BYTES == 0;
}

/* Low byte first, whatever the machine. */
static void put_number(unsigned char *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        bytes[i] = (unsigned char)(number >> (8 * i));
    }
}

static void put_sum(unsigned char *page)
{
    struct db_log_sum sum = {0, 0};
    sum = db_log_add(sum, page, SUMMED_BYTES, false);
    put_number(page + SUMMED_BYTES, sum.first);
    put_number(page + SUMMED_BYTES + 4, sum.second);
}

/* A page of zeros has a sum of zeros: a file that only grew is not damaged. */
static bool has_good_sum(const unsigned char *page)
{
    unsigned char wanted[DB_SQLITE_SUM_BYTES];
    struct db_log_sum sum = {0, 0};
    sum = db_log_add(sum, page, SUMMED_BYTES, false);
    put_number(wanted, sum.first);
    put_number(wanted + 4, sum.second);
    return memcmp(wanted, page + SUMMED_BYTES, sizeof wanted) == 0;
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    int code = flush(file);
    if (code == SQLITE_OK) {
        code = real_of(file)->pMethods->xRead(real_of(file), bytes, count, at);
    }
    return code == SQLITE_OK && has_sum(file, count, at) && !has_good_sum(bytes)
               ? SQLITE_IOERR_DATA
               : code;
}

/* Of a page, or a piece of one. */
static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    struct gather *gather = &own_of(file)->gather;
    int code = gather_prepare(gather, real_of(file), (size_t)count, at);
    if (code == SQLITE_OK) {
        unsigned char *copy = gather_add(gather, bytes, (size_t)count);
        if (has_sum(file, count, at)) {
            put_sum(copy);
        }
    }
    return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = flush(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xTruncate(real_of(file), size)
                             : code;
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = flush(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xSync(real_of(file), flags) : code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = flush(file);
    return code == SQLITE_OK ? real_of(file)->pMethods->xFileSize(real_of(file), size)
                             : code;
}

static int file_close(sqlite3_file *file)
{
    int code = flush(file);
    int closed = real_of(file)->pMethods->xClose(real_of(file));
    gather_done(&own_of(file)->gather);
    return code == SQLITE_OK ? closed : code;
}

/* ---- what goes through as it is ---- */

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_is_reserved(sqlite3_file *file, int *reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}

static int file_control(sqlite3_file *file, int command, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), command, argument);
}

static int file_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

/* Later versions of SQLite read parts of pages where they may. */
static int file_character(sqlite3_file *file)
{
    int flags = real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
#ifdef SQLITE_IOCAP_SUBPAGE_READ
    flags &= ~SQLITE_IOCAP_SUBPAGE_READ;
#endif
    return flags;
}

/* Neither shared nor mapped memory: the first is not needed, the second not looked at. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_character,
};

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *flags_out)
{
    struct file *own = own_of(file);
    (void)vfs;
    if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))) {
        return below->xOpen(below, name, file, flags, flags_out);
    }
    memset(file, 0, (size_t)layer.szOsFile);
    int code = gather_init(&own->gather);
    if (code != SQLITE_OK) {
        return code;
    }
    own->has_sums = flags & SQLITE_OPEN_MAIN_DB;
    code = below->xOpen(below, name, real_of(file), flags, flags_out);
    if (real_of(file)->pMethods) {
        file->pMethods = &methods;
    } else {
        gather_done(&own->gather);
    }
    return code;
}

/* Nobody asks how much memory SQLite takes, and counting it takes a lock for each piece. */
static void add_layer(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    below = sqlite3_vfs_find(NULL);
    layer = *below; /* what is not about files is the one below's */
    layer.pNext = NULL;
    layer.zName = layer_name;
    layer.szOsFile += (int)sizeof(struct file);
    layer.xOpen = open_file;
    (void)sqlite3_vfs_register(&layer, 0);
}

const char *db_sqlite_layer_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, add_layer);
    return layer_name;
}
