#include "plugin/worker.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/channel.h"
#include "base/clock.h"
#include "base/message.h"
#include "plugin/entry.h"

/* A worker in a thread, with the test as supervisor and as imh-net. It runs the plugin
 * `told`, whose keys say what it does. */

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PATIENCE_MS = 20000, INSTANCE = 7, STATUS = 0, ECHO = 1, DEED = 2 };

struct rig {
    pthread_t thread;
    const char *plugin;
    bool (*seal)(struct error *error);
    int fds[2];
    struct channel *supervisor, *net;
};

static void *serve(void *self)
{
    const struct rig *rig = self;
    worker_serve(rig->plugin, rig->fds[0], rig->fds[1], rig->seal);
    return NULL;
}

static struct channel *connect_to(int *other)
{
    struct error error;
    int pair[2];
    assert_true(channel_pair(pair, &error));
    *other = pair[1];
    return channel_make(pair[0], false);
}

static void begin_sealed(struct rig *rig, const char *plugin,
                         bool (*seal)(struct error *error))
{
    rig->plugin = plugin;
    rig->seal = seal;
    rig->supervisor = connect_to(&rig->fds[0]);
    rig->net = connect_to(&rig->fds[1]);
    assert_int_equal(pthread_create(&rig->thread, NULL, serve, rig), 0);
}

static void begin(struct rig *rig, const char *plugin)
{
    begin_sealed(rig, plugin, NULL);
}

static void hang_up(struct channel **channel)
{
    channel_free(*channel);
    *channel = NULL;
}

static void end(struct rig *rig)
{
    hang_up(&rig->supervisor);
    assert_int_equal(pthread_join(rig->thread, NULL), 0);
    hang_up(&rig->net);
}

/* Of any kind. */
static struct frame next_of_all(struct channel *channel)
{
    struct frame frame = {0};
    struct pollfd fd = {.fd = channel_fd(channel), .events = POLLIN};
    int64_t until_ms = clock_mono_ms(&clock_real) + PATIENCE_MS;
    enum channel_state state;
    while ((state = channel_receive(channel, &frame)) == CHANNEL_IDLE) {
        assert_true(clock_mono_ms(&clock_real) < until_ms);
        (void)poll(&fd, 1, PATIENCE_MS);
    }
    assert_int_equal(state, CHANNEL_FRAME);
    return frame;
}

/* The next frame of a channel, waited for; lent until the next. That create() is done is
 * passed over. */
static struct frame next(struct channel *channel)
{
    struct frame frame = next_of_all(channel);
    while (frame.kind == MESSAGE_CREATED) {
        frame = next_of_all(channel);
    }
    return frame;
}

/* The worker is gone: nothing more comes on this channel. */
static void expect_gone(struct channel *channel)
{
    struct frame frame;
    struct pollfd fd = {.fd = channel_fd(channel), .events = POLLIN};
    int64_t until_ms = clock_mono_ms(&clock_real) + PATIENCE_MS;
    while (channel_receive(channel, &frame) != CHANNEL_CLOSED) {
        assert_true(clock_mono_ms(&clock_real) < until_ms);
        (void)poll(&fd, 1, PATIENCE_MS);
    }
}

static void expect_ready(struct rig *rig)
{
    struct frame frame = next(rig->supervisor);
    assert_int_equal(frame.kind, MESSAGE_DESCRIPTOR);
}

static void send_frame(struct channel *channel, uint32_t kind, uint64_t id,
                       struct text *payload)
{
    assert_true(channel_send(channel, kind, id, payload, -1));
    if (payload) {
        text_done(payload);
    }
}

static void tell(struct rig *rig, uint64_t id, const char *identifier, const char *word)
{
    struct text payload;
    struct name_value values[] = {{STR("url"), STR("https://shop.example.com/")},
                                  {STR("word"), str_from(word)}};
    struct worker_instance instance = {.account = STR_OF("acme"),
                                       .identifier = str_from(identifier),
                                       .parallel = 2,
                                       .options = {values, COUNT(values)}};
    text_init(&payload, WIRE_FRAME_BYTES);
    instance_put(&payload, &instance);
    send_frame(rig->supervisor, MESSAGE_INSTANCE, id, &payload);
}

