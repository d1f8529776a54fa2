#include "store/db_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

/* What is where; see "WAL-mode file format" of SQLite. Numbers have the high byte first. */
enum {
    HEADER_BYTES = 32,
    PAGE_SIZE_AT = 8,
    SALT_AT = 16, /* two numbers that all frames of this log repeat */
    HEADER_SUM_AT = 24,
    FRAME_HEADER_BYTES = 24,
    COMMIT_AT = 4, /* not 0: the frame is the last of its commit */
    FRAME_SALT_AT = 8,
    FRAME_SUM_AT = 16,
    FRAME_BYTES = FRAME_HEADER_BYTES + DB_LOG_PAGE_BYTES,
    SALT_BYTES = 8,
    UNSYNCED_COMMITS_MOST = 1
};

#define MAGIC 0x377F0682U /* the last bit says in which order sums read the bytes */

struct log {
    int fd;
    bool big;
    unsigned char salt[SALT_BYTES];
    struct db_log_sum sum; /* of the frame before, as it says itself */
    uint64_t frames;
    uint64_t broken; /* the first frame that SQLite does not take */
    uint64_t lost;   /* commits that end there or behind */
};

static uint32_t number(const unsigned char *bytes, bool big)
{
    return big ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
                     (uint32_t)bytes[2] << 8 | bytes[3]
               : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 |
                     (uint32_t)bytes[1] << 8 | bytes[0];
}

struct db_log_sum db_log_add(struct db_log_sum sum, const unsigned char *bytes,
                             size_t count, bool big)
{
    for (size_t at = 0; at < count; at += 8) {
        sum.first += number(bytes + at, big) + sum.second;
        sum.second += number(bytes + at + 4, big) + sum.first;
    }
    return sum;
}

static struct db_log_sum written_sum(const unsigned char *bytes)
{
    return (struct db_log_sum){number(bytes, true), number(bytes + 4, true)};
}

static bool is_same(struct db_log_sum a, struct db_log_sum b)
{
    return a.first == b.first && a.second == b.second;
}

static bool read_header(struct log *log, const unsigned char header[HEADER_BYTES])
{
    uint32_t magic = number(header, true);
    struct db_log_sum none = {0, 0};
    log->big = magic & 1U;
    log->sum = written_sum(header + HEADER_SUM_AT);
    memcpy(log->salt, header + SALT_AT, SALT_BYTES);
    return (magic & ~1U) == MAGIC &&
           number(header + PAGE_SIZE_AT, true) == DB_LOG_PAGE_BYTES &&
           is_same(log->sum, db_log_add(none, header, HEADER_SUM_AT, log->big));
}

/* Looks at the next frame: whether it follows the one before, and what is behind a gap. */
static void read_frame(struct log *log, const unsigned char frame[FRAME_BYTES])
{
    uint64_t index = log->frames++;
    struct db_log_sum sum = db_log_add(log->sum, frame, FRAME_SALT_AT, log->big);
    sum = db_log_add(sum, frame + FRAME_HEADER_BYTES, DB_LOG_PAGE_BYTES, log->big);
    struct db_log_sum written = written_sum(frame + FRAME_SUM_AT);
    bool ours = memcmp(frame + FRAME_SALT_AT, log->salt, SALT_BYTES) == 0;
    bool follows = ours && is_same(sum, written);
    log->sum = written;
    if (!follows && log->broken > index) {
        log->broken = index;
    }
    /* The broken frame itself may still say that it ends a commit. */
    bool counts = ours && log->broken <= index && (follows || log->broken == index);
    log->lost += counts && number(frame + COMMIT_AT, true) != 0;
}

static bool fail_damaged(const char *path, const struct log *log, struct error *error)
{
    uint64_t good = HEADER_BYTES + log->broken * FRAME_BYTES;
    return error_set(error, IMH_REJECTED,
                     "%s: damaged, %llu commits would be lost: restore a "
                     "backup, or give them up: truncate -s %llu %s",
                     path, (unsigned long long)log->lost, (unsigned long long)good, path);
}

/* The whole log, frame by frame; false when it cannot be read. */
static bool read_frames(struct log *log, const char *path, struct error *error)
{
    unsigned char frame[FRAME_BYTES];
    off_t at = HEADER_BYTES;
    ssize_t got = pread(log->fd, frame, sizeof frame, at);
    while (got == (ssize_t)sizeof frame) {
        read_frame(log, frame);
        at += got;
        got = pread(log->fd, frame, sizeof frame, at);
    }
    return got >= 0 || path_fail(path, error);
}

static bool judge(struct log *log, const char *path, struct error *error)
{
    unsigned char start[HEADER_BYTES + FRAME_BYTES];
    ssize_t got = pread(log->fd, start, sizeof start, 0);
    if (got < (ssize_t)sizeof start) {
        return got >= 0 || path_fail(path, error); /* nothing was committed yet */
    }
    /* The header is synced before the first frame is written. */
    if (!read_header(log, start)) {
        return error_set(error, IMH_REJECTED,
                         "%s: damaged: restore a backup, or give up what is in it: "
                         "truncate -s 0 %s",
                         path, path);
    }
    return read_frames(log, path, error) &&
           (log->lost <= UNSYNCED_COMMITS_MOST || fail_damaged(path, log, error));
}

bool db_log_is_whole(const char *path, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno == ENOENT || path_fail(path, error);
    }
    struct log log = {.fd = fd, .broken = UINT64_MAX};
    bool whole = judge(&log, path, error);
    (void)close(fd);
    return whole;
}
