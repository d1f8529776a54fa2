#include "store/key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- where it is ---- */

/* A zero behind the path; false when it is too long to be one. */
static bool copy_path(struct str path, char copy[PATH_MAX], struct error *error)
{
    if (path.len == 0 || path.len >= PATH_MAX) {
        return error_set(error, IMH_REJECTED, "a path of %zu bytes is none", path.len);
    }
    memcpy(copy, path.ptr, path.len);
    copy[path.len] = '\0';
    return true;
}

/* Who can read the key can read every secret. */
static bool is_ours_alone(int fd, const char *path, struct error *error)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return error_set(error, IMH_REJECTED, "%s: not a regular file", path);
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        return error_set(error, IMH_DENIED,
                         "%s: others may read it (mode %04o), not used: chmod 600 %s", path,
                         (unsigned)(status.st_mode & 07777), path);
    }
    if (status.st_uid != 0 && status.st_uid != geteuid()) {
        return error_set(error, IMH_DENIED,
                         "%s: owned by user %u, not used: it must belong to root or to the "
                         "user imh runs as",
                         path, (unsigned)status.st_uid);
    }
    return true;
}

static struct secret *read_path(const char *path, bool alone, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        imh_status status = errno == ENOENT   ? IMH_MISSING
                            : errno == EACCES ? IMH_DENIED
                                              : IMH_REJECTED;
        (void)error_set(error, status, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct secret *text = !alone || is_ours_alone(fd, path, error)
                              ? secret_read(fd, path, SEAL_KEY_TEXT_MOST, error)
                              : NULL;
    (void)close(fd);
    return text;
}

static struct secret *read_file(struct str rest, struct environment *environment,
                                struct error *error)
{
    char path[PATH_MAX];
    (void)environment;
    return copy_path(rest, path, error) ? read_path(path, true, error) : NULL;
}

static struct secret *read_variable(struct str rest, struct environment *environment,
                                    struct error *error)
{
    const struct secret *value = environment_take(environment, rest, error);
    return value ? secret_copy(secret_reveal(value), error) : NULL;
}

/* systemd keeps others out of the folder by other means than the file's mode. */
static struct secret *read_credential(struct str rest, struct environment *environment,
                                      struct error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[PATH_MAX];
    (void)environment;
    if (!folder || !*folder) {
        (void)error_set(
            error, IMH_MISSING,
            "systemd gave no credentials: the unit needs LoadCredential=%.*s:PATH",
            STR_ARGS(rest));
        return NULL;
    }
    if (rest.len == 0 || str_find_char(rest, '/') < rest.len ||
        snprintf(path, sizeof path, "%s/%.*s", folder, STR_ARGS(rest)) >= PATH_MAX) {
        (void)error_set(error, IMH_REJECTED, "a credential's name has no slashes");
        return NULL;
    }
    return read_path(path, false, error);
}

static const struct {
    struct str prefix;
    struct secret *(*read)(struct str rest, struct environment *environment,
                           struct error *error);
} sources[] = {{STR("file:"), read_file},
               {STR("env:"), read_variable},
               {STR("credential:"), read_credential}};
enum { SOURCE_COUNT = sizeof sources / sizeof *sources };

/* Number of the source's kind, or SOURCE_COUNT. */
static unsigned kind_of(struct str source)
{
    unsigned kind = 0;
    while (kind < SOURCE_COUNT && !(str_starts(source, sources[kind].prefix) &&
                                    source.len > sources[kind].prefix.len)) {
        kind++;
    }
    return kind;
}

bool key_is_source(struct str source, struct error *error)
{
    return kind_of(source) < SOURCE_COUNT ||
           error_set(error, IMH_REJECTED, "must be file:PATH, env:NAME or credential:NAME");
}

struct str key_path(struct str source)
{
    bool file = str_starts(source, sources[0].prefix);
    return file ? str_after(source, sources[0].prefix.len) : STR_OF("");
}

struct seal_key *key_load(struct str source, struct environment *environment,
                          struct error *error)
{
    unsigned kind = kind_of(source);
    if (kind == SOURCE_COUNT) {
        (void)key_is_source(source, error);
        return NULL;
    }
    struct str rest = str_after(source, sources[kind].prefix.len);
    OWN(secret) text = sources[kind].read(rest, environment, error);
    struct error why;
    struct seal_key *key = text ? seal_key_parse(text, &why) : NULL;
    if (text && !key) {
        (void)error_set(error, why.status, "the key %.*s %s", STR_ARGS(source), why.text);
    }
    return key;
}

/* ---- making one ---- */

static bool write_key(int fd, const struct seal_key *key, const char *path,
                      struct error *error)
{
    OWN(secret) text = seal_key_text(key, error);
    struct str bytes = text ? secret_reveal(text) : STR_OF("");
    if (!text) {
        return false;
    }
    return (write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len &&
            write(fd, "\n", 1) == 1 && fsync(fd) == 0) ||
           error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
}

bool key_sync_folder(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash + 1 - path) : 1,
                   slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    if (!good) {
        (void)error_set(error, IMH_REJECTED, "%s: %s", folder, strerror(errno));
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

/* A link, unlike a rename, takes no other file's place. */
static bool put_in_place(const char *fresh, const char *path, struct error *error)
{
    bool good = link(fresh, path) == 0 ||
                error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
    (void)unlink(fresh);
    return good && key_sync_folder(path, error);
}

struct seal_key *key_create(const char *path, struct error *error)
{
    char fresh[PATH_MAX];
    OWN(seal_key) key = seal_key_random(error);
    if (!key) {
        return NULL;
    }
    if (snprintf(fresh, sizeof fresh, "%s.part", path) >= PATH_MAX) {
        (void)error_set(error, IMH_REJECTED, "%s: the path is too long", path);
        return NULL;
    }
    (void)unlink(fresh); /* of one that was killed: who makes keys has the store */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        (void)error_set(error, errno == EACCES ? IMH_DENIED : IMH_REJECTED, "%s: %s", path,
                        strerror(errno));
        return NULL;
    }
    bool good = write_key(fd, key, path, error);
    (void)close(fd);
    if (!good) {
        (void)unlink(fresh);
        return NULL;
    }
    return put_in_place(fresh, path, error) ? GIVE(key) : NULL;
}
