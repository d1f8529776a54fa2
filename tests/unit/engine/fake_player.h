/* fake_player - a process of fake_crew.h while it plays its part. */
#ifndef TESTS_UNIT_ENGINE_FAKE_PLAYER_H
#define TESTS_UNIT_ENGINE_FAKE_PLAYER_H

#include "base/channel.h"
#include "base/message.h"

/* One of them, playing. */
struct player {
    char folder[4096];
    const char *plugin; /* of a worker */
    const char *word;   /* of imh-net */
    struct channel *channel;
    uint64_t worker; /* the last that imh-net was told about */
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

void player_answer(struct player *player, uint64_t call, const struct call_lookup *lookup,
                   const char *json, uint32_t ttl_s);

/* What a hostile worker does by the lookup's key; false when that is none of its deeds. */
bool player_is_hostile(struct player *player, uint64_t call,
                       const struct call_lookup *lookup);

/* What imh-net does with a frame. */
void player_as_net(struct player *player, const struct frame *frame);

#endif
