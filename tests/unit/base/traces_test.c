/* What secrets leave behind in memory: nothing, wherever they went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/channel.h"
#include "base/environment.h"
#include "base/secret.h"
#include "base/text.h"

#include "own_memory.h"

/* "trace-canary-0123456789", masked. */
static const char masked[] = "\x21\x27\x34\x36\x30\x78\x36\x34\x3B\x34\x27\x2C\x78\x65\x64"
                             "\x67\x66\x61\x60\x63\x62\x6D\x6C";
enum { LENGTH = sizeof masked - 1 };

/* What ended calls left below on the stack: the C library saves wide registers there when
 * it resolves a function, with the text it has just compared inside. So may the functions
 * called here, for the first time: the next level down overwrites that. */
static void scrub_stack(unsigned levels)
{
    char room[32 << 10];
    memset(room, 'x', sizeof room);
    explicit_bzero(room, sizeof room);
    if (levels > 1) {
        scrub_stack(levels - 1);
    }
    explicit_bzero(room, sizeof room);
}

static unsigned traces(void)
{
    scrub_stack(4);
    return own_memory_count(masked, LENGTH);
}

/* The canary in a secret; the only copy there is. */
static struct secret *canary(void)
{
    struct error error;
    struct secret *secret = secret_make(LENGTH, &error);
    assert_non_null(secret);
    char *room = secret_extend(secret, LENGTH);
    memcpy(room, masked, LENGTH);
    own_memory_mask(room, LENGTH);
    return secret;
}

static void the_search_finds_a_copy(void **state)
{
    (void)state;
    OWN(secret) secret = canary();
    assert_true(str_is(secret_reveal(secret), "trace-"
                                              "canary-0123456789"));
    assert_int_equal(traces(), 1);
    char *second = strdup(secret_reveal(secret).ptr);
    assert_int_equal(traces(), 2);
    explicit_bzero(second, LENGTH);
    free(second);
    assert_int_equal(traces(), 1);
}

static void a_freed_or_cut_secret_leaves_none(void **state)
{
    (void)state;
    struct secret *secret = canary();
    secret_cut(secret, 3);
    assert_int_equal(traces(), 0);
    secret_free(secret);
    secret_free(canary());
    assert_int_equal(traces(), 0);
}

static void a_wiped_text_leaves_none_however_it_grew(void **state)
{
    struct text text;
    (void)state;
    OWN(secret) secret = canary();
    text_init_wiped(&text, 1 << 20);
    for (unsigned i = 0; i < 2000; i++) {
        text_add(&text, secret_reveal(secret));
    }
    assert_int_equal(traces(), 2001);
    text_done(&text);
    assert_int_equal(traces(), 1);
    text_add(&text, secret_reveal(secret)); /* it can be used again, and is wiped again */
    text_done(&text);
    assert_int_equal(traces(), 1);
}

struct pair {
    struct channel *ends[2];
};

static void make_pair(struct pair *pair)
{
    struct error error;
    int fds[2];
    assert_true(channel_pair(fds, &error));
    for (unsigned i = 0; i < 2; i++) {
        pair->ends[i] = channel_make(fds[i], false);
        assert_non_null(pair->ends[i]);
        channel_wipe(pair->ends[i]);
    }
}

static bool send_secret(struct channel *channel, const struct secret *secret, size_t more)
{
    struct text payload;
    text_init_wiped(&payload, 1 << 20);
    text_add(&payload, secret_reveal(secret));
    for (size_t i = 0; i < more; i++) {
        text_add_char(&payload, 'x');
    }
    bool sent = channel_send(channel, 1, 2, &payload, -1);
    text_done(&payload);
    return sent;
}

static void a_wiped_channel_leaves_none_of_what_it_carried(void **state)
{
    static const size_t sizes[] = {0, 1000, 300000};
    struct frame frame;
    (void)state;
    OWN(secret) secret = canary();
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pair pair;
        make_pair(&pair);
        assert_true(send_secret(pair.ends[0], secret, sizes[i]));
        assert_true(send_secret(pair.ends[0], secret, 10));
        for (unsigned frames = 0; frames < 2;) {
            assert_true(channel_flush(pair.ends[0]));
            enum channel_state got = channel_receive(pair.ends[1], &frame);
            assert_int_not_equal(got, CHANNEL_CLOSED);
            frames += got == CHANNEL_FRAME;
        }
        assert_int_equal(channel_receive(pair.ends[1], &frame), CHANNEL_IDLE);
        assert_int_equal(traces(), 1);
        channel_free(pair.ends[0]);
        channel_free(pair.ends[1]);
    }
}

static void a_channel_that_ends_early_leaves_none(void **state)
{
    struct pair pair;
    (void)state;
    OWN(secret) secret = canary();
    make_pair(&pair);
    for (unsigned i = 0; i < 20; i++) { /* more than the socket takes */
        assert_true(send_secret(pair.ends[0], secret, 100000));
    }
    channel_free(pair.ends[0]);
    channel_free(pair.ends[1]);
    assert_int_equal(traces(), 1);
}

static void a_variable_of_the_environment_is_moved_not_copied(void **state)
{
    struct error error;
    (void)state;
    struct secret *secret = canary();
    char *variable = malloc(LENGTH + 3);
    assert_non_null(variable);
    (void)snprintf(variable, LENGTH + 3, "X=%s", secret_reveal(secret).ptr);
    assert_int_equal(putenv(variable), 0);
    secret_free(secret);
    assert_int_equal(traces(), 1);
    struct environment *environment = environment_make();
    assert_non_null(environment_take(environment, STR_OF("X"), &error));
    assert_int_equal(traces(), 1);
    environment_free(environment);
    assert_int_equal(traces(), 0);
    assert_int_equal(unsetenv("X"), 0);
    free(variable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_search_finds_a_copy),
        cmocka_unit_test(a_freed_or_cut_secret_leaves_none),
        cmocka_unit_test(a_wiped_text_leaves_none_however_it_grew),
        cmocka_unit_test(a_wiped_channel_leaves_none_of_what_it_carried),
        cmocka_unit_test(a_channel_that_ends_early_leaves_none),
        cmocka_unit_test(a_variable_of_the_environment_is_moved_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
