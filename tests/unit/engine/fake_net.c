#include "fake_player.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"

static void note_auth(const struct remote_auth *auth, struct text *line)
{
    const struct str values[] = {auth->user, auth->secret, auth->token_option,
                                 auth->token_url};
    text_print(line, " auth=%.*s:%u", STR_ARGS(auth->name), auth->type);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        text_print(line, ":%.*s", STR_ARGS(values[i]));
    }
}

static void note_remote(const struct player *player, const struct frame *frame)
{
    struct arena arena;
    struct text line;
    struct remote remote;
    arena_init(&arena, 4096, 0);
    text_init(&line, 64 << 10);
    if (!remote_get(frame->payload, &arena, &remote)) {
        _exit(98);
    }
    text_print(&line, "remote %.*s/%.*s parallel=%u rate=%u timeout=%u private=%d",
               STR_ARGS(remote.account), STR_ARGS(remote.identifier), remote.parallel,
               remote.rate_a_minute, remote.timeout_ms, remote.allow_private);
    for (uint32_t i = 0; i < remote.address_count; i++) {
        text_print(&line, " to=%.*s", STR_ARGS(remote.addresses[i]));
    }
    for (uint32_t i = 0; i < remote.auth_count; i++) {
        note_auth(&remote.auths[i], &line);
    }
    text_add_char(&line, '\n');
    player_note(player, "net", &line);
    text_done(&line);
    arena_done(&arena);
}

static void tell_spent(struct player *player, const struct frame *frame)
{
    struct spent spent = {.requests = 2,
                          .unsafe = strcmp(player->word, "unsafe") == 0,
                          .done = strcmp(player->word, "done") == 0};
    struct text payload;
    if (strcmp(player->word, "deaf") == 0) {
        return;
    }
    text_init(&payload, 4096);
    spent_put(&payload, &spent);
    player_say(player, MESSAGE_SPENT, frame->id, &payload);
    text_done(&payload);
}

/* "renews": the token of integration 7 has a new value; "renews nobody": that of 8. */
static void tell_secret(struct player *player)
{
    static const struct renewal secret = {STR("token"), STR("n3w-s3cret")};
    bool nobody = strcmp(player->word, "renews nobody") == 0;
    struct text payload;
    if (!nobody && strcmp(player->word, "renews") != 0) {
        return;
    }
    text_init(&payload, 4096);
    renewal_put(&payload, &secret);
    player_say(player, MESSAGE_SECRET, nobody ? 8 : 7, &payload);
    text_done(&payload);
}

/* First one that there never was, then the last worker. */
static void tell_lost(const struct player *player)
{
    static const struct outcome lost = {.status = IMH_BROKEN, .text = STR("it was a test")};
    struct text payload;
    text_init(&payload, 4096);
    outcome_put(&payload, &lost);
    player_say(player, MESSAGE_LOST, player->worker + 1000, &payload);
    text_clear(&payload);
    outcome_put(&payload, &lost);
    player_say(player, MESSAGE_LOST, player->worker, &payload);
    text_done(&payload);
}

/* The workers see its end before the supervisor does. */
static void fade(void)
{
    enum { FADING_MS = 50 };
    (void)poll(NULL, 0, FADING_MS);
    _exit(4);
}

void player_as_net(struct player *player, const struct frame *frame)
{
    if (frame->kind == MESSAGE_WORKER) {
        (void)close(channel_take_file(player->channel));
        player->worker = frame->id;
    } else if (frame->kind == MESSAGE_REMOTE) {
        note_remote(player, frame);
    } else if (frame->kind == MESSAGE_TICKET && strcmp(player->word, "dares") == 0) {
        player_say(player, MESSAGE_UNSAFE, frame->id, NULL);
        _exit(4);
    } else if (frame->kind == MESSAGE_TICKET && strcmp(player->word, "leaves") == 0) {
        _exit(4);
    } else if (frame->kind == MESSAGE_TICKET && strcmp(player->word, "fades") == 0) {
        fade();
    } else if (frame->kind == MESSAGE_TICKET && strcmp(player->word, "loses") == 0) {
        tell_lost(player);
    } else if (frame->kind == MESSAGE_TICKET_END) {
        tell_secret(player);
        tell_spent(player, frame);
    }
}
