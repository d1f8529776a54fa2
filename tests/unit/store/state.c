#include "state.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

int state_make(void **state)
{
    struct state *at = calloc(1, sizeof *at);
    if (!at) {
        return -1;
    }
    /* In memory where that is possible: there a sync costs nothing. */
    (void)snprintf(at->outer, sizeof at->outer, "%s/imh-store-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(at->outer)) {
        free(at);
        return -1;
    }
    (void)snprintf(at->folder, sizeof at->folder, "%s/state", at->outer);
    (void)snprintf(at->place, sizeof at->place, "sqlite:%s/imh.db", at->folder);
    *state = at;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

int state_remove(void **state)
{
    struct state *at = *state;
    int failed = nftw(at->outer, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(at);
    return failed;
}

void state_make_folder(const struct state *state)
{
    assert_int_equal(mkdir(state->folder, 0700), 0);
}

const char *state_path(struct state *state, const char *name)
{
    char *path = state->path[state->next_path++ % COUNT(state->path)];
    (void)snprintf(path, sizeof state->path[0], "%s/%s", state->folder, name);
    return path;
}

int64_t state_bytes(struct state *state, const char *name)
{
    struct stat status;
    return stat(state_path(state, name), &status) == 0 ? status.st_size : -1;
}

bool state_has(struct state *state, const char *name)
{
    return state_bytes(state, name) >= 0;
}

static void write_at(const char *path, int flags, int64_t at, const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, at), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

void state_write(struct state *state, const char *name, const void *bytes, size_t len)
{
    write_at(state_path(state, name), O_CREAT | O_TRUNC, 0, bytes, len);
}

void state_poke(struct state *state, const char *name, int64_t at, const void *bytes,
                size_t len)
{
    write_at(state_path(state, name), 0, at, bytes, len);
}

static void copy_file(struct state *state, struct state *copy, const char *name)
{
    struct error error;
    struct text bytes;
    text_init(&bytes, 256 << 20);
    assert_true(path_read(state_path(state, name), bytes.most, &bytes, &error));
    state_write(copy, name, bytes.ptr, bytes.len);
    text_done(&bytes);
}

void state_copy(struct state *state, struct state *copy)
{
    struct dirent **entries = NULL;
    int count = scandir(state->folder, &entries, NULL, alphasort);
    assert_true(count > 0);
    state_make_folder(copy);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            copy_file(state, copy, entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

struct db *state_open(struct state *state)
{
    struct error error = {.text = ""};
    if (access(state->folder, F_OK) != 0) {
        state_make_folder(state);
    }
    struct db *db = db_open(str_from(state->place), DB_MAKE, &error);
    assert_string_equal(error.text, "");
    assert_non_null(db);
    return db;
}

void state_refused(const struct state *state, enum db_how how, imh_status status,
                   const char *words)
{
    struct error error = {.text = ""};
    assert_null(db_open(str_from(state->place), how, &error));
    if (!strstr(error.text, words)) {
        assert_string_equal(error.text, words);
    }
    assert_int_equal(error.status, status);
}

int64_t state_number(struct db *db, const char *sql)
{
    struct error error = {.text = ""};
    struct query *query = db_query(db, sql, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    int64_t number = query_int(query, 0);
    query_end(query);
    return number;
}
