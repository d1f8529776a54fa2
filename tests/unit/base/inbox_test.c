#include "base/inbox.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "open_files.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PATIENCE_MS = 60000 };

struct letter {
    struct inbox_item item; /* first */
    unsigned sender;
    unsigned number;
};

static struct letter *letter(struct inbox_item *item)
{
    return (struct letter *)(void *)item;
}

static bool is_readable(const struct inbox *inbox)
{
    struct pollfd event = {.fd = inbox_fd(inbox), .events = POLLIN};
    return poll(&event, 1, 0) == 1 && event.revents == POLLIN;
}

static void an_empty_inbox_gives_nothing(void **state)
{
    (void)state;
    OWN(inbox) inbox = inbox_make();
    assert_non_null(inbox);
    assert_null(inbox_take(inbox));
    assert_null(inbox_wait(inbox, 0));
    assert_null(inbox_wait(inbox, -1));
    assert_null(inbox_wait(inbox, INT64_MIN));
    assert_null(inbox_wait(inbox, 1));
    assert_false(is_readable(inbox));
}

static void the_oldest_item_comes_first(void **state)
{
    (void)state;
    struct letter letters[5] = {0};
    OWN(inbox) inbox = inbox_make();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(letters); i++) {
            inbox_put(inbox, &letters[i].item);
        }
        for (size_t i = 0; i < COUNT(letters); i++) {
            struct inbox_item *item = i % 2 ? inbox_wait(inbox, 1000) : inbox_take(inbox);
            assert_ptr_equal(item, &letters[i].item);
        }
        assert_null(inbox_take(inbox));
    }
}

static void puts_and_takes_may_alternate(void **state)
{
    (void)state;
    struct letter letters[7] = {0};
    OWN(inbox) inbox = inbox_make();
    inbox_put(inbox, &letters[0].item);
    for (size_t i = 1; i < 100; i++) {
        inbox_put(inbox, &letters[i % COUNT(letters)].item);
        assert_ptr_equal(inbox_take(inbox), &letters[(i - 1) % COUNT(letters)].item);
        assert_true(is_readable(inbox));
    }
    assert_non_null(inbox_take(inbox));
    assert_null(inbox_take(inbox));
}

static void a_chain_comes_in_its_order_among_others(void **state)
{
    (void)state;
    struct letter letters[6] = {0};
    struct inbox_chain chain = {NULL, NULL};
    OWN(inbox) inbox = inbox_make();
    for (int round = 0; round < 3; round++) {
        inbox_put(inbox, &letters[0].item);
        for (size_t i = 1; i < 5; i++) {
            letters[i].item.next = &letters[0].item; /* an old link is forgotten */
            inbox_chain_add(&chain, &letters[i].item);
        }
        inbox_put_chain(inbox, &chain);
        assert_null(chain.first); /* it may be filled anew */
        assert_null(chain.last);
        inbox_put(inbox, &letters[5].item);
        for (size_t i = 0; i < COUNT(letters); i++) {
            assert_true(is_readable(inbox));
            assert_ptr_equal(inbox_take(inbox), &letters[i].item);
        }
        assert_null(inbox_take(inbox));
        assert_false(is_readable(inbox));
    }
}

static void an_empty_chain_does_nothing(void **state)
{
    (void)state;
    struct letter one = {0};
    struct inbox_chain chain = {NULL, NULL};
    OWN(inbox) inbox = inbox_make();
    inbox_put_chain(inbox, &chain);
    assert_false(is_readable(inbox));
    assert_null(inbox_take(inbox));
    inbox_put(inbox, &one.item);
    inbox_put_chain(inbox, &chain);
    assert_ptr_equal(inbox_take(inbox), &one.item);
    assert_null(inbox_take(inbox));
}

static void an_old_link_in_an_item_is_forgotten(void **state)
{
    (void)state;
    struct letter old = {0};
    struct letter new = {.item = {.next = &old.item}};
    OWN(inbox) inbox = inbox_make();
    inbox_put(inbox, &new.item);
    assert_ptr_equal(inbox_take(inbox), &new.item);
    assert_null(inbox_take(inbox));
}

static void the_descriptor_is_readable_while_items_are_inside(void **state)
{
    (void)state;
    struct letter letters[3] = {0};
    OWN(inbox) inbox = inbox_make();
    for (int round = 0; round < 3; round++) {
        assert_false(is_readable(inbox));
        for (size_t i = 0; i < COUNT(letters); i++) {
            inbox_put(inbox, &letters[i].item);
            assert_true(is_readable(inbox));
        }
        for (size_t i = 0; i < COUNT(letters); i++) {
            assert_true(is_readable(inbox));
            assert_non_null(inbox_take(inbox));
        }
        assert_false(is_readable(inbox));
        assert_null(inbox_take(inbox));
        assert_false(is_readable(inbox));
    }
}