static void call_instance(struct rig *rig, uint64_t instance, uint64_t id,
                          uint32_t variable, const char *key)
{
    struct text payload;
    struct call_lookup lookup = {.token = id,
                                 .variable = variable,
                                 .has_key = true,
                                 .key = str_from(key),
                                 .subject = STR("{}"),
                                 .query = STR("")};
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = instance,
                               .attempt = 1,
                               .left_ms = PATIENCE_MS,
                               .ticket = STR_OF("sixteen letters!"),
                               .trace = STR_OF("trace"),
                               .lookups = &lookup,
                               .lookup_count = 1};
    text_init(&payload, WIRE_FRAME_BYTES);
    order_put(&payload, &order);
    send_frame(rig->supervisor, MESSAGE_CALL, id, &payload);
}

static void call(struct rig *rig, uint64_t id, uint32_t variable, const char *key)
{
    call_instance(rig, INSTANCE, id, variable, key);
}

static void expect_answer(struct rig *rig, uint64_t id, const char *json)
{
    struct answer answer;
    struct frame frame = next(rig->supervisor);
    assert_int_equal(frame.kind, MESSAGE_ANSWER);
    assert_int_equal(frame.id, id);
    assert_true(answer_get(frame.payload, &answer));
    assert_int_equal(answer.token, id);
    assert_true(str_find(answer.json, str_from(json), 0) < answer.json.len);
}

static void expect_end(struct rig *rig, uint64_t id, imh_status status)
{
    struct outcome outcome;
    struct frame frame = next(rig->supervisor);
    while (frame.kind == MESSAGE_LOG && frame.id == id) {
        frame = next(rig->supervisor); /* some deeds log; a canceled one may not begin */
    }
    assert_int_equal(frame.kind, MESSAGE_END);
    assert_int_equal(frame.id, id);
    assert_true(outcome_get(frame.payload, &outcome));
    assert_int_equal(outcome.status, status);
}

static void call_and_end(struct rig *rig, uint64_t instance, uint64_t id)
{
    call_instance(rig, instance, id, STATUS, "0");
    expect_answer(rig, id, "well");
    expect_end(rig, id, IMH_OK);
}

/* One that runs, has an instance, and made it. */
static void begin_ready(struct rig *rig)
{
    begin(rig, TOLD);
    expect_ready(rig);
    tell(rig, INSTANCE, "shop", "red");
    call_and_end(rig, INSTANCE, 1);
}

/* ---- the beginning ---- */

static void it_says_what_its_plugin_declares(void **state)
{
    (void)state;
    struct rig rig;
    struct text refusal;
    struct text json;
    text_init(&refusal, REFUSAL_BYTES);
    text_init(&json, WIRE_FRAME_BYTES);
    OWN(entry) entry = entry_open(TOLD, &refusal);
    assert_non_null(entry);
    assert_true(descriptor_to_json(entry->descriptor, &json));
    begin(&rig, TOLD);
    struct frame frame = next(rig.supervisor);
    assert_int_equal(frame.kind, MESSAGE_DESCRIPTOR);
    assert_true(str_eq(frame.payload, text_str(&json)));
    end(&rig);
    text_done(&json);
    text_done(&refusal);
}

static void expect_refusal(struct channel *supervisor, const char *why)
{
    struct outcome outcome;
    struct frame frame = next(supervisor);
    assert_int_equal(frame.kind, MESSAGE_REFUSED);
    assert_true(outcome_get(frame.payload, &outcome));
    assert_int_equal(outcome.status, IMH_REJECTED);
    assert_true(str_is(outcome.text, why));
    expect_gone(supervisor);
}

static void it_says_why_a_plugin_cannot_be_used_and_ends(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, "/absent/plugin.so");
    expect_refusal(rig.supervisor, "plugin.so: No such file or directory");
    expect_gone(rig.net);
    end(&rig);
}

static atomic_uint seals;

static bool consent(struct error *error)
{
    (void)error;
    (void)atomic_fetch_add(&seals, 1);
    return true;
}

static bool object(struct error *error)
{
    return error_set(error, IMH_BROKEN, "no seal today");
}

