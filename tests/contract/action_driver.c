/* action_driver - runs actions of one plugin, in a worker, as a script tells it.
 *
 *     action_driver --worker PLUGIN.so SETTINGS.json < orders
 *
 * SETTINGS.json is a recording, of which the options count. Each line of the input is an
 * order, and each is answered with a line before the next is read:
 *
 *     {"secret": "..."}                               the value of every secret from now on
 *     {"check": true}                                 the connection test
 *     {"action": "request", "args": {...}, "key": "job 7", "time_ms": 2000}
 *
 *     {"status": "retry", "after_s": 0, "text": "503 ...", "result": null}
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stand.h"

enum { ORDER_BYTES = 4 << 20, ARENA_BLOCK_BYTES = 4096 };

/* ptr is NULL for what the order does not say. */
static struct str member(struct arena *arena, struct str order, const char *pointer)
{
    struct str whole;
    enum json_event event = json_find(order, str_from(pointer), arena, &whole);
    if (event == JSON_STRING) {
        return json_decode((struct str){whole.ptr + 1, whole.len - 2}, true, arena);
    }
    return event == JSON_PROBLEM ? (struct str){NULL, 0} : whole;
}

static void answer(const char *status, const struct seen *seen)
{
    struct text line;
    struct text result = seen->result;
    text_init(&line, ORDER_BYTES);
    text_print(&line, "{\"status\":\"%s\",\"after_s\":%u,\"text\":", status, seen->after_s);
    json_add_string(&line, str_from(seen->text));
    text_add_cstr(&line, ",\"result\":");
    text_add(&line, result.len > 0 ? text_str(&result) : STR_OF("null"));
    (void)printf("%s}\n", text_cstr(&line));
    (void)fflush(stdout);
    text_done(&line);
}

static void set_secret(struct stand *stand, struct str secret)
{
    char path[128];
    struct text problems;
    struct seen seen;
    seen_init(&seen);
    (void)snprintf(path, sizeof path, "%s/secret-a.txt", stand->folder);
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, secret.ptr, secret.len), secret.len);
    assert_int_equal(close(fd), 0);
    text_init(&problems, ORDER_BYTES);
    stand_configure(stand, "", NULL, &problems);
    assert_string_equal(text_cstr(&problems), "");
    text_done(&problems);
    answer("ok", &seen);
    seen_done(&seen);
}

static void run(struct stand *stand, struct arena *arena, struct str order)
{
    struct seen seen;
    int64_t time_ms = STAND_CALL_MS;
    struct str time = member(arena, order, "/time_ms");
    struct run what = {.action = member(arena, order, "/action"),
                       .args = member(arena, order, "/args"),
                       .key = member(arena, order, "/key")};
    (void)(time.ptr && str_to_int64(time, 1, STAND_CALL_MS, &time_ms));
    if (what.action.ptr) {
        stand_run(stand, stand->a, &what, time_ms, &seen);
    } else {
        stand_check(stand, stand->a, time_ms, &seen);
    }
    answer(error_status_name(seen.status), &seen);
    seen_done(&seen);
}

static void does_what_it_is_told(void **state)
{
    struct stand *stand = *state;
    struct arena arena;
    char *line = NULL;
    size_t capacity = 0;
    arena_init(&arena, ARENA_BLOCK_BYTES, 0);
    for (ssize_t length; (length = getline(&line, &capacity, stdin)) > 0;) {
        struct str order = {line, (size_t)length};
        struct str secret = member(&arena, order, "/secret");
        if (secret.ptr) {
            set_secret(stand, secret);
        } else {
            run(stand, &arena, order);
        }
        arena_clear(&arena);
    }
    free(line);
    arena_done(&arena);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(does_what_it_is_told, stand_setup, stand_teardown),
    };
    return stand_arguments(argc, argv) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
