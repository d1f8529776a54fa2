#include "store/db_sqlite_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/path.h"
#include "state.h"

enum { PAGE = 4096, ROWS = 200 };

/* A database with tables, indexes and long texts, closed. */
static int make_database(void **state)
{
    struct error error;
    if (state_make(state) != 0) {
        return -1;
    }
    struct db *db = state_open(*state);
    assert_true(db_run(db,
                       "create table thing (id integer primary key, text text);"
                       "create index by_text on thing (text);"
                       "create table long (text text);"
                       "insert into thing (text) select hex(randomblob(20)) from"
                       " (with recursive n(value) as (select 1 union all select value + 1"
                       " from n where value < 200) select value from n);"
                       "insert into long values (hex(randomblob(20000)));"
                       "insert into long values (hex(randomblob(20000)))",
                       &error));
    db_close(db);
    return 0;
}

static void read_database(struct state *at, struct text *bytes)
{
    struct error error;
    text_init(bytes, 1 << 24);
    assert_true(path_read(state_path(at, "imh.db"), bytes->most, bytes, &error));
}

static void poke(struct state *at, size_t where, unsigned char byte)
{
    state_poke(at, "imh.db", (int64_t)where, &byte, 1);
}

static void each_page_has_room_for_its_sum(void **state)
{
    struct text bytes;
    read_database(*state, &bytes);
    assert_int_equal(bytes.len % PAGE, 0);
    assert_int_equal(bytes.ptr[20], DB_SQLITE_SUM_BYTES); /* "reserved" of the header */
    for (size_t page = 0; page < bytes.len / PAGE; page++) {
        uint32_t first = 0;
        uint32_t second = 0;
        const unsigned char *at = (const unsigned char *)bytes.ptr + page * PAGE;
        for (size_t i = 0; i < PAGE - 8; i += 8) {
            uint32_t pair[2];
            memcpy(pair, at + i, 8);
            first += pair[0] + second;
            second += pair[1] + first;
        }
        assert_memory_equal(at + PAGE - 8, &first, 4);
        assert_memory_equal(at + PAGE - 4, &second, 4);
    }
    text_done(&bytes);
}

static void note_nothing(void *context, struct str what)
{
    (void)context;
    (void)what;
}

/* When it is opened, or else when it is read; and whoever opens it after that is told. */
static void assert_noticed(struct state *at, const char *words)
{
    struct error error = {.text = ""};
    struct db *db = db_open(str_from(at->place), DB_MAKE, &error);
    if (db) {
        (void)db_verify(db, note_nothing, NULL, &error);
        assert_int_equal(db_state(db), DB_SUSPECT);
        db_close(db);
    }
    state_refused(at, DB_MAKE, IMH_REJECTED, words);
}

/* As it was before something else was tried. */
static void restore(struct state *at, struct text *bytes)
{
    state_write(at, "imh.db", bytes->ptr, bytes->len);
    (void)unlink(state_path(at, "imh.db-wal"));
}

static void a_changed_byte_anywhere_is_noticed(void **state)
{
    struct state *at = *state;
    struct text bytes;
    read_database(at, &bytes);
    for (size_t page = 0; page < bytes.len / PAGE; page++) {
        size_t where = page * PAGE + (page * 977 + 100) % PAGE;
        poke(at, where, (unsigned char)((unsigned char)bytes.ptr[where] ^ 0x40U));
        assert_noticed(at, "imh.db: damaged: restore it");
        restore(at, &bytes);
    }
    db_close(state_open(at));
    text_done(&bytes);
}

static void a_page_in_the_place_of_another_is_noticed_as_before(void **state)
{
    struct state *at = *state;
    struct text bytes;
    read_database(at, &bytes);
    state_poke(at, "imh.db", PAGE, bytes.ptr + 2 * PAGE, PAGE);
    assert_noticed(at, "imh.db: ");
    text_done(&bytes);
}

