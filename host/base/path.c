#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, const char *path, size_t most, struct text *out,
                     struct error *error)
{
    size_t before = out->len;
    bool failed = out->failed;
    for (;;) {
        char piece[16384];
        ssize_t got = read(fd, piece, sizeof piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            out->len = before;
            return error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
        }
        if (got == 0) {
            return true;
        }
        text_add_bytes(out, piece, (size_t)got);
        if (out->failed || out->len - before > most) {
            bool no_memory = out->no_memory;
            out->len = before;
            out->failed = failed;
            out->no_memory = failed && no_memory;
            return no_memory ? error_set(error, IMH_RETRY, "%s: out of memory", path)
                             : error_set(error, IMH_REJECTED, "%s: larger than %zu bytes",
                                         path, most);
        }
    }
}

/* What the mode of a file must not have, and how to say so. */
struct guard {
    mode_t bits;
    const char *is, *change;
};

static bool may_read(int fd, const char *path, const struct guard *guard,
                     struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return error_set(error, IMH_REJECTED, "%s: not a regular file", path);
    }
    return !(status.st_mode & guard->bits) ||
           error_set(error, IMH_REJECTED, "%s: %s by everybody: chmod %s %s", path,
                     guard->is, guard->change, path);
}

static int open_file(const char *path, const struct guard *guard, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        (void)error_set(error, errno == ENOENT ? IMH_MISSING : IMH_REJECTED, "%s: %s", path,
                        strerror(errno));
        return -1;
    }
    if (!may_read(fd, path, guard, error)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool read_file(const char *path, const struct guard *guard, size_t most,
                      struct text *out, struct error *error)
{
    int fd = open_file(path, guard, error);
    if (fd < 0) {
        return false;
    }
    bool good = read_all(fd, path, most, out, error);
    (void)close(fd);
    return good;
}

bool path_read(const char *path, size_t most, struct text *out, struct error *error)
{
    static const struct guard none = {0, "", ""};
    return read_file(path, &none, most, out, error);
}

static const struct guard guards[] = {
    [PATH_NOT_WRITABLE] = {S_IWOTH, "can be written", "o-w"},
    [PATH_NOT_OPEN] = {S_IRWXO, "can be read", "o-rwx"},
};

bool path_read_guarded(const char *path, enum path_guard guard, size_t most,
                       struct text *out, struct error *error)
{
    return read_file(path, &guards[guard], most, out, error);
}

int path_open_guarded(const char *path, enum path_guard guard, struct error *error)
{
    return open_file(path, &guards[guard], error);
}

void path_beside(struct text *out, const char *beside, struct str path)
{
    const char *slash = strrchr(beside, '/');
    if (slash && !str_starts(path, STR_OF("/"))) {
        text_add_bytes(out, beside, (size_t)(slash + 1 - beside));
    }
    text_add(out, path);
}

bool path_fail(const char *path, struct error *error)
{
    static const struct {
        int number;
        imh_status status;
    } statuses[] = {
        {EACCES, IMH_DENIED},   {EPERM, IMH_DENIED},     {EROFS, IMH_DENIED},
        {ENOENT, IMH_REJECTED}, {ENOTDIR, IMH_REJECTED}, {EISDIR, IMH_REJECTED},
        {EEXIST, IMH_REJECTED}, {ELOOP, IMH_REJECTED},   {ENAMETOOLONG, IMH_REJECTED},
        {ENXIO, IMH_REJECTED},
    };
    int number = errno;
    imh_status status = IMH_RETRY;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        status = statuses[i].number == number ? statuses[i].status : status;
    }
    return error_set(error, status, "%s: %s", path, strerror(number));
}

struct str path_name(struct str path)
{
    for (size_t at = path.len; at > 0; at--) {
        if (path.ptr[at - 1] == '/') {
            return str_after(path, at);
        }
    }
    return path;
}

bool path_is_private(int fd, const char *name, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return error_set(error, IMH_REJECTED, "%s: %s", name, strerror(errno));
    }
    if (status.st_mode & (S_IWGRP | S_IWOTH)) {
        return error_set(error, IMH_REJECTED,
                         "%s: writable by %s, not loaded: chmod go-w %s", name,
                         status.st_mode & S_IWOTH ? "others" : "group", name);
    }
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
        return error_set(error, IMH_REJECTED,
                         "%s: owned by user %u, not loaded: it must belong to root or to "
                         "the user imh runs as",
                         name, (unsigned)status.st_uid);
    }
    return true;
}

struct path_mark path_mark(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return (struct path_mark){.inode = 0};
    }
    return (struct path_mark){.device = status.st_dev,
                              .inode = status.st_ino,
                              .changed_ns = (int64_t)status.st_ctim.tv_sec * 1000000000 +
                                            status.st_ctim.tv_nsec};
}

bool path_mark_is_same(const struct path_mark *a, const struct path_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->changed_ns == b->changed_ns;
}
