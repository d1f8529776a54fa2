#include "stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { PATIENCE_MS = 60000 };

void seen_init(struct seen *seen)
{
    *seen = (struct seen){0};
    text_init(&seen->events, 1 << 20);
    text_init(&seen->result, 1 << 20);
    for (size_t i = 0; i < COUNT(seen->heard); i++) {
        text_init(&seen->heard[i].json, 16 << 20);
        seen->heard[i].status = -1; /* nothing yet */
    }
}

void seen_done(struct seen *seen)
{
    text_done(&seen->events);
    text_done(&seen->result);
    for (size_t i = 0; i < COUNT(seen->heard); i++) {
        text_done(&seen->heard[i].json);
    }
}

static void see_answer(void *self, const struct answer *answer)
{
    struct seen *seen = self;
    struct heard *heard = &seen->heard[answer->token];
    heard->status = IMH_OK;
    heard->count++;
    text_clear(&heard->json);
    text_add(&heard->json, answer->json);
}

static void see_unanswered(void *self, const struct unanswered *unanswered)
{
    struct seen *seen = self;
    seen->heard[unanswered->token].status = unanswered->outcome.status;
    assert_true(unanswered->outcome.text.len > 0); /* there is always a reason */
    (void)snprintf(seen->text, sizeof seen->text, "%.*s",
                   STR_ARGS(unanswered->outcome.text));
    seen->after_s = unanswered->outcome.after_s;
}

static void see_event(void *self, const struct call_event *event)
{
    struct seen *seen = self;
    seen->event_count++;
    text_print(&seen->events, "%u %.*s\n", event->type, STR_ARGS(event->key));
}

static void see_cursor(void *self, const struct cursor *cursor)
{
    struct seen *seen = self;
    (void)cursor;
    seen->cursor_count++;
}

static void see_state(void *self, uint64_t call, const struct state_question *question)
{
    const struct seen *seen = self;
    struct str value = recording_state(&seen->stand->recording, question->key);
    const struct state_answer answer = {
        .number = question->number,
        .outcome = {.status = value.ptr ? IMH_OK : IMH_MISSING,
                    .text = value.ptr ? STR_OF("") : STR_OF("nothing is kept there")},
        .value = value.ptr ? value : STR_OF("")};
    supervisor_state(seen->stand->supervisor, call, &answer);
}

static void see_result(void *self, struct str json)
{
    struct seen *seen = self;
    text_clear(&seen->result);
    text_add(&seen->result, json);
}

static void see_done(void *self, const struct call_done *done)
{
    struct seen *seen = self;
    struct heard *heard = &seen->heard[done->index];
    assert_true(done->outcome.status == IMH_OK || done->outcome.text.len > 0);
    heard->status = done->outcome.status;
    heard->count++;
    (void)snprintf(seen->text, sizeof seen->text, "%.*s", STR_ARGS(done->outcome.text));
}

static void see_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct seen *seen = self;
    (void)spent;
    assert_false(seen->ended);
    seen->ended = true;
    seen->status = outcome->status;
    if (outcome->status != IMH_OK) {
        assert_true(outcome->text.len > 0);
        (void)snprintf(seen->text, sizeof seen->text, "%.*s", STR_ARGS(outcome->text));
        seen->after_s = outcome->after_s;
    }
    for (uint32_t i = 0; i < seen->lookup_count; i++) {
        struct heard *heard = &seen->heard[i];
        imh_status rest = outcome->status == IMH_OK ? IMH_MISSING : outcome->status;
        heard->status = heard->status < 0 ? rest : heard->status;
    }
    for (uint32_t i = 0; i < seen->record_count; i++) {
        struct heard *heard = &seen->heard[i];
        imh_status rest = outcome->status == IMH_OK ? IMH_RETRY : outcome->status;
        heard->status = heard->status < 0 ? rest : heard->status;
    }
}

static void start(struct stand *stand, const struct integration *integration,
                  struct call_order *order, int64_t time_ms, struct seen *seen)
{
    const struct call_watcher watcher = {.self = seen,
                                         .answer = see_answer,
                                         .unanswered = see_unanswered,
                                         .event = see_event,
                                         .cursor = see_cursor,
                                         .state = see_state,
                                         .result = see_result,
                                         .done = see_done,
                                         .end = see_end};
    seen->stand = stand;
    supervisor_call(stand->supervisor, integration, order, time_ms, &watcher);
}

