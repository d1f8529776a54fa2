#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

enum { PAUSE_MS = 20, PID_BYTES = 24 };

/* Who can write into the directory can exchange the database. */
static bool check_folder(const char *path, int fd, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return path_fail(path, error);
    }
    if (status.st_mode & (S_IWGRP | S_IWOTH)) {
        return error_set(error, IMH_DENIED, "%s: %s may write into it: chmod go-w %s", path,
                         status.st_mode & S_IWOTH ? "others" : "its group", path);
    }
    return status.st_uid == geteuid() || geteuid() == 0 ||
           error_set(error, IMH_DENIED,
                     "%s: it belongs to user %u: run imh as that one, or give it away",
                     path, (unsigned)status.st_uid);
}

/* A new directory survives a power cut once the one around it is synced. */
static bool make_folder(const char *path, struct error *error)
{
    char parent[PATH_MAX];
    if (mkdir(path, 0700) != 0) {
        return errno == EEXIST || path_fail(path, error);
    }
    (void)snprintf(parent, sizeof parent, "%s/..", path);
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = (fd >= 0 && fsync(fd) == 0) || path_fail(parent, error);
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

/* The directory's descriptor, or -1. */
static int open_folder(const char *path, struct error *error)
{
    if (!make_folder(path, error)) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        (void)path_fail(path, error);
    } else if (!check_folder(path, fd, error)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Somebody may have removed the file between our open and our lock: then it locks nothing.
 */
static bool is_still_there(int lock, int folder)
{
    struct stat ours;
    struct stat named;
    return fstat(lock, &ours) == 0 &&
           fstatat(folder, "lock", &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/* Always false: says who has it. */
static bool name_owner(const char *path, int lock, struct error *error)
{
    char pid[PID_BYTES] = "";
    ssize_t got = pread(lock, pid, sizeof pid - 1, 0);
    struct str owner = str_trim((struct str){pid, got > 0 ? (size_t)got : 0});
    return owner.len > 0 ? error_set(error, IMH_WAIT, "%s is in use by process %.*s", path,
                                     STR_ARGS(owner))
                         : error_set(error, IMH_WAIT, "%s is in use", path);
}

/* One try: the locked file, or -1 with IMH_WAIT when somebody else has it. */
static int try_lock(const char *path, int folder, struct error *error)
{
    int lock = openat(folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) {
        (void)path_fail(path, error);
        return -1;
    }
    bool locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
    if (locked && is_still_there(lock, folder)) {
        return lock;
    }
    if (locked || errno == EWOULDBLOCK || errno == EINTR) {
        (void)name_owner(path, lock, error);
    } else {
        (void)path_fail(path, error);
    }
    (void)close(lock);
    return -1;
}

/* For people who wonder who has it; the lock works without. */
static void write_owner(int lock)
{
    char pid[PID_BYTES];
    int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(lock, 0) == 0) {
        (void)!pwrite(lock, pid, (size_t)length, 0);
    }
}

bool folder_claim(struct folder *folder, const char *path, int64_t wait_ms,
                  struct error *error)
{
    static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    struct error failure = {.status = IMH_OK};
    int64_t start = clock_mono_ms(&clock_real);
    int fd = open_folder(path, error);
    if (fd < 0) {
        return false;
    }
    int lock = try_lock(path, fd, &failure);
    while (lock < 0 && failure.status == IMH_WAIT &&
           clock_mono_ms(&clock_real) - start < wait_ms) {
        (void)nanosleep(&pause, NULL);
        lock = try_lock(path, fd, &failure);
    }
    (void)close(fd);
    if (lock < 0) {
        *error = failure;
        return false;
    }
    write_owner(lock);
    folder->lock = lock;
    return true;
}

void folder_release(struct folder *folder)
{
    if (folder->lock >= 0) {
        (void)close(folder->lock);
        folder->lock = -1;
    }
}

bool folder_is_in_place(const struct folder *folder, const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && is_still_there(folder->lock, fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}