static void the_descriptor_is_not_inherited_and_never_blocks(void **state)
{
    (void)state;
    OWN(inbox) inbox = inbox_make();
    assert_true(fcntl(inbox_fd(inbox), F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(inbox_fd(inbox), F_GETFL) & O_NONBLOCK);
}

static int64_t processor_us(void)
{
    struct timespec time;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void waiting_ends_when_the_time_is_over_and_is_no_work(void **state)
{
    (void)state;
    OWN(inbox) inbox = inbox_make();
    int64_t start = clock_mono_ms(&clock_real);
    int64_t work = processor_us();
    assert_null(inbox_wait(inbox, 10));
    assert_in_range(clock_mono_ms(&clock_real) - start, 9, PATIENCE_MS);
    assert_in_range(processor_us() - work, 0, 5000);
}

static void what_is_there_is_not_waited_for(void **state)
{
    (void)state;
    static const int64_t waits[] = {0,         1,        -1, 100000, (int64_t)1 << 40,
                                    INT64_MAX, INT64_MIN};
    struct letter one = {0};
    OWN(inbox) inbox = inbox_make();
    for (size_t i = 0; i < COUNT(waits); i++) {
        inbox_put(inbox, &one.item);
        assert_ptr_equal(inbox_wait(inbox, waits[i]), &one.item);
    }
}

static void *put_after_a_moment(void *inbox)
{
    static struct letter one;
    const struct timespec moment = {.tv_nsec = 3000000};
    (void)nanosleep(&moment, NULL);
    inbox_put(inbox, &one.item);
    return &one.item;
}

static void waiting_ends_when_an_item_comes(void **state)
{
    (void)state;
    static const int64_t waits[] = {10000, (int64_t)INT32_MAX + 1, INT64_MAX};
    for (size_t i = 0; i < COUNT(waits); i++) {
        OWN(inbox) inbox = inbox_make();
        pthread_t thread;
        void *put = NULL;
        int64_t start = clock_mono_ms(&clock_real);
        assert_int_equal(pthread_create(&thread, NULL, put_after_a_moment, inbox), 0);
        struct inbox_item *item = inbox_wait(inbox, waits[i]);
        assert_int_equal(pthread_join(thread, &put), 0);
        assert_non_null(item);
        assert_ptr_equal(item, put);
        assert_in_range(clock_mono_ms(&clock_real) - start, 2, PATIENCE_MS);
    }
}

static void ignore(int signal)
{
    (void)signal;
}

static void a_signal_does_not_end_the_waiting(void **state)
{
    (void)state;
    struct sigaction before;
    const struct sigaction action = {.sa_handler = ignore};
    const struct itimerval soon = {.it_value = {.tv_usec = 3000}};
    OWN(inbox) inbox = inbox_make();
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    int64_t start = clock_mono_ms(&clock_real);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_null(inbox_wait(inbox, 20));
    int64_t waited = clock_mono_ms(&clock_real) - start;
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_in_range(waited, 19, 2000);
}

enum { SENDERS = 4, LETTERS = 5000 };

struct sender {
    struct inbox *inbox;
    struct letter *letters;
    unsigned number;
};

static void *send_letters(void *data)
{
    const struct sender *sender = data;
    for (unsigned i = 0; i < LETTERS; i++) {
        sender->letters[i].sender = sender->number;
        sender->letters[i].number = i;
        inbox_put(sender->inbox, &sender->letters[i].item);
    }
    return NULL;
}

/* Takes one by polling, by waiting, or by trying again and again. */
static struct letter *receive(struct inbox *inbox, unsigned way)
{
    struct pollfd event = {.fd = inbox_fd(inbox), .events = POLLIN};
    struct inbox_item *item = NULL;
    while (!item) {
        if (way % 3 == 0) {
            assert_int_equal(poll(&event, 1, PATIENCE_MS), 1);
        }
        item = way % 3 == 1 ? inbox_wait(inbox, PATIENCE_MS) : inbox_take(inbox);
        assert_true(item || way % 3 != 1);
    }
    return letter(item);
}

static void many_senders_lose_nothing_and_keep_their_order(void **state)
{
    (void)state;
    OWN(inbox) inbox = inbox_make();
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    unsigned next[SENDERS] = {0};
    for (unsigned i = 0; i < SENDERS; i++) {
        struct letter *letters = calloc(LETTERS, sizeof *letters);
        assert_non_null(letters);
        senders[i] = (struct sender){inbox, letters, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_letters, &senders[i]), 0);
    }
    for (unsigned i = 0; i < SENDERS * LETTERS; i++) {
        const struct letter *one = receive(inbox, i);
        assert_true(one->sender < SENDERS);
        assert_int_equal(one->number, next[one->sender]++);
    }
    assert_null(inbox_take(inbox));
    assert_false(is_readable(inbox));
    for (unsigned i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(next[i], LETTERS);
        free(senders[i].letters);
    }
}

enum { LINKS = 5 };

static void *send_chains(void *data)
{
    const struct sender *sender = data;
    for (unsigned i = 0; i < LETTERS; i += LINKS) {
        struct inbox_chain chain = {NULL, NULL};
        for (unsigned link = i; link < i + LINKS; link++) {
            sender->letters[link].sender = sender->number;
            sender->letters[link].number = link;
            inbox_chain_add(&chain, &sender->letters[link].item);
        }
        inbox_put_chain(sender->inbox, &chain);
    }
    return NULL;
}

/* Who finds the first finds all of it, and nothing of others in between. */
static void a_chain_is_there_as_a_whole(void **state)
{
    (void)state;
    OWN(inbox) inbox = inbox_make();
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++) {
        struct letter *letters = calloc(LETTERS, sizeof *letters);
        assert_non_null(letters);
        senders[i] = (struct sender){inbox, letters, i};
        assert_int_equal(pthread_create(&threads[i], NULL, send_chains, &senders[i]), 0);
    }
    for (unsigned i = 0; i < SENDERS * LETTERS / LINKS; i++) {
        const struct letter *first = receive(inbox, i);
        for (unsigned link = 1; link < LINKS; link++) {
            struct inbox_item *item = inbox_take(inbox);
            assert_non_null(item);
            assert_int_equal(letter(item)->sender, first->sender);
            assert_int_equal(letter(item)->number, first->number + link);
        }
    }
    assert_null(inbox_take(inbox));
    for (unsigned i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        free(senders[i].letters);
    }
}

