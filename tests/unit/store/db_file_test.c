#include "store/db_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"

/* The first 100 bytes of a file as SQLite writes them, as far as they matter. */
struct header {
    unsigned char bytes[100];
};

static void put_number(unsigned char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (unsigned char)(number >> (24 - 8 * i));
    }
}

static struct header header(uint32_t application, uint32_t version)
{
    struct header header = {{0}};
    memcpy(header.bytes, "SQLite format 3", 16);
    put_number(header.bytes + 60, version);
    put_number(header.bytes + 68, application);
    return header;
}

static void write_header(struct state *at, uint32_t application, uint32_t version)
{
    struct header first = header(application, version);
    state_write(at, "imh.db", &first, sizeof first);
}

static bool is_ready(struct state *at, enum db_how how, struct error *error)
{
    *error = (struct error){.text = ""};
    return db_file_ready(state_path(at, "imh.db"), how, error);
}

/* Refused for this reason, and the files stay as they were. */
static void refused(struct state *at, enum db_how how, imh_status status, const char *words)
{
    struct error error;
    int64_t before = state_bytes(at, "imh.db");
    assert_false(is_ready(at, how, &error));
    if (!strstr(error.text, words)) {
        assert_string_equal(error.text, words);
    }
    assert_int_equal(error.status, status);
    assert_int_equal(state_bytes(at, "imh.db"), before);
}

static void where_nothing_was_an_empty_file_is_made(void **state)
{
    struct state *at = *state;
    struct error error;
    struct stat status;
    state_make_folder(at);
    assert_true(is_ready(at, DB_MAKE, &error));
    assert_int_equal(stat(state_path(at, "imh.db"), &status), 0);
    assert_int_equal(status.st_size, 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_true(is_ready(at, DB_MAKE, &error));
}

static void only_when_it_may(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    refused(at, DB_EXISTING, IMH_MISSING, "there is no database yet");
    assert_true(is_ready(at, DB_MAKE, &error));
    refused(at, DB_EXISTING, IMH_MISSING, "there is no database yet");
}

static void one_that_is_gone_is_not_made_anew(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    state_write(at, "imh.db-made", "", 0);
    for (int empty = 0; empty < 2; empty++) {
        for (enum db_how how = DB_MAKE; how <= DB_EXISTING; how++) {
            refused(at, how, IMH_REJECTED,
                    empty ? "imh.db: empty, but there was"
                          : "imh.db: missing, but there was");
        }
        if (!empty) {
            state_write(at, "imh.db", "", 0);
        }
    }
    assert_int_equal(unlink(state_path(at, "imh.db-made")), 0);
    assert_true(is_ready(at, DB_MAKE, &error));
}

static void a_log_without_its_database_is_refused(void **state)
{
    struct state *at = *state;
    state_make_folder(at);
    state_write(at, "imh.db-wal", "rows", 4);
    refused(at, DB_MAKE, IMH_REJECTED, "remove ");
    refused(at, DB_MAKE, IMH_REJECTED, "imh.db-wal to begin with an empty one");
}

static void our_header_is_known(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    write_header(at, DB_FILE_APPLICATION, 0);
    assert_true(is_ready(at, DB_MAKE, &error));
    assert_true(is_ready(at, DB_EXISTING, &error));
    state_write(at, "imh.db-made", "", 0);
    assert_true(is_ready(at, DB_MAKE, &error));
}

static void others_are_refused(void **state)
{
    struct state *at = *state;
    state_make_folder(at);
    write_header(at, 0, 0);
    refused(at, DB_MAKE, IMH_REJECTED, "a database of another program");
    write_header(at, 0x00686D69, 0);
    refused(at, DB_MAKE, IMH_REJECTED, "a database of another program");
    state_write(at, "imh.db", "%PDF-1.4", 8);
    refused(at, DB_MAKE, IMH_REJECTED, "not a database, or damaged");
    struct header first = header(DB_FILE_APPLICATION, 0);
    state_write(at, "imh.db", &first, sizeof first - 1);
    refused(at, DB_MAKE, IMH_REJECTED, "not a database, or damaged");
}

static void one_in_use_needs_its_log(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    write_header(at, DB_FILE_APPLICATION, 1);
    refused(at, DB_MAKE, IMH_REJECTED, "its log ");
    state_write(at, "imh.db-wal", "", 0);
    assert_true(is_ready(at, DB_MAKE, &error));
}

/* SQLite undoes what the journal tells before it looks at the file. */
static void a_half_made_file_is_left_to_sqlite(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    state_write(at, "imh.db", "half", 4);
    state_write(at, "imh.db-journal", "journal", 7);
    assert_true(is_ready(at, DB_MAKE, &error));
}

static void only_our_own_regular_file_will_do(void **state)
{
    static const mode_t loose[] = {0640, 0604, 0620, 0602, 0666};
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    write_header(at, DB_FILE_APPLICATION, 0);
    for (size_t i = 0; i < COUNT(loose); i++) {
        assert_int_equal(chmod(state_path(at, "imh.db"), loose[i]), 0);
        refused(at, DB_MAKE, IMH_DENIED, "others than its owner may open it: chmod 600");
    }
    assert_int_equal(unlink(state_path(at, "imh.db")), 0);
    assert_int_equal(mkdir(state_path(at, "imh.db"), 0700), 0);
    refused(at, DB_MAKE, IMH_REJECTED, "not a regular file");
    assert_int_equal(rmdir(state_path(at, "imh.db")), 0);
    assert_int_equal(mkfifo(state_path(at, "imh.db"), 0600), 0);
    refused(at, DB_MAKE, IMH_REJECTED, "not a regular file");
    assert_int_equal(unlink(state_path(at, "imh.db")), 0);
    assert_int_equal(symlink("imh.db", state_path(at, "imh.db")), 0);
    assert_false(is_ready(at, DB_MAKE, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

static void without_its_folder_nothing_is_made(void **state)
{
    refused(*state, DB_MAKE, IMH_REJECTED, "No such file or directory");
}

static void kept_files_leave_a_note(void **state)
{
    struct state *at = *state;
    struct error error;
    state_make_folder(at);
    assert_true(db_file_keep(state_path(at, "imh.db"), &error));
    assert_int_equal(state_bytes(at, "imh.db-made"), 0);
    assert_true(db_file_keep(state_path(at, "imh.db"), &error));
    assert_int_equal(unlink(state_path(at, "imh.db-made")), 0);
    assert_int_equal(symlink("elsewhere", state_path(at, "imh.db-made")), 0);
    assert_false(db_file_keep(state_path(at, "imh.db"), &error));
    assert_false(state_has(at, "elsewhere"));
}

static void names_that_are_too_long_are_refused(void **state)
{
    struct error error;
    char name[5000];
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(db_file_ready(name, DB_MAKE, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_false(db_file_keep(name, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(where_nothing_was_an_empty_file_is_made),
        state_test(only_when_it_may),
        state_test(one_that_is_gone_is_not_made_anew),
        state_test(a_log_without_its_database_is_refused),
        state_test(our_header_is_known),
        state_test(others_are_refused),
        state_test(one_in_use_needs_its_log),
        state_test(a_half_made_file_is_left_to_sqlite),
        state_test(only_our_own_regular_file_will_do),
        state_test(without_its_folder_nothing_is_made),
        state_test(kept_files_leave_a_note),
        state_test(names_that_are_too_long_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
