#include "plugin/instance.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the plugin's functions do is said by the test; what they did is read by it when the
 * call is over. */
static struct stage {
    sem_t entered, leave;     /* resolve_many, when it `holds` */
    bool holds, creates_held; /* and create */
    imh_status created, resolved;
    atomic_uint creates, destroys, resolves;
    imh_status at_create, at_destroy; /* of a request there */
    int64_t left_at_create, left_at_destroy;
    _Atomic int64_t left_at_resolve; /* several at once */
    void *destroyed;
} stage;

static void hold(void)
{
    (void)sem_post(&stage.entered);
    while (sem_wait(&stage.leave) != 0 && errno == EINTR) {
    }
}

static imh_status try_request(imh_call *call)
{
    const imh_reply *reply;
    return imh_get(call, imh_text("x"), NULL, &reply);
}

static imh_status create(imh_call *call, void **self)
{
    if (stage.creates_held) {
        hold();
    }
    *self = &stage;
    stage.left_at_create = call->host->left_ms(call);
    (void)atomic_fetch_add(&stage.creates, 1);
    stage.at_create = try_request(call);
    return stage.created
               ? (call->host->fail)(call, stage.created, 0, imh_text("no instance today"))
               : IMH_OK;
}

static void destroy(void *self, imh_call *call)
{
    stage.destroyed = self;
    stage.left_at_destroy = call->host->left_ms(call);
    stage.at_destroy = try_request(call);
    imh_log(call, IMH_INFO, "%s of %s ends", call->identifier.ptr, call->account.ptr);
    (void)call->host->alloc(call, 100);
    (void)atomic_fetch_add(&stage.destroys, 1);
}

static imh_status resolve_many(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count)
{
    (void)self;
    (void)lookups;
    (void)count;
    (void)atomic_fetch_add(&stage.resolves, 1);
    if (stage.holds) {
        hold();
    }
    int64_t left_ms = call->host->left_ms(call);
    stage.left_at_resolve = left_ms;
    return left_ms > 0 ? stage.resolved : IMH_CANCELED;
}

/* ---- the rig: an instance and the main thread's end ---- */

struct rig {
    struct entry entry;
    struct inbox *outbox;
    struct instance *instance;
};

static void make(struct rig *rig, uint32_t flags, uint32_t parallel)
{
    memset(&stage, 0, sizeof stage);
    assert_int_equal(sem_init(&stage.entered, 0, 0), 0);
    assert_int_equal(sem_init(&stage.leave, 0, 0), 0);
    rig->entry = rig_entry(flags);
    rig->entry.plugin.create = create;
    rig->entry.plugin.destroy = destroy;
    rig->entry.plugin.resolve_many = resolve_many;
    rig->outbox = inbox_make();
    rig->instance = rig_instance(&rig->entry, parallel, rig->outbox);
}

static void free_parcels(struct inbox *outbox)
{
    for (struct inbox_item *item; (item = inbox_take(outbox)) != NULL;) {
        struct parcel *parcel = (struct parcel *)item;
        if (parcel->kind == PARCEL_OVER) {
            call_free(parcel->call);
        }
        parcel_free(parcel);
    }
}

static void done(struct rig *rig)
{
    if (rig->instance) {
        instance_free(rig->instance);
    }
    free_parcels(rig->outbox);
    inbox_free(rig->outbox);
    (void)sem_destroy(&stage.entered);
    (void)sem_destroy(&stage.leave);
}

static struct call *start(struct rig *rig, uint64_t id)
{
    struct call *call = rig_call(id, 1, RIG_PATIENCE_MS);
    instance_run(rig->instance, call);
    return call;
}

static void wait_entered(void)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RIG_PATIENCE_MS / 1000;
    assert_int_equal(sem_timedwait(&stage.entered, &until), 0);
}

static bool has_entered(void)
{
    return sem_trywait(&stage.entered) == 0;
}

static void let_leave(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)sem_post(&stage.leave);
    }
}

/* The end of whichever call ends first. */
static struct error end_any(struct rig *rig)
{
    struct parcel *parcel = rig_parcel_of(rig->outbox, PARCEL_OVER);
    struct error error = {.text = ""};
    struct outcome outcome;
    assert_true(outcome_get(text_str(&parcel->payload), &outcome));
    (void)error_set(&error, outcome.status, "%.*s", STR_ARGS(outcome.text));
    instance_over(rig->instance, parcel->call);
    call_free(parcel->call);
    parcel_free(parcel);
    return error;
}

static void expect_end(struct rig *rig, const struct call *call, imh_status status,
                       const char *text)
{
    struct error error = rig_end(rig->instance, rig->outbox, call);
    assert_int_equal(error.status, status);
    assert_string_equal(error.text, text);
}

