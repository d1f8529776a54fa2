/* power - notes what would be lost if the power went now.
 *
 * Preloaded into a program, it writes down, before each change of a file below the folder
 * POWER_FOLDER, what was there before, into the file POWER_NOTES, which survives the
 * program's death; and each sync that went well. store_power plays back what was not
 * synced. POWER_CUT=N kills the program at its change number N. POWER_LIES=1: syncs do
 * nothing, as on a disk that lies.
 *
 * A note is a struct note and then `bytes` bytes, padded to 8. The first 8 bytes of the
 * file say how many bytes of notes are good.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum note_kind {
    NOTE_FILE = 1, /* from now on this number is the file with this path */
    NOTE_MADE,     /* as NOTE_FILE; the file is new, its name not synced */
    NOTE_WRITE,    /* the bytes that were at `at`; fewer than `len` if the file ended */
    NOTE_CUT,      /* the bytes that were behind the new end `at` */
    NOTE_SYNC,     /* of the file's bytes and size */
    NOTE_NAMES,    /* of the names in the directory with this path */
    NOTE_UNLINKED  /* the file's bytes are still in POWER_NOTES.kept.NUMBER */
};

struct note {
    uint32_t kind, file;
    uint64_t at, len, size; /* size: of the file before */
    uint64_t bytes;
};

enum { NOTES_BYTES = 64 << 20, FILES_MOST = 1024, FDS_MOST = 1024 };

static struct {
    pthread_mutex_t mutex;
    char *notes; /* NULL: nothing is noted */
    const char *folder, *path;
    long changes, cut_at;
    bool lies;
    uint32_t files;
    char paths[FILES_MOST][256];
    uint32_t by_fd[FDS_MOST]; /* number of the file; 0: none */
} power = {.mutex = PTHREAD_MUTEX_INITIALIZER};

#define SHOWN __attribute__((visibility("default")))

/* ---- notes ---- */

