#include "app/recipients.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "smarty/data.h"

/* A file of the test's own, and what is read from it. */
struct desk {
    char folder[40];
    char path[60];
    struct recipients *recipients;
    struct arena arena;
    struct text shown;
    struct error error;
};

static int setup(void **state)
{
    static struct desk desk;
    desk = (struct desk){.recipients = NULL};
    (void)snprintf(desk.folder, sizeof desk.folder, "/tmp/imh-recipients-XXXXXX");
    arena_init(&desk.arena, 4096, 0);
    text_init(&desk.shown, 1 << 20);
    *state = &desk;
    return mkdtemp(desk.folder) ? 0 : -1;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    recipients_free(desk->recipients);
    arena_done(&desk->arena);
    text_done(&desk->shown);
    (void)unlink(desk->path);
    return rmdir(desk->folder);
}

static void write_file(struct desk *desk, const char *name, const char *content)
{
    (void)snprintf(desk->path, sizeof desk->path, "%s/%s", desk->folder, name);
    FILE *file = fopen(desk->path, "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void open_file(struct desk *desk, const char *name, const char *content)
{
    write_file(desk, name, content);
    desk->recipients = recipients_open(desk->path, &desk->error);
    assert_non_null(desk->recipients);
}

/* All there are as JSON, one behind the other; an error as "!LINE: what". */
static const char *rest_of(struct desk *desk)
{
    struct value recipient;
    size_t prefix = strlen(desk->path);
    text_clear(&desk->shown);
    do {
        desk->error.status = IMH_OK;
        if (recipients_next(desk->recipients, &desk->arena, &recipient, &desk->error)) {
            data_write(&desk->shown, &recipient);
        } else if (desk->error.status != IMH_OK) {
            assert_memory_equal(desk->error.text, desk->path, prefix);
            text_print(&desk->shown, "!%s", desk->error.text + prefix + 1);
        } else {
            return text_cstr(&desk->shown);
        }
    } while (true);
}

static void after_an_error_the_next_may_be_good(void **state)
{
    struct desk *desk = *state;
    open_file(desk, "a.ndjson", "{\"a\":1}\n[1]\n\n{\"a\":2}\noops\n{\"a\":3}");
    assert_string_equal(rest_of(desk),
                        "{\"a\":1}!2: a recipient must be a JSON object{\"a\":2}"
                        "!5: not JSON at byte 0: something that is no JSON value{\"a\":3}");
}

static void after_a_bad_row_the_next_may_be_good(void **state)
{
    struct desk *desk = *state;
    open_file(desk, "a.csv", "a,b\n1,2\n3\n\"4\n4\",5\n6,\"x\"y\n7,8,9\n10,11");
    assert_string_equal(rest_of(desk),
                        "{\"a\":\"1\",\"b\":\"2\"}"
                        "!3: only 1 of the 2 fields that the header has"
                        "{\"a\":\"4\\n4\",\"b\":\"5\"}"
                        "!6: something behind a closing quote: quotes inside a field are "
                        "doubled!7: more fields than the header has"
                        "{\"a\":\"10\",\"b\":\"11\"}");
}

static void a_file_can_be_read_again(void **state)
{
    struct desk *desk = *state;
    open_file(desk, "a.csv", "\n\na\n1\nx,y\n2\n");
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(rest_of(desk), "{\"a\":\"1\"}!5: more fields than the header "
                                           "has{\"a\":\"2\"}");
        assert_true(recipients_rewind(desk->recipients));
    }
}

static void a_pipe_cannot(void **state)
{
    struct desk *desk = *state;
    (void)snprintf(desk->path, sizeof desk->path, "%s/pipe", desk->folder);
    assert_int_equal(mkfifo(desk->path, 0600), 0);
    FILE *keep = fopen(desk->path, "r+e"); /* so that opening it waits for nobody */
    assert_non_null(keep);
    desk->recipients = recipients_open(desk->path, &desk->error);
    assert_non_null(desk->recipients);
    assert_false(recipients_rewind(desk->recipients));
    assert_int_equal(fclose(keep), 0);
}

static void the_name_decides_what_it_is(void **state)
{
    struct desk *desk = *state;
    static const struct {
        const char *name;
        bool is_csv;
    } cases[] = {{"a.csv", true}, {"a.CSV", true},      {".csv", true},
                 {"csv", false},  {"a.csv.txt", false}, {"a.json", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_file(desk, cases[i].name, "{}\n");
        assert_string_equal(rest_of(desk), cases[i].is_csv ? "" : "{}");
        recipients_free(desk->recipients);
        desk->recipients = NULL;
        assert_int_equal(unlink(desk->path), 0);
    }
}

static void what_cannot_be_opened_says_why(void **state)
{
    struct desk *desk = *state;
    (void)snprintf(desk->path, sizeof desk->path, "%s/nothing.csv", desk->folder);
    assert_null(recipients_open(desk->path, &desk->error));
    assert_non_null(strstr(desk->error.text, "nothing.csv: No such file or directory"));
    assert_null(recipients_open(desk->folder, &desk->error));
    assert_non_null(strstr(desk->error.text, ": is a folder"));
    write_file(desk, "a.csv", "a,a\n");
    assert_null(recipients_open(desk->path, &desk->error));
    assert_non_null(strstr(desk->error.text, "a.csv:1: column 'a' stands twice"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_an_error_the_next_may_be_good),
        TEST(after_a_bad_row_the_next_may_be_good),
        TEST(a_file_can_be_read_again),
        TEST(a_pipe_cannot),
        TEST(the_name_decides_what_it_is),
        TEST(what_cannot_be_opened_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
