#include "disk.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <sqlite3.h>

struct file {
    sqlite3_file base; /* first */
    enum disk_file kind;
    bool watched;
    sqlite3_file *real; /* behind this struct */
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    sqlite3_vfs *real;
    unsigned counts[DISK_CALLS][DISK_FILES];
    struct disk_fault fault;
    unsigned seen; /* calls that the fault is about */
    bool has_fault;
    bool hold, held;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct file *)(void *)file)->real;
}

/* Counts the call, waits if told so; SQLITE_OK or what it fails with. */
static int pass(sqlite3_file *base, enum disk_call call)
{
    const struct file *file = (struct file *)(void *)base;
    int code = SQLITE_OK;
    if (!file->watched) {
        return code;
    }
    (void)pthread_mutex_lock(&disk.mutex);
    disk.counts[call][file->kind]++;
    if (disk.has_fault && disk.fault.call == call && disk.fault.file == file->kind) {
        unsigned number = disk.seen++;
        if (number >= disk.fault.after &&
            (disk.fault.times == 0 || number < disk.fault.after + disk.fault.times)) {
            code = disk.fault.code;
            errno = disk.fault.number;
        }
    }
    while (disk.hold && call == DISK_SYNC && file->kind == DISK_LOG) {
        disk.held = true;
        (void)pthread_cond_broadcast(&disk.changed);
        (void)pthread_cond_wait(&disk.changed, &disk.mutex);
    }
    (void)pthread_mutex_unlock(&disk.mutex);
    return code;
}

static int file_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    int code = pass(file, DISK_READ);
    return code ? code : real_of(file)->pMethods->xRead(real_of(file), bytes, count, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    int code = pass(file, DISK_WRITE);
    return code ? code : real_of(file)->pMethods->xWrite(real_of(file), bytes, count, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = pass(file, DISK_TRUNCATE);
    return code ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int code = pass(file, DISK_SYNC);
    return code ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

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

static int file_character(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

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

static int open_file(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags,
                     int *flags_out)
{
    struct file *file = (struct file *)(void *)base;
    (void)vfs;
    memset(file, 0, sizeof *file);
    file->kind = flags & SQLITE_OPEN_WAL            ? DISK_LOG
                 : flags & SQLITE_OPEN_MAIN_JOURNAL ? DISK_JOURNAL
                                                    : DISK_DATABASE;
    file->watched =
        (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_MAIN_DB)) != 0;
    file->real = (sqlite3_file *)(void *)(file + 1);
    int code = disk.real->xOpen(disk.real, name, file->real, flags, flags_out);
    if (file->real->pMethods) {
        file->base.pMethods = &methods;
    }
    return code;
}

void disk_insert(void)
{
    static sqlite3_vfs layer;
    disk.real = sqlite3_vfs_find(NULL);
    layer = *disk.real; /* what is not about files is the real one's */
    layer.pNext = NULL;
    layer.zName = "disk";
    layer.szOsFile += (int)sizeof(struct file);
    layer.xOpen = open_file;
    (void)sqlite3_vfs_register(&layer, 1);
}

void disk_fail(const struct disk_fault *fault)
{
    (void)pthread_mutex_lock(&disk.mutex);
    disk.fault = *fault;
    disk.has_fault = true;
    disk.seen = 0;
    (void)pthread_mutex_unlock(&disk.mutex);
}

void disk_heal(void)
{
    (void)pthread_mutex_lock(&disk.mutex);
    disk.has_fault = disk.hold = disk.held = false;
    memset(disk.counts, 0, sizeof disk.counts);
    (void)pthread_cond_broadcast(&disk.changed);
    (void)pthread_mutex_unlock(&disk.mutex);
}

unsigned disk_count(enum disk_call call, enum disk_file file)
{
    (void)pthread_mutex_lock(&disk.mutex);
    unsigned count = disk.counts[call][file];
    (void)pthread_mutex_unlock(&disk.mutex);
    return count;
}

void disk_hold(void)
{
    (void)pthread_mutex_lock(&disk.mutex);
    disk.hold = true;
    disk.held = false;
    (void)pthread_mutex_unlock(&disk.mutex);
}

void disk_wait_until_held(void)
{
    (void)pthread_mutex_lock(&disk.mutex);
    while (!disk.held) {
        (void)pthread_cond_wait(&disk.changed, &disk.mutex);
    }
    (void)pthread_mutex_unlock(&disk.mutex);
}

void disk_release(void)
{
    (void)pthread_mutex_lock(&disk.mutex);
    disk.hold = false;
    (void)pthread_cond_broadcast(&disk.changed);
    (void)pthread_mutex_unlock(&disk.mutex);
}