static int count_rows(void *rows, int columns, char **values, char **names)
{
    (void)columns;
    (void)values;
    (void)names;
    ++*(int *)rows;
    return 0;
}

/* Any SQLite reads such a file; what it writes has no sums. */
static void other_programs_can_read_it(void **state)
{
    struct state *at = *state;
    sqlite3 *other;
    int rows = 0;
    assert_int_equal(
        sqlite3_open_v2(state_path(at, "imh.db"), &other, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "select * from thing", count_rows, &rows, NULL),
                     SQLITE_OK);
    assert_int_equal(rows, ROWS);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    db_close(state_open(at));
    assert_int_equal(
        sqlite3_open_v2(state_path(at, "imh.db"), &other, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "delete from thing where id = 1", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_noticed(at, "imh.db: damaged: restore it");
}

/* Met while the store is in use, damage makes it suspect. */
static void damage_met_on_the_way_is_suspect(void **state)
{
    struct state *at = *state;
    struct error error;
    struct text bytes;
    read_database(at, &bytes);
    struct db *db = state_open(at);
    size_t page = bytes.len / PAGE - 1;
    poke(at, page * PAGE + 50,
         (unsigned char)((unsigned char)bytes.ptr[page * PAGE + 50] ^ 1U));
    assert_true(db_run(db, "pragma shrink_memory", &error));
    enum query_step step = QUERY_ROW;
    struct query *query = db_query(db, "select length(text), text from long", &error);
    assert_non_null(query);
    while (step == QUERY_ROW) {
        step = query_next(query, &error);
    }
    query_end(query);
    assert_int_equal(step, QUERY_FAILED);
    assert_non_null(strstr(error.text, "damaged"));
    assert_int_equal(db_state(db), DB_SUSPECT);
    db_close(db);
    text_done(&bytes);
}

static void a_file_that_only_grew_is_not_damaged(void **state)
{
    sqlite3_vfs *layer;
    sqlite3_file *file;
    static union {
        char bytes[4096];
        max_align_t align;
    } room;
    char page[PAGE];
    struct state *at = *state;
    int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    layer = sqlite3_vfs_find(db_sqlite_layer_name());
    assert_non_null(layer);
    assert_true((size_t)layer->szOsFile < sizeof room);
    file = (sqlite3_file *)(void *)room.bytes;
    /* SQLite's names end in two zeros. */
    char name[128] = "";
    (void)snprintf(name, sizeof name - 1, "%s", state_path(at, "grown"));
    assert_int_equal(layer->xOpen(layer, name, file, flags, &flags), SQLITE_OK);
    assert_int_equal(file->pMethods->xTruncate(file, 2 * PAGE), SQLITE_OK);
    assert_int_equal(file->pMethods->xRead(file, page, PAGE, PAGE), SQLITE_OK);
    memset(page, 'x', PAGE);
    assert_int_equal(file->pMethods->xWrite(file, page, PAGE, 0), SQLITE_OK);
    assert_int_equal(page[PAGE - 1], 'x'); /* SQLite's own copy stays as it was */
    assert_int_equal(file->pMethods->xRead(file, page, PAGE, 0), SQLITE_OK);
    assert_int_equal(page[0], 'x');
    assert_int_equal(file->pMethods->xWrite(file, "y", 1, 7), SQLITE_OK);
    assert_int_equal(file->pMethods->xRead(file, page, PAGE, 0), SQLITE_IOERR_DATA);
    assert_int_equal(file->pMethods->xRead(file, page, 100, 0), SQLITE_OK);
    assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
}

#define sums_test(test) cmocka_unit_test_setup_teardown(test, make_database, state_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        sums_test(each_page_has_room_for_its_sum),
        sums_test(a_changed_byte_anywhere_is_noticed),
        sums_test(a_page_in_the_place_of_another_is_noticed_as_before),
        sums_test(other_programs_can_read_it),
        sums_test(damage_met_on_the_way_is_suspect),
        sums_test(a_file_that_only_grew_is_not_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
