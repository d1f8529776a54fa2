#include "store/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "store/db_log.h"

/* Where the header of an SQLite file has what; see its file format, section 1.3. */
enum { HEADER_BYTES = 100, VERSION_AT = 60, APPLICATION_AT = 68 };
static const char magic[16] = "SQLite format 3";

/* Bytes of the file beside `path`; -1 when there is none. */
static int64_t size_beside(const char *path, const char *ending)
{
    char name[PATH_MAX];
    struct stat status;
    int length = snprintf(name, sizeof name, "%s%s", path, ending);
    return length < (int)sizeof name && stat(name, &status) == 0 ? status.st_size : -1;
}

static bool sync_folder(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash + 1 - path) : 0;
    (void)snprintf(folder, sizeof folder, "%.*s.", length, path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (!good) {
        (void)path_fail(folder, error);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

/* A new file, empty and only ours. */
static bool make_file(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return path_fail(path, error);
    }
    bool good = fsync(fd) == 0 || path_fail(path, error);
    (void)close(fd);
    return good && sync_folder(path, error);
}

/* Nothing is there: may it be made? */
static bool judge_empty(const char *path, const char *what, enum db_how how,
                        struct error *error)
{
    bool was_there = size_beside(path, "-made") >= 0;
    if (was_there || size_beside(path, "-wal") > 0) {
        return error_set(error, IMH_REJECTED,
                         "%s: %s, but there was a database: restore it, or remove %s%s to "
                         "begin with an empty one",
                         path, what, path, was_there ? "-made" : "-wal");
    }
    return how == DB_MAKE ||
           error_set(error, IMH_MISSING, "%s: there is no database yet", path);
}

static uint32_t read_number(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           (uint32_t)bytes[3];
}

static bool judge_header(const char *path, int fd, struct error *error)
{
    unsigned char header[HEADER_BYTES];
    ssize_t got = pread(fd, header, sizeof header, 0);
    if (got < 0) {
        return path_fail(path, error);
    }
    if (got < (ssize_t)sizeof header || memcmp(header, magic, sizeof magic) != 0) {
        return error_set(error, IMH_REJECTED, "%s: not a database, or damaged", path);
    }
    if (read_number(header + APPLICATION_AT) != DB_FILE_APPLICATION) {
        return error_set(error, IMH_REJECTED, "%s: a database of another program", path);
    }
    if (read_number(header + VERSION_AT) != DB_FILE_CLOSED &&
        size_beside(path, "-wal") < 0) {
        return error_set(error, IMH_REJECTED,
                         "%s: was in use, but its log %s-wal is missing: restore both, or "
                         "make an empty log to go on without the last changes",
                         path, path);
    }
    char log[PATH_MAX];
    (void)snprintf(log, sizeof log, "%s-wal", path);
    return db_log_is_whole(log, error);
}

static bool judge_file(const char *path, int fd, enum db_how how, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return path_fail(path, error);
    }
    if (!S_ISREG(status.st_mode)) {
        return error_set(error, IMH_REJECTED, "%s: not a regular file", path);
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        return error_set(error, IMH_DENIED,
                         "%s: others than its owner may open it: chmod 600 %s", path, path);
    }
    if (size_beside(path, "-journal") > 0) {
        return true; /* killed while it was made: SQLite undoes that first */
    }
    return status.st_size == 0 ? judge_empty(path, "empty", how, error)
                               : judge_header(path, fd, error);
}

bool db_file_ready(const char *path, enum db_how how, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) {
        return judge_empty(path, "missing", how, error) && make_file(path, error);
    }
    if (fd < 0) {
        return path_fail(path, error);
    }
    bool good = judge_file(path, fd, how, error);
    (void)close(fd);
    return good;
}

bool db_file_keep(const char *path, struct error *error)
{
    char name[PATH_MAX];
    int length = snprintf(name, sizeof name, "%s-made", path);
    if (length >= (int)sizeof name) {
        return error_set(error, IMH_REJECTED, "%s: the name is too long", path);
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return path_fail(name, error);
    }
    (void)close(fd);
    return sync_folder(path, error);
}

void db_file_read_ahead(const char *path)
{
    char bytes[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, bytes, sizeof bytes) > 0) {
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}
