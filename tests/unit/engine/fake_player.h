/* fake_player - a process of fake_crew.h while it plays its part. */
#ifndef TESTS_UNIT_ENGINE_FAKE_PLAYER_H
#define TESTS_UNIT_ENGINE_FAKE_PLAYER_H

#include "base/channel.h"

/* One of them, playing. */
struct player {
    char folder[4096];
    const char *plugin; /* of a worker */
    const char *word;   /* of imh-net */
    struct channel *channel;
    unsigned calls;
    uint64_t kept; /* a call that is not ended */
    bool stubborn;
    uint64_t pile[64]; /* calls that are ended together */
    unsigned piled;
};

/* Writes down what `who` was told. */
void player_note(const struct player *player, const char *who, struct text *line);

void player_say(const struct player *player, uint32_t kind, uint64_t id,
                struct text *payload);

/* What imh-net does with a frame. */
void player_as_net(struct player *player, const struct frame *frame);

#endif