/* ---- settings ---- */

static void settings_are_read_by_name(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    assert_int_equal(instance_id(rig.instance), RIG_INSTANCE);
    assert_ptr_equal(instance_plugin(rig.instance), &rig.entry.plugin);
    struct str url = instance_option(rig.instance, STR_OF("url"));
    assert_string_equal(url.ptr, "https://shop.example.com/"); /* with its zero */
    assert_int_equal(instance_option(rig.instance, STR_OF("absent")).len, 0);
    assert_null(instance_make(1, &rig.entry, STR_OF("nonsense"), rig.outbox));
    done(&rig);
}

/* ---- lanes ---- */

static void calls_of_a_plain_plugin_never_overlap(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 4);
    stage.holds = true;
    struct call *calls[] = {start(&rig, 1), start(&rig, 2), start(&rig, 3)};
    for (size_t i = 0; i < COUNT(calls); i++) {
        wait_entered();
        assert_false(has_entered());
        assert_int_equal(stage.resolves, i + 1);
        let_leave(1);
        expect_end(&rig, calls[i], IMH_OK, ""); /* in the order they came */
    }
    done(&rig);
}

static void concurrent_calls_are_as_many_as_allowed(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, IMH_CONCURRENT, 2);
    struct call *first = start(&rig, 1); /* it creates; the others wait for that */
    expect_end(&rig, first, IMH_OK, "");
    stage.holds = true;
    for (uint64_t i = 2; i < 5; i++) {
        (void)start(&rig, i);
    }
    wait_entered();
    wait_entered();
    assert_int_equal(stage.resolves, 3);
    let_leave(1);
    assert_int_equal(end_any(&rig).status, IMH_OK);
    wait_entered(); /* the third has the lane that is free now */
    let_leave(2);
    assert_int_equal(end_any(&rig).status, IMH_OK);
    assert_int_equal(end_any(&rig).status, IMH_OK);
    done(&rig);
}

static void the_first_call_creates_and_the_others_wait_for_it(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, IMH_CONCURRENT, 4);
    stage.creates_held = true;
    for (uint64_t i = 1; i <= 4; i++) {
        (void)start(&rig, i);
    }
    wait_entered();
    assert_false(has_entered());
    let_leave(1);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(end_any(&rig).status, IMH_OK);
    }
    assert_int_equal(stage.creates, 1);
    assert_int_equal(stage.destroys, 0);
    done(&rig);
    assert_int_equal(stage.destroys, 1);
    assert_ptr_equal(stage.destroyed, &stage);
}

static void a_failed_create_is_destroyed_and_tried_again(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, IMH_CONCURRENT, 4);
    stage.created = IMH_REJECTED;
    struct call *call = start(&rig, 1);
    parcel_free(rig_parcel_of(rig.outbox, PARCEL_FRAME)); /* destroy() logs */
    expect_end(&rig, call, IMH_REJECTED, "no instance today");
    assert_int_equal(stage.destroys, 1);
    assert_ptr_equal(stage.destroyed, &stage);
    assert_int_equal(stage.resolves, 0);
    stage.created = IMH_OK;
    expect_end(&rig, start(&rig, 2), IMH_OK, "");
    assert_int_equal(stage.creates, 2);
    done(&rig);
    assert_int_equal(stage.destroys, 2);
}

static void create_has_a_second_of_the_call_and_the_rest_is_left(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    expect_end(&rig, start(&rig, 1), IMH_OK, "");
    assert_in_range(stage.left_at_create, 1, CALL_CREATE_MS);
    assert_in_range(stage.left_at_resolve, CALL_CREATE_MS + 1, RIG_PATIENCE_MS);
    done(&rig);
}

static void a_create_that_runs_out_of_its_time_is_told_so(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    stage.created = IMH_CANCELED; /* as by who asks for the time left, and has none */
    struct call *call = start(&rig, 1);
    parcel_free(rig_parcel_of(rig.outbox, PARCEL_FRAME)); /* destroy() logs */
    expect_end(&rig, call, IMH_BROKEN, "create() of the plugin did not end within 1 s");
    done(&rig);
}

static void what_was_never_created_is_not_destroyed(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    done(&rig);
    assert_int_equal(stage.destroys, 0);
}