struct errand {
    struct letter letter;
    struct inbox *answers;
};

static void *answer_errands(void *inbox)
{
    for (;;) {
        struct inbox_item *item = inbox_wait(inbox, PATIENCE_MS);
        struct errand *errand = (struct errand *)(void *)item;
        if (!errand || !errand->answers) {
            return item;
        }
        errand->letter.number++;
        inbox_put(errand->answers, item);
    }
}

/* The receiver of an answer may free its inbox at once: the sender is through with it. */
static void an_inbox_can_be_freed_after_its_last_item(void **state)
{
    (void)state;
    OWN(inbox) errands = inbox_make();
    struct errand last = {0};
    pthread_t thread;
    void *end = NULL;
    assert_int_equal(pthread_create(&thread, NULL, answer_errands, errands), 0);
    for (unsigned i = 0; i < 500; i++) {
        struct errand errand = {.answers = inbox_make()};
        assert_non_null(errand.answers);
        inbox_put(errands, &errand.letter.item);
        struct inbox_item *item = inbox_wait(errand.answers, 5000);
        inbox_free(errand.answers);
        assert_ptr_equal(item, &errand.letter.item);
        assert_int_equal(errand.letter.number, 1);
    }
    inbox_put(errands, &last.letter.item);
    assert_int_equal(pthread_join(thread, &end), 0);
    assert_ptr_equal(end, &last.letter.item);
}

static void free_closes_and_null_is_fine(void **state)
{
    (void)state;
    struct letter inside = {0};
    size_t before = open_files();
    for (int i = 0; i < 3; i++) {
        struct inbox *inbox = inbox_make();
        assert_non_null(inbox);
        inbox_put(inbox, &inside.item);
        inbox_free(inbox);
    }
    inbox_free(NULL);
    assert_int_equal(open_files(), before);
}

static void without_descriptors_there_is_no_inbox(void **state)
{
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct inbox *inbox = inbox_make();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_inbox_gives_nothing),
        cmocka_unit_test(the_oldest_item_comes_first),
        cmocka_unit_test(puts_and_takes_may_alternate),
        cmocka_unit_test(a_chain_comes_in_its_order_among_others),
        cmocka_unit_test(an_empty_chain_does_nothing),
        cmocka_unit_test(an_old_link_in_an_item_is_forgotten),
        cmocka_unit_test(the_descriptor_is_readable_while_items_are_inside),
        cmocka_unit_test(the_descriptor_is_not_inherited_and_never_blocks),
        cmocka_unit_test(waiting_ends_when_the_time_is_over_and_is_no_work),
        cmocka_unit_test(what_is_there_is_not_waited_for),
        cmocka_unit_test(waiting_ends_when_an_item_comes),
        cmocka_unit_test(a_signal_does_not_end_the_waiting),
        cmocka_unit_test(many_senders_lose_nothing_and_keep_their_order),
        cmocka_unit_test(a_chain_is_there_as_a_whole),
        cmocka_unit_test(an_inbox_can_be_freed_after_its_last_item),
        cmocka_unit_test(free_closes_and_null_is_fine),
        cmocka_unit_test(without_descriptors_there_is_no_inbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