static void it_is_sealed_before_the_plugin_is_used(void **state)
{
    (void)state;
    struct rig rig;
    struct channel *supervisor;
    int fd;
    begin_sealed(&rig, TOLD, consent);
    expect_ready(&rig);
    assert_int_equal(seals, 1);
    end(&rig);
    begin_sealed(&rig, TOLD, object);
    expect_refusal(rig.supervisor, "no seal today");
    end(&rig);
    supervisor = connect_to(&fd);
    worker_refuse("no cage today", fd);
    expect_refusal(supervisor, "no cage today");
    channel_free(supervisor);
}

/* ---- calls ---- */

static void an_instance_has_its_own_settings(void **state)
{
    (void)state;
    struct rig rig;
    begin_ready(&rig);
    tell(&rig, INSTANCE + 1, "other", "blue");
    call_instance(&rig, INSTANCE + 1, 2, ECHO, "k");
    expect_answer(&rig, 2,
                  "\"word\":\"blue\",\"created_with\":\"blue\",\"account\":\"acme\","
                  "\"identifier\":\"other\",\"key\":\"k\"");
    expect_end(&rig, 2, IMH_OK);
    call(&rig, 3, ECHO, "k");
    expect_answer(&rig, 3, "\"word\":\"red\",\"created_with\":\"red\"");
    expect_end(&rig, 3, IMH_OK);
    end(&rig);
}

static bool has_thread(int number)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d", number);
    return access(path, F_OK) == 0;
}

/* The one of this process that is none of these. */
static int find_thread(const int *known, unsigned count)
{
    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;) {
        int64_t number = 0;
        bool is_new = str_to_int64(str_from(task->d_name), 1, INT32_MAX, &number);
        for (unsigned i = 0; is_new && i < count; i++) {
            is_new = known[i] != number;
        }
        found = is_new ? (int)number : found;
    }
    (void)closedir(tasks);
    return found;
}

/* One more thread, the 65th, ends the one that ran something longest ago, and no other. */
static void beyond_64_threads_the_longest_idle_ends(void **state)
{
    (void)state;
    enum { FIRST = 100, KEPT = 64, OTHERS_MOST = 8 };
    struct rig rig;
    int others[OTHERS_MOST + KEPT];
    unsigned count = 0;
    begin(&rig, TOLD);
    expect_ready(&rig);
    for (int found; (found = find_thread(others, count)) != 0;) {
        assert_true(count < OTHERS_MOST);
        others[count++] = found;
    }
    int *lanes = &others[count];
    for (unsigned i = 0; i < KEPT; i++) {
        tell(&rig, FIRST + i, "shop", "red");
        call_and_end(&rig, FIRST + i, 1 + i);
        lanes[i] = find_thread(others, count + i);
        assert_int_not_equal(lanes[i], 0);
    }
    call_and_end(&rig, FIRST, 200);
    tell(&rig, FIRST + KEPT, "shop", "red");
    call_and_end(&rig, FIRST + KEPT, 201);
    int64_t until_ms = clock_mono_ms(&clock_real) + PATIENCE_MS;
    while (has_thread(lanes[1]) && clock_mono_ms(&clock_real) < until_ms) {
        (void)sched_yield();
    }
    for (unsigned i = 0; i < KEPT; i++) {
        assert_int_equal(has_thread(lanes[i]), i != 1);
    }
    call_and_end(&rig, FIRST + 1, 202); /* it gets another */
    end(&rig);
}

static void it_says_once_that_an_instance_was_made(void **state)
{
    (void)state;
    struct rig rig;
    begin(&rig, TOLD);
    expect_ready(&rig);
    tell(&rig, INSTANCE, "shop", "red");
    call(&rig, 1, STATUS, "0");
    struct frame frame = next_of_all(rig.supervisor);
    assert_int_equal(frame.kind, MESSAGE_CREATED);
    assert_int_equal(frame.id, 1);
    assert_int_equal(frame.payload.len, 0);
    expect_answer(&rig, 1, "well");
    expect_end(&rig, 1, IMH_OK);
    call(&rig, 2, STATUS, "0");
    assert_int_equal(next_of_all(rig.supervisor).kind, MESSAGE_ANSWER);
    expect_end(&rig, 2, IMH_OK);
    end(&rig);
}