static void create_and_destroy_have_every_service_but_no_network(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    expect_end(&rig, start(&rig, 1), IMH_OK, "");
    assert_int_equal(stage.at_create, IMH_BROKEN);
    instance_free(rig.instance);
    rig.instance = NULL;
    assert_int_equal(stage.destroys, 1);
    assert_int_equal(stage.at_destroy, IMH_CANCELED);
    assert_true(stage.left_at_destroy <= 0);
    struct parcel *parcel = rig_parcel_of(rig.outbox, PARCEL_FRAME); /* the log line */
    struct log_line line;
    assert_true(log_line_get(text_str(&parcel->payload), &line));
    assert_true(str_is(line.text, "shop of acme ends"));
    parcel_free(parcel);
    assert_null(inbox_take(rig.outbox)); /* no request */
    done(&rig);
}

/* ---- canceling ---- */

static void a_waiting_call_is_handed_back(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    stage.holds = true;
    struct call *running = start(&rig, 1);
    struct call *waiting = start(&rig, 2);
    struct call *last = start(&rig, 3);
    wait_entered();
    assert_null(instance_cancel(rig.instance, 4));
    assert_ptr_equal(instance_cancel(rig.instance, 3), last); /* the end of the list */
    call_free(last);
    assert_ptr_equal(instance_cancel(rig.instance, 2), waiting);
    call_free(waiting);
    struct call *later = start(&rig, 5);
    let_leave(2);
    expect_end(&rig, running, IMH_OK, "");
    expect_end(&rig, later, IMH_OK, "");
    assert_int_equal(stage.resolves, 2);
    done(&rig);
}

static void a_running_call_has_no_time_left(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    stage.holds = true;
    struct call *call = start(&rig, 1);
    wait_entered();
    assert_null(instance_cancel(rig.instance, 1));
    let_leave(1);
    expect_end(&rig, call, IMH_CANCELED, "the call was canceled, or its time was over");
    struct call *next = start(&rig, 2); /* the cancellation was not for this one */
    let_leave(1);
    expect_end(&rig, next, IMH_OK, "");
    done(&rig);
}

/* The main thread does not know yet that the call is over; the next one may even lie where
 * it lay. */
static void a_cancellation_after_the_end_hits_nobody(void **state)
{
    (void)state;
    enum { ROUNDS = 300 };
    struct rig rig;
    make(&rig, 0, 1);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct call *call = start(&rig, i);
        struct parcel *over = rig_parcel_of(rig.outbox, PARCEL_OVER);
        assert_null(instance_cancel(rig.instance, i));
        inbox_put(rig.outbox, &over->item);
        expect_end(&rig, call, IMH_OK, "");
    }
    done(&rig);
}

/* At any moment of its life: it ends once, as one or the other. */
static void a_cancellation_may_come_at_any_moment(void **state)
{
    (void)state;
    enum { ROUNDS = 1000, SPREAD = 50 };
    struct rig rig;
    unsigned canceled = 0;
    make(&rig, IMH_CONCURRENT, 2);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct call *call = start(&rig, i);
        for (volatile uint64_t turns = i % SPREAD * SPREAD; turns > 0; turns--) {
        }
        struct call *waiting = instance_cancel(rig.instance, i);
        assert_null(waiting); /* a lane was free */
        struct error error = rig_end(rig.instance, rig.outbox, call);
        assert_true(error.status == IMH_OK || error.status == IMH_CANCELED);
        canceled += error.status == IMH_CANCELED;
        assert_null(inbox_take(rig.outbox));
    }
    assert_true(canceled > 0);
    done(&rig);
}

/* ---- replies ---- */

static imh_status ask_remote(void *self, imh_call *call, const imh_lookup *const *lookups,
                             uint32_t count)
{
    (void)self;
    (void)lookups;
    (void)count;
    return try_request(call);
}

static void put_reply(struct rig *rig, struct call *call)
{
    struct reply reply = {.outcome = {.text = STR("")}, .code = 200};
    struct parcel *parcel = parcel_make(PARCEL_REPLY, call);
    assert_non_null(parcel);
    reply_put(&parcel->payload, &reply);
    instance_reply(rig->instance, parcel);
}

static struct call *asking(struct rig *rig)
{
    struct parcel *request = rig_parcel_of(rig->outbox, PARCEL_REQUEST);
    struct call *call = request->call;
    parcel_free(request);
    return call;
}

static void a_reply_finds_its_call(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, IMH_CONCURRENT, 2);
    expect_end(&rig, start(&rig, 0), IMH_OK, "");
    rig.entry.plugin.resolve_many = ask_remote;
    (void)start(&rig, 1);
    (void)start(&rig, 2);
    struct call *one = asking(&rig);
    struct call *other = asking(&rig);
    put_reply(&rig, other);
    expect_end(&rig, other, IMH_OK, "");
    put_reply(&rig, one);
    expect_end(&rig, one, IMH_OK, "");
    done(&rig);
}