__attribute__((constructor)) static void begin(void)
{
    const char *cut = getenv("POWER_CUT");
    power.folder = getenv("POWER_FOLDER");
    power.path = getenv("POWER_NOTES");
    power.cut_at = cut ? strtol(cut, NULL, 10) : 0;
    power.lies = getenv("POWER_LIES") != NULL;
    int fd = power.folder && power.path
                 ? (int)syscall(SYS_open, power.path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
                 : -1;
    if (fd >= 0 && syscall(SYS_ftruncate, fd, NOTES_BYTES) == 0) {
        power.notes = mmap(NULL, NOTES_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (power.notes == MAP_FAILED) {
            abort();
        }
        (void)syscall(SYS_close, fd);
    }
}

static _Atomic uint64_t *used(void)
{
    return (_Atomic uint64_t *)(void *)power.notes;
}

/* The place of a note with room for so many bytes; counts when keep() is called. */
static struct note *begin_note(enum note_kind kind, uint32_t file, size_t bytes)
{
    uint64_t at = atomic_load(used());
    if (at + sizeof(uint64_t) + sizeof(struct note) + bytes + 8 > NOTES_BYTES) {
        abort();
    }
    struct note *note = (struct note *)(void *)(power.notes + sizeof(uint64_t) + at);
    *note = (struct note){.kind = kind, .file = file, .bytes = bytes};
    return note;
}

static void keep_note(const struct note *note)
{
    uint64_t bytes = (note->bytes + 7) & ~UINT64_C(7);
    atomic_fetch_add(used(), sizeof *note + bytes);
}

static void note_path(enum note_kind kind, uint32_t file, const char *path)
{
    struct note *note = begin_note(kind, file, strlen(path));
    memcpy(note + 1, path, strlen(path));
    keep_note(note);
}

/* The power goes before the change that was just noted. */
static void count_change(void)
{
    if (++power.changes == power.cut_at) {
        (void)kill(getpid(), SIGKILL);
    }
}

/* ---- files ---- */

static bool is_below(const char *path)
{
    size_t length = strlen(power.folder);
    return strncmp(path, power.folder, length) == 0 &&
           (path[length] == '/' || path[length] == '\0');
}

static uint32_t file_of(int fd)
{
    return power.notes && fd >= 0 && fd < FDS_MOST ? power.by_fd[fd] : 0;
}

static uint32_t file_by_path(const char *path)
{
    for (uint32_t i = power.files; i > 0; i--) {
        if (strcmp(power.paths[i], path) == 0) {
            return i;
        }
    }
    return 0;
}

static uint32_t add_file(enum note_kind kind, const char *path)
{
    uint32_t file = ++power.files;
    if (file >= FILES_MOST) {
        abort();
    }
    (void)snprintf(power.paths[file], sizeof power.paths[file], "%s", path);
    note_path(kind, file, path);
    return file;
}

static int open_noted(int folder, const char *name, int flags, mode_t mode)
{
    char entry[64];
    char whole[PATH_MAX] = "";
    struct stat status;
    if (!power.notes) {
        return (int)syscall(SYS_openat, folder, name, flags, mode);
    }
    (void)pthread_mutex_lock(&power.mutex);
    bool was_there = fstatat(folder, name, &status, 0) == 0;
    int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
    int number = errno;
    if (fd >= 0 && fd < FDS_MOST) {
        (void)snprintf(entry, sizeof entry, "/proc/self/fd/%d", fd);
        (void)!readlink(entry, whole, sizeof whole - 1);
        uint32_t file = file_by_path(whole);
        power.by_fd[fd] = !is_below(whole) ? 0
                          : !was_there     ? add_file(NOTE_MADE, whole)
                          : file           ? file
                                           : add_file(NOTE_FILE, whole);
        if (power.by_fd[fd] && !was_there) {
            count_change();
        }
    }
    (void)pthread_mutex_unlock(&power.mutex);
    errno = number;
    return fd;
}

/* ---- instead of the C library's ---- */

/* The mode is there only with O_CREAT. */
#define OPENED(folder, name, flags)                                              \
    va_list arguments;                                                           \
    va_start(arguments, flags);                                                  \
    mode_t mode = (flags)&O_CREAT ? (mode_t)va_arg(arguments, unsigned int) : 0; \
    va_end(arguments);                                                           \
    return open_noted((folder), (name), (flags), mode)

int open_one(const char *name, int flags, ...) __asm__("open") SHOWN;
int open_one64(const char *name, int flags, ...) __asm__("open64") SHOWN;
int open_at(int folder, const char *name, int flags, ...) __asm__("openat") SHOWN;
ssize_t write_at(int fd, const void *bytes, size_t len, off_t at) __asm__("pwrite") SHOWN;
ssize_t write_at64(int fd, const void *bytes, size_t len,
                   off_t at) __asm__("pwrite64") SHOWN;
int cut(int fd, off_t size) __asm__("ftruncate") SHOWN;
int cut64(int fd, off_t size) __asm__("ftruncate64") SHOWN;
int sync_all(int fd) __asm__("fsync") SHOWN;
int sync_data(int fd) __asm__("fdatasync") SHOWN;
int remove_name(const char *path) __asm__("unlink") SHOWN;
int make_folder(const char *path, mode_t mode) __asm__("mkdir") SHOWN;
int close_one(int fd) __asm__("close") SHOWN;

int open_one(const char *name, int flags, ...)
{
    OPENED(AT_FDCWD, name, flags);
}

int open_one64(const char *name, int flags, ...)
{
    OPENED(AT_FDCWD, name, flags);
}

int open_at(int folder, const char *name, int flags, ...)
{
    OPENED(folder, name, flags);
}

int close_one(int fd)
{
    if (file_of(fd)) {
        power.by_fd[fd] = 0;
    }
    return (int)syscall(SYS_close, fd);
}

/* Notes the bytes from `at` on, at most `len`, of a file that is about to change. */
static void note_bytes(enum note_kind kind, int fd, uint64_t at, uint64_t len)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        abort();
    }
    uint64_t size = (uint64_t)status.st_size;
    uint64_t bytes = at >= size ? 0 : size - at < len ? size - at : len;
    struct note *note = begin_note(kind, file_of(fd), bytes);
    note->at = at;
    note->len = len;
    note->size = size;
    if (syscall(SYS_pread64, fd, note + 1, bytes, at) != (ssize_t)bytes) {
        abort();
    }
    keep_note(note);
    count_change();
}