void stand_start(struct stand *stand, const struct integration *integration,
                 const struct asked *asked, uint32_t count, int64_t time_ms,
                 struct seen *seen)
{
    struct call_lookup lookups[STAND_LOOKUPS_MOST];
    struct call_order order = {
        .kind = CALL_RESOLVE, .lookups = lookups, .lookup_count = count};
    assert_true(count <= COUNT(lookups));
    seen->lookup_count = count;
    for (uint32_t i = 0; i < count; i++) {
        int variable = descriptor_variable(stand->descriptor, asked[i].variable);
        assert_true(variable >= 0);
        lookups[i] = (struct call_lookup){.token = i,
                                          .variable = (uint32_t)variable,
                                          .has_key = asked[i].has_key,
                                          .key = asked[i].key,
                                          .subject = asked[i].subject,
                                          .query = STR("")};
    }
    start(stand, integration, &order, time_ms, seen);
}

void stand_wait(struct stand *stand)
{
    enum { TURN_MS = 1000 };
    int64_t until_ms = clock_mono_ms(&clock_real) + PATIENCE_MS;
    while (supervisor_is_busy(stand->supervisor)) {
        assert_true(clock_mono_ms(&clock_real) < until_ms);
        supervisor_turn(stand->supervisor, TURN_MS);
    }
}

static void finish(struct stand *stand, unsigned requests_before, struct seen *seen)
{
    stand_wait(stand);
    assert_true(seen->ended);
    seen->went_out = remote_requests(stand->remote) > requests_before;
}

void stand_ask(struct stand *stand, const struct integration *integration,
               const struct asked *asked, uint32_t count, int64_t time_ms,
               struct seen *seen)
{
    unsigned before = remote_requests(stand->remote);
    seen_init(seen);
    stand_start(stand, integration, asked, count, time_ms, seen);
    finish(stand, before, seen);
}

static void make_call(struct stand *stand, const struct integration *integration,
                      struct call_order *order, int64_t time_ms, struct seen *seen)
{
    unsigned before = remote_requests(stand->remote);
    seen_init(seen);
    start(stand, integration, order, time_ms, seen);
    finish(stand, before, seen);
}

void stand_check(struct stand *stand, const struct integration *integration,
                 int64_t time_ms, struct seen *seen)
{
    struct call_order order = {.kind = CALL_CHECK};
    make_call(stand, integration, &order, time_ms, seen);
}

void stand_poll(struct stand *stand, const struct integration *integration,
                const struct call_span *span, int64_t time_ms, struct seen *seen)
{
    struct call_order order = {.kind = CALL_POLL, .span = *span};
    make_call(stand, integration, &order, time_ms, seen);
}

struct str stand_key(const struct stand *stand, const struct integration *integration)
{
    return integration == stand->a ? STR_OF("key-of-a") : STR_OF("key-of-b");
}

void stand_run(struct stand *stand, const struct integration *integration,
               const struct run *run, int64_t time_ms, struct seen *seen)
{
    int action = descriptor_action(stand->descriptor, run->action);
    struct str key = run->key.len > 0 ? run->key : stand_key(stand, integration);
    assert_true(action >= 0);
    struct call_order order = {
        .kind = CALL_RUN,
        .action = {.action = (uint32_t)action, .args = run->args, .key = key}};
    make_call(stand, integration, &order, time_ms, seen);
}

void stand_write(struct stand *stand, const struct integration *integration,
                 const struct records *records, int64_t time_ms, struct seen *seen)
{
    struct call_record list[MESSAGE_RECORDS_MOST];
    unsigned before = remote_requests(stand->remote);
    assert_true(records->count <= COUNT(list));
    for (uint32_t i = 0; i < records->count; i++) {
        const struct write *write = &stand->recording.writes[records->writes[i]];
        list[i] =
            (struct call_record){.key = write->key, .id = STR(""), .version = STR("")};
        list[i].data = records->removes ? STR_OF("") : write->fields;
    }
    struct call_order order = {.kind = records->removes ? CALL_REMOVE : CALL_UPSERT,
                               .records = list,
                               .record_count = records->count,
                               .entity = records->entity};
    seen_init(seen);
    seen->record_count = records->count;
    start(stand, integration, &order, time_ms, seen);
    finish(stand, before, seen);
}
