#include "net/gate_rest.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* "2026-11-28 12:03:04 UTC", so many seconds from now. */
static void write_until(uint32_t left_s, char *text, size_t bytes)
{
    time_t seconds = (time_t)(clock_now_ms(&clock_real) / 1000 + left_s);
    struct tm utc;
    if (!gmtime_r(&seconds, &utc) ||
        !strftime(text, bytes, "%Y-%m-%d %H:%M:%S UTC", &utc)) {
        (void)snprintf(text, bytes, "%u s from now", left_s);
    }
}

enum breaker_word rest_asks(const struct gate_remote *remote, uint64_t call, int64_t now_ms,
                            struct error *error)
{
    enum breaker_word word = breaker_asks(&remote->breaker, call, now_ms);
    uint32_t left_s = breaker_left_s(&remote->breaker, now_ms);
    char until[40];
    if (word == BREAKER_STOP) {
        write_until(left_s, until, sizeof until);
        (void)error_set(error, IMH_WAIT, "'%.*s' is left alone until %s, after %s",
                        STR_ARGS(remote->remote.identifier), until, remote->rest_why.text);
        error->after_s = left_s;
    }
    return word;
}

/* Tells the supervisor that a remote is left alone, or that it answers again (IMH_OK). */
static void tell(struct gate *gate, const struct gate_remote *remote, int64_t now_ms)
{
    bool open = breaker_is_open(&remote->breaker);
    struct outcome outcome = {.status = open ? IMH_WAIT : IMH_OK,
                              .after_s =
                                  open ? breaker_left_s(&remote->breaker, now_ms) : 0,
                              .text = str_from(open ? remote->rest_why.text : "")};
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    outcome_put(&payload, &outcome);
    (void)channel_send(gate->supervisor, MESSAGE_REST, remote->instance, &payload, -1);
    text_done(&payload);
}

/* Without the half of its time an answer can be late, and the remote not be slow. */
static enum breaker_result result_of(const struct query *query,
                                     const struct http_reply *got)
{
    bool timely = query->time_ms >= query->ticket->remote->remote.timeout_ms / 2;
    bool failed = got->status == IMH_RETRY || got->status == IMH_UNKNOWN;
    if (got->code == 0) {
        return failed && timely ? BREAKER_FAILED : BREAKER_NOTHING;
    }
    bool busy = got->status == IMH_WAIT && got->after_s == 0;
    return failed || busy ? BREAKER_FAILED : BREAKER_WELL;
}

static void note_why(struct gate_remote *remote, const struct rest_met *met)
{
    if (met->after_s > 0) {
        (void)error_set(&remote->rest_why, IMH_WAIT, "it asked for %u s of rest: %s",
                        met->after_s, met->sentence);
    } else {
        (void)error_set(&remote->rest_why, IMH_WAIT, "%u failures in a row, the last: %s",
                        remote->breaker.failures, met->sentence);
    }
}

void rest_take(struct gate *gate, struct gate_remote *remote, const struct rest_met *met,
               int64_t now_ms)
{
    int64_t before_ms = remote->breaker.until_ms;
    breaker_end(&remote->breaker, met->tried, met->result, now_ms);
    if (met->asked) {
        breaker_rest(&remote->breaker, met->after_s, now_ms);
    }
    bool changed = remote->breaker.until_ms != before_ms;
    if (met->after_s > 0 || changed) {
        note_why(remote, met);
    }
    if (changed) {
        tell(gate, remote, now_ms);
    }
}

void rest_start(struct query *query)
{
    query->tries = breaker_start(&query->ticket->remote->breaker, query->ticket->call);
}

void rest_end(struct query *query, const struct http_reply *got, const char *sentence,
              int64_t now_ms)
{
    const struct rest_met met = {.tried = query->tries,
                                 .result = result_of(query, got),
                                 .asked = got->status == IMH_WAIT,
                                 .after_s = got->after_s,
                                 .sentence = sentence};
    query->tries = false;
    rest_take(query->gate, query->ticket->remote, &met, now_ms);
}

void rest_drop(struct query *query, int64_t now_ms)
{
    breaker_end(&query->ticket->remote->breaker, query->tries, BREAKER_NOTHING, now_ms);
    query->tries = false;
}

void rest_settle(struct gate_remote *remote)
{
    remote->breaker = (struct breaker){.asked_ms = remote->breaker.asked_ms};
}