ssize_t write_at(int fd, const void *bytes, size_t len, off_t at)
{
    if (!file_of(fd)) {
        return syscall(SYS_pwrite64, fd, bytes, len, at);
    }
    (void)pthread_mutex_lock(&power.mutex);
    note_bytes(NOTE_WRITE, fd, (uint64_t)at, len);
    ssize_t written = syscall(SYS_pwrite64, fd, bytes, len, at);
    (void)pthread_mutex_unlock(&power.mutex);
    return written;
}

ssize_t write_at64(int fd, const void *bytes, size_t len, off_t at)
{
    return write_at(fd, bytes, len, at);
}

int cut(int fd, off_t size)
{
    if (!file_of(fd)) {
        return (int)syscall(SYS_ftruncate, fd, size);
    }
    (void)pthread_mutex_lock(&power.mutex);
    note_bytes(NOTE_CUT, fd, (uint64_t)size, UINT64_MAX / 2);
    int done = (int)syscall(SYS_ftruncate, fd, size);
    (void)pthread_mutex_unlock(&power.mutex);
    return done;
}

int cut64(int fd, off_t size)
{
    return cut(fd, size);
}

/* A directory's sync keeps its names, a file's its bytes. */
static int sync_noted(int fd, long call)
{
    struct stat status;
    uint32_t file = file_of(fd);
    if (!file) {
        return (int)syscall(call, fd);
    }
    (void)pthread_mutex_lock(&power.mutex);
    count_change();
    int done = power.lies ? 0 : (int)syscall(call, fd);
    if (done == 0 && !power.lies && fstat(fd, &status) == 0) {
        note_path(S_ISDIR(status.st_mode) ? NOTE_NAMES : NOTE_SYNC, file,
                  power.paths[file]);
    }
    (void)pthread_mutex_unlock(&power.mutex);
    return done;
}

int sync_all(int fd)
{
    return sync_noted(fd, SYS_fsync);
}

int sync_data(int fd)
{
    return sync_noted(fd, SYS_fdatasync);
}

int remove_name(const char *path)
{
    char whole[PATH_MAX];
    char kept[PATH_MAX];
    uint32_t file;
    if (!power.notes || !realpath(path, whole) || !is_below(whole)) {
        return (int)syscall(SYS_unlink, path);
    }
    (void)pthread_mutex_lock(&power.mutex);
    file = file_by_path(whole);
    file = file ? file : add_file(NOTE_FILE, whole);
    (void)snprintf(kept, sizeof kept, "%s.kept.%u", power.path, file);
    if (link(whole, kept) != 0) {
        abort();
    }
    note_path(NOTE_UNLINKED, file, whole);
    count_change();
    int done = (int)syscall(SYS_unlink, path);
    power.paths[file][0] = '\0';
    (void)pthread_mutex_unlock(&power.mutex);
    return done;
}

int make_folder(const char *path, mode_t mode)
{
    char whole[PATH_MAX];
    int done = (int)syscall(SYS_mkdir, path, mode);
    int number = errno;
    if (done == 0 && power.notes && realpath(path, whole) && is_below(whole)) {
        (void)pthread_mutex_lock(&power.mutex);
        (void)add_file(NOTE_MADE, whole);
        count_change();
        (void)pthread_mutex_unlock(&power.mutex);
    }
    errno = number;
    return done;
}