static void a_call_may_be_canceled(void **state)
{
    (void)state;
    struct rig rig;
    begin_ready(&rig);
    call(&rig, 2, DEED, "idle");
    call(&rig, 3, DEED, "threads");
    call(&rig, 4, DEED, "idle"); /* waits for a lane */
    send_frame(rig.supervisor, MESSAGE_CANCEL, 4, NULL);
    expect_end(&rig, 4, IMH_CANCELED);
    send_frame(rig.supervisor, MESSAGE_CANCEL, 99, NULL); /* nobody's */
    send_frame(rig.supervisor, MESSAGE_CANCEL, 1, NULL);  /* over */
    send_frame(rig.supervisor, MESSAGE_CANCEL, 2, NULL);
    expect_end(&rig, 2, IMH_CANCELED);
    send_frame(rig.supervisor, MESSAGE_CANCEL, 3, NULL);
    expect_end(&rig, 3, IMH_CANCELED);
    call_and_end(&rig, INSTANCE, 5);
    end(&rig);
}

/* ---- requests ---- */

static uint64_t expect_request(struct rig *rig, const char *url)
{
    struct request request;
    struct frame frame = next(rig->net);
    assert_int_equal(frame.kind, MESSAGE_REQUEST);
    assert_true(request_get(frame.payload, &request));
    assert_true(str_is(request.url, url));
    assert_true(str_is(request.auth, "token"));
    assert_true(str_is(request.ticket, "sixteen letters!"));
    return frame.id;
}

static void reply(struct rig *rig, uint64_t id, const char *body)
{
    struct text payload;
    struct reply reply = {.outcome = {.text = STR("")},
                          .code = 200,
                          .headers = STR_OF("{}"),
                          .body = str_from(body)};
    text_init(&payload, WIRE_FRAME_BYTES);
    reply_put(&payload, &reply);
    send_frame(rig->net, MESSAGE_REPLY, id, &payload);
}

static void replies_find_their_calls(void **state)
{
    (void)state;
    struct rig rig;
    begin_ready(&rig);
    call(&rig, 2, DEED, "fetch:a");
    uint64_t a = expect_request(&rig, "a");
    call(&rig, 3, DEED, "fetch:b");
    uint64_t b = expect_request(&rig, "b");
    assert_true(a != b);
    reply(&rig, b, "\"of b\"");
    expect_answer(&rig, 3, "of b");
    expect_end(&rig, 3, IMH_OK);
    reply(&rig, b, "\"of b again\"");            /* not asked for any more */
    reply(&rig, 4711, "\"of nobody\"");          /* never asked for */
    send_frame(rig.net, MESSAGE_SPENT, a, NULL); /* no reply */
    reply(&rig, a, "\"of a\"");
    expect_answer(&rig, 2, "of a");
    expect_end(&rig, 2, IMH_OK);
    end(&rig);
}

static void a_reply_to_a_call_that_is_over_is_for_nobody(void **state)
{
    (void)state;
    struct rig rig;
    begin_ready(&rig);
    call(&rig, 2, DEED, "fetch:a");
    uint64_t a = expect_request(&rig, "a");
    send_frame(rig.supervisor, MESSAGE_CANCEL, 2, NULL);
    expect_end(&rig, 2, IMH_CANCELED);
    reply(&rig, a, "\"too late\"");
    call(&rig, 3, DEED, "fetch:b");
    reply(&rig, expect_request(&rig, "b"), "\"in time\"");
    expect_answer(&rig, 3, "in time");
    expect_end(&rig, 3, IMH_OK);
    end(&rig);
}

/* ---- the end ---- */

