#include "store/db_sqlite_gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_BYTES = 1 << 20, PIECE = 4096 };

/* A file in memory, which counts how often it is written. */
static struct remembered {
    sqlite3_file base; /* first */
    char bytes[FILE_BYTES];
    unsigned writes;
    int fails; /* the code of every write; SQLITE_OK: none does */
} memory;

static struct gather gather;

static int write_memory(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    struct remembered *own = (struct remembered *)(void *)file;
    own->writes++;
    if (own->fails == SQLITE_OK) {
        memcpy(own->bytes + at, bytes, (size_t)count);
    }
    return own->fails;
}

static const sqlite3_io_methods methods = {.iVersion = 1, .xWrite = write_memory};

static int make(void **state)
{
    (void)state;
    memset(&memory, 0, sizeof memory);
    memory.base.pMethods = &methods;
    return gather_init(&gather);
}

static int drop(void **state)
{
    (void)state;
    gather_done(&gather);
    return 0;
}

static int put(char letter, size_t count, sqlite3_int64 at)
{
    char bytes[PIECE];
    memset(bytes, letter, count);
    int code = gather_prepare(&gather, &memory.base, count, at);
    if (code == SQLITE_OK) {
        (void)gather_add(&gather, bytes, count);
    }
    return code;
}

static int flush(void)
{
    return gather_flush(&gather, &memory.base);
}

static void what_follows_is_one_write(void **state)
{
    (void)state;
    assert_int_equal(put('a', 24, 32), SQLITE_OK);
    assert_int_equal(put('b', PIECE, 56), SQLITE_OK);
    assert_int_equal(put('c', 24, 56 + PIECE), SQLITE_OK);
    assert_int_equal(memory.writes, 0);
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(memory.writes, 1);
    assert_int_equal(memory.bytes[31], 0);
    assert_int_equal(memory.bytes[32], 'a');
    assert_int_equal(memory.bytes[55], 'a');
    assert_int_equal(memory.bytes[56], 'b');
    assert_int_equal(memory.bytes[56 + PIECE + 23], 'c');
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(memory.writes, 1); /* nothing is left */
}

static void what_goes_elsewhere_is_another(void **state)
{
    (void)state;
    assert_int_equal(put('a', 8, 100), SQLITE_OK);
    assert_int_equal(put('b', 8, 100), SQLITE_OK); /* over it: the later one stays */
    assert_int_equal(put('c', 8, 109), SQLITE_OK); /* a byte behind */
    assert_int_equal(memory.writes, 2);
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(memory.bytes[100], 'b');
    assert_int_equal(memory.bytes[108], 0);
    assert_int_equal(memory.bytes[109], 'c');
}

static void more_than_there_is_room_for_is_written_in_parts(void **state)
{
    enum { PIECES = FILE_BYTES / PIECE, A_WRITE = GATHER_BYTES / PIECE };
    (void)state;
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(put((char)('a' + i % 26), PIECE, (sqlite3_int64)i * PIECE),
                         SQLITE_OK);
    }
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(memory.writes, (PIECES + A_WRITE - 1) / A_WRITE);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(memory.bytes[i * PIECE], 'a' + i % 26);
        assert_int_equal(memory.bytes[(i + 1) * PIECE - 1], 'a' + i % 26);
    }
}

/* What is written after a failure does not bring back what failed. */
static void a_failure_is_told_and_what_failed_is_gone(void **state)
{
    (void)state;
    memory.fails = SQLITE_FULL;
    assert_int_equal(put('a', 8, 0), SQLITE_OK);
    assert_int_equal(put('b', 8, 100), SQLITE_FULL);
    assert_int_equal(put('c', 8, 200), SQLITE_OK);
    assert_int_equal(flush(), SQLITE_FULL);
    memory.fails = SQLITE_OK;
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(put('d', 8, 300), SQLITE_OK);
    assert_int_equal(flush(), SQLITE_OK);
    assert_int_equal(memory.writes, 3);
    assert_int_equal(memory.bytes[0] | memory.bytes[100] | memory.bytes[200], 0);
    assert_int_equal(memory.bytes[300], 'd');
}

#define gather_test(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        gather_test(what_follows_is_one_write),
        gather_test(what_goes_elsewhere_is_another),
        gather_test(more_than_there_is_room_for_is_written_in_parts),
        gather_test(a_failure_is_told_and_what_failed_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
