#include "fake_player.h"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "base/message.h"
#include "engine/flight.h"

/* Waits until all of it is gone: floods must not end in our own queue. */
static void send_all(const struct player *player)
{
    while (channel_waiting(player->channel) > 0) {
        struct pollfd fd = {.fd = channel_fd(player->channel), .events = POLLOUT};
        (void)poll(&fd, 1, -1);
        if (!channel_flush(player->channel)) {
            _exit(0);
        }
    }
}

static void say_line(const struct player *player, uint64_t call, size_t bytes)
{
    struct text payload;
    struct text line;
    text_init(&payload, WIRE_FRAME_BYTES);
    text_init(&line, WIRE_FRAME_BYTES);
    while (line.len < bytes) {
        text_add_char(&line, 'x');
    }
    struct log_line message = {.level = IMH_ERROR, .text = text_str(&line)};
    log_line_put(&payload, &message);
    player_say(player, MESSAGE_LOG, call, &payload);
    text_done(&line);
    text_done(&payload);
    send_all(player);
}

static void chatter(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    for (unsigned i = 0; i < 2 * FLIGHT_LINES_MOST; i++) {
        say_line(player, call, 10);
    }
    player_answer(player, call, lookup, "{\"key\":\"chatter\"}", 0);
}

static void flood(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)lookup;
    for (;;) {
        say_line(player, call, 1);
    }
}

static void gush(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)lookup;
    for (;;) {
        say_line(player, call, 4 << 20);
    }
}

static void repeat(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    for (;;) {
        player_answer(player, call, lookup, "{\"key\":\"repeat\"}", 0);
        send_all(player);
    }
}

/* Of a call that has none. */
static void end_record(struct player *player, uint64_t call,
                       const struct call_lookup *lookup)
{
    struct text payload;
    const struct call_done done = {
        .outcome = {.text = STR("")}, .id = STR(""), .version = STR("")};
    (void)lookup;
    text_init(&payload, WIRE_FRAME_BYTES);
    done_put(&payload, &done);
    player_say(player, MESSAGE_DONE, call, &payload);
    text_done(&payload);
    player->kept = call;
}

/* As only a daemon may. */
static void answer_as_kept(struct player *player, uint64_t call,
                           const struct call_lookup *lookup, int64_t age_ms, bool is_old)
{
    struct text payload;
    const struct answer answer = {.token = lookup->token,
                                  .json = STR("1"),
                                  .tag = STR(""),
                                  .age_ms = age_ms,
                                  .is_old = is_old};
    text_init(&payload, WIRE_FRAME_BYTES);
    answer_put(&payload, &answer);
    player_say(player, MESSAGE_ANSWER, call, &payload);
    text_done(&payload);
    player->kept = call;
}

static void tell_age(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    answer_as_kept(player, call, lookup, 1, false);
}

static void tell_old(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    answer_as_kept(player, call, lookup, 0, true);
}

static void miss_of_age(struct player *player, uint64_t call,
                        const struct call_lookup *lookup)
{
    struct text payload;
    const struct unanswered unanswered = {
        .token = lookup->token, .outcome = {IMH_MISSING, 0, STR("")}, .age_ms = -1};
    text_init(&payload, WIRE_FRAME_BYTES);
    unanswered_put(&payload, &unanswered);
    player_say(player, MESSAGE_UNANSWERED, call, &payload);
    text_done(&payload);
    player->kept = call;
}

static void send_nonsense(struct player *player, uint64_t call,
                          const struct call_lookup *lookup)
{
    static const char nonsense[WIRE_HEADER_BYTES] = "\xff\xff\xff\xff nonsense";
    (void)lookup;
    (void)!write(channel_fd(player->channel), nonsense, sizeof nonsense);
    player->kept = call;
}

static void *sleep_for_ever(void *self)
{
    while (pause() < 0) {
    }
    return self;
}

static void swarm(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    pthread_attr_t attributes;
    pthread_t thread;
    (void)lookup;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, 64 << 10);
    for (unsigned i = 0; i <= THREADS_MOST; i++) {
        (void)pthread_create(&thread, &attributes, sleep_for_ever, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
    player->kept = call;
}

bool player_is_hostile(struct player *player, uint64_t call,
                       const struct call_lookup *lookup)
{
    static const struct {
        const char *key;
        void (*act)(struct player *player, uint64_t call, const struct call_lookup *lookup);
    } deeds[] = {{"chatter", chatter},
                 {"flood", flood},
                 {"gush", gush},
                 {"repeat", repeat},
                 {"nonsense", send_nonsense},
                 {"swarm", swarm},
                 {"record", end_record},
                 {"age", tell_age},
                 {"old", tell_old},
                 {"missed", miss_of_age}};
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (lookup->has_key && str_is(lookup->key, deeds[i].key)) {
            deeds[i].act(player, call, lookup);
            return true;
        }
    }
    return false;
}