static void what_no_supervisor_says_ends_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct rig rig;
        struct text payload;
        begin_ready(&rig);
        text_init(&payload, 100);
        text_add_cstr(&payload, "nonsense");
        switch (i) {
        case 0:
            tell(&rig, INSTANCE, "shop", "again");
            break;
        case 1:
            call_instance(&rig, INSTANCE + 1, 2, STATUS, "0");
            break;
        case 2:
            send_frame(rig.supervisor, MESSAGE_CALL, 2, &payload);
            break;
        case 3:
            send_frame(rig.supervisor, MESSAGE_INSTANCE, 2, &payload);
            break;
        default:
            send_frame(rig.supervisor, MESSAGE_END, 1, &payload);
        }
        text_done(&payload);
        expect_gone(rig.supervisor);
        end(&rig);
    }
}

/* Also while calls run, wait for a lane and wait for replies. */
static void it_ends_when_either_side_hangs_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct rig rig;
        begin_ready(&rig);
        call(&rig, 2, DEED, "fetch:a");
        (void)expect_request(&rig, "a");
        call(&rig, 3, DEED, "idle");
        call(&rig, 4, DEED, "idle");
        hang_up(i == 0 ? &rig.supervisor : &rig.net);
        end(&rig);
    }
}

/* The host may be busy: what was said waits, and the worker lives. */
static void nothing_is_lost_when_nobody_reads_for_a_while(void **state)
{
    (void)state;
    enum { ANSWERS = 20, QUIET_MS = 500 };
    struct rig rig;
    begin_ready(&rig);
    call(&rig, 2, DEED, "flood:20:3000000");
    struct pollfd fd = {.fd = channel_fd(rig.net), .events = POLLIN};
    assert_int_equal(poll(&fd, 1, QUIET_MS), 0);
    for (unsigned i = 0; i < ANSWERS; i++) {
        expect_answer(&rig, 2, "end\"");
    }
    expect_end(&rig, 2, IMH_OK);
    end(&rig);
}

/* Lanes, replies and cancellations at once, which is what races are found with. */
static void many_calls_end_once_each(void **state)
{
    (void)state;
    enum { CALLS = 400, FIRST = 10 };
    bool ended[CALLS] = {false};
    struct rig rig;
    begin_ready(&rig);
    for (uint64_t i = 0; i < CALLS; i++) {
        call(&rig, FIRST + i, DEED, i % 4 == 0 ? "idle" : "fetch:x");
    }
    for (uint64_t i = 0; i < CALLS; i += 2) {
        send_frame(rig.supervisor, MESSAGE_CANCEL, FIRST + i, NULL);
    }
    for (unsigned left = CALLS; left > 0;) {
        struct frame frame;
        struct pollfd fds[] = {
            {.fd = channel_fd(rig.supervisor), .events = channel_events(rig.supervisor)},
            {.fd = channel_fd(rig.net), .events = channel_events(rig.net)}};
        assert_true(poll(fds, COUNT(fds), PATIENCE_MS) > 0);
        assert_true(channel_flush(rig.supervisor) && channel_flush(rig.net));
        while (channel_receive(rig.net, &frame) == CHANNEL_FRAME) {
            reply(&rig, frame.id, "1");
        }
        while (channel_receive(rig.supervisor, &frame) == CHANNEL_FRAME) {
            if (frame.kind == MESSAGE_END) {
                assert_in_range(frame.id, FIRST, FIRST + CALLS - 1);
                assert_false(ended[frame.id - FIRST]);
                ended[frame.id - FIRST] = true;
                left--;
            }
        }
    }
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_its_plugin_declares),
        cmocka_unit_test(it_says_why_a_plugin_cannot_be_used_and_ends),
        cmocka_unit_test(it_is_sealed_before_the_plugin_is_used),
        cmocka_unit_test(an_instance_has_its_own_settings),
        cmocka_unit_test(beyond_64_threads_the_longest_idle_ends),
        cmocka_unit_test(it_says_once_that_an_instance_was_made),
        cmocka_unit_test(a_call_may_be_canceled),
        cmocka_unit_test(replies_find_their_calls),
        cmocka_unit_test(a_reply_to_a_call_that_is_over_is_for_nobody),
        cmocka_unit_test(what_no_supervisor_says_ends_it),
        cmocka_unit_test(it_ends_when_either_side_hangs_up),
        cmocka_unit_test(nothing_is_lost_when_nobody_reads_for_a_while),
        cmocka_unit_test(many_calls_end_once_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