static void a_cancellation_wakes_a_call_that_waits_for_its_reply(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    rig.entry.plugin.resolve_many = ask_remote;
    struct call *call = start(&rig, 1);
    assert_ptr_equal(asking(&rig), call);
    assert_null(instance_cancel(rig.instance, 1));
    expect_end(&rig, call, IMH_CANCELED, "no time left for an answer");
    done(&rig);
}

static void a_reply_after_the_end_hits_nobody(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    struct call *call = start(&rig, 1);
    struct parcel *over = rig_parcel_of(rig.outbox, PARCEL_OVER);
    put_reply(&rig, call); /* its lane is done with it, the main thread does not know */
    inbox_put(rig.outbox, &over->item);
    expect_end(&rig, call, IMH_OK, "");
    expect_end(&rig, start(&rig, 2), IMH_OK, "");
    call = rig_call(3, 1, RIG_PATIENCE_MS);
    put_reply(&rig, call); /* of no lane */
    call_free(call);
    done(&rig);
}

/* ---- the end ---- */

static void running_calls_end_and_waiting_ones_are_dropped(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, IMH_CONCURRENT, 2);
    expect_end(&rig, start(&rig, 0), IMH_OK, "");
    rig.entry.plugin.resolve_many = ask_remote;
    for (uint64_t i = 1; i <= 5; i++) {
        (void)start(&rig, i);
    }
    (void)asking(&rig);
    (void)asking(&rig);
    instance_free(rig.instance); /* comes back although no reply ever came */
    rig.instance = NULL;
    assert_int_equal(stage.destroys, 1);
    for (unsigned ended = 0; ended < 2;) {
        struct parcel *parcel = rig_parcel(rig.outbox);
        struct outcome outcome;
        if (parcel->kind == PARCEL_OVER) {
            assert_true(outcome_get(text_str(&parcel->payload), &outcome));
            assert_int_equal(outcome.status, IMH_CANCELED);
            call_free(parcel->call);
            ended++;
        }
        parcel_free(parcel);
    }
    done(&rig);
}

static imh_status look_at_the_time(void *self, imh_call *call,
                                   const imh_lookup *const *lookups, uint32_t count)
{
    (void)self;
    (void)lookups;
    (void)count;
    (void)sem_post(&stage.entered);
    while (call->host->left_ms(call) > 0) {
        (void)poll(NULL, 0, 1);
    }
    return IMH_OK;
}

/* It asks for the time, and nothing else would tell it. */
static void a_call_that_computes_sees_the_end(void **state)
{
    (void)state;
    struct rig rig;
    make(&rig, 0, 1);
    rig.entry.plugin.resolve_many = look_at_the_time;
    (void)start(&rig, 1);
    wait_entered();
    instance_free(rig.instance);
    rig.instance = NULL;
    done(&rig);
}

/* A stop may come before the lane has begun, while it runs, and when it is done. */
static void an_instance_may_end_at_any_moment(void **state)
{
    (void)state;
    enum { ROUNDS = 300, SPREAD = 30 };
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct rig rig;
        make(&rig, IMH_CONCURRENT, 2);
        (void)start(&rig, 1);
        (void)start(&rig, 2);
        for (volatile uint64_t turns = i % SPREAD * SPREAD; turns > 0; turns--) {
        }
        done(&rig);
        assert_int_equal(stage.creates, stage.destroys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_are_read_by_name),
        cmocka_unit_test(calls_of_a_plain_plugin_never_overlap),
        cmocka_unit_test(concurrent_calls_are_as_many_as_allowed),
        cmocka_unit_test(the_first_call_creates_and_the_others_wait_for_it),
        cmocka_unit_test(a_failed_create_is_destroyed_and_tried_again),
        cmocka_unit_test(create_has_a_second_of_the_call_and_the_rest_is_left),
        cmocka_unit_test(a_create_that_runs_out_of_its_time_is_told_so),
        cmocka_unit_test(what_was_never_created_is_not_destroyed),
        cmocka_unit_test(create_and_destroy_have_every_service_but_no_network),
        cmocka_unit_test(a_waiting_call_is_handed_back),
        cmocka_unit_test(a_running_call_has_no_time_left),
        cmocka_unit_test(a_cancellation_after_the_end_hits_nobody),
        cmocka_unit_test(a_cancellation_may_come_at_any_moment),
        cmocka_unit_test(a_reply_finds_its_call),
        cmocka_unit_test(a_cancellation_wakes_a_call_that_waits_for_its_reply),
        cmocka_unit_test(a_reply_after_the_end_hits_nobody),
        cmocka_unit_test(running_calls_end_and_waiting_ones_are_dropped),
        cmocka_unit_test(a_call_that_computes_sees_the_end),
        cmocka_unit_test(an_instance_may_end_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
