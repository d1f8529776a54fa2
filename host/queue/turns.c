#include "queue/turns.h"

#include <stdlib.h>

#include "base/backoff.h"

struct party {
    struct party *next;      /* of its account, in a ring */
    struct party *next_slot; /* of the table */
    struct house *house;
    int64_t integration;
    uint32_t parallel;
    uint32_t running;
    uint32_t strikes; /* failures in a row */
    uint32_t probes;  /* failures since it seems to be down */
    int64_t ready_ms; /* when the next job is ready: calendar */
    int64_t rest_until_ms;
    bool held;
};

/* An account. */
struct house {
    struct house *next; /* in a ring */
    int64_t account;
    struct party *last; /* whose turn it was; the next one's is next */
};

enum { SLOTS = 256 };

struct turns {
    const struct clock *clock;
    uint32_t calls_most;
    uint32_t running;
    struct house *last; /* whose turn it was */
    struct party *slots[SLOTS];
};

static const struct backoff probe_rest = {TURNS_REST_FIRST_S, TURNS_REST_MOST_S};

struct turns *turns_make(const struct clock *clock, uint32_t calls_most)
{
    struct turns *turns = calloc(1, sizeof *turns);
    if (turns) {
        turns->clock = clock;
        turns->calls_most = calls_most;
    }
    return turns;
}

static void free_houses(struct turns *turns)
{
    struct house *house = turns->last ? turns->last->next : NULL;
    while (house) {
        struct house *next = house == turns->last ? NULL : house->next;
        free(house);
        house = next;
    }
}

void turns_free(struct turns *turns)
{
    for (unsigned i = 0; turns && i < SLOTS; i++) {
        while (turns->slots[i]) {
            struct party *party = turns->slots[i];
            turns->slots[i] = party->next_slot;
            free(party);
        }
    }
    if (turns) {
        free_houses(turns);
    }
    free(turns);
}

/* ---- joining ---- */

static struct party *find(const struct turns *turns, int64_t integration)
{
    struct party *party = turns->slots[(uint64_t)integration % SLOTS];
    while (party && party->integration != integration) {
        party = party->next_slot;
    }
    return party;
}

static struct house *find_house(struct turns *turns, int64_t account)
{
    struct house *house = turns->last;
    while (house && house->account != account) {
        house = house->next == turns->last ? NULL : house->next;
    }
    if (house) {
        return house;
    }
    house = calloc(1, sizeof *house);
    if (!house) {
        return NULL;
    }
    house->account = account;
    house->next = turns->last ? turns->last->next : house;
    if (turns->last) {
        turns->last->next = house;
    } else {
        turns->last = house;
    }
    return house;
}

static void enter(struct party *party, struct house *house)
{
    party->house = house;
    party->next = house->last ? house->last->next : party;
    if (house->last) {
        house->last->next = party;
    } else {
        house->last = party;
    }
}

static void leave(struct party *party)
{
    struct house *house = party->house;
    struct party *before = party;
    while (before->next != party) {
        before = before->next;
    }
    before->next = party->next;
    if (house->last == party) {
        house->last = before == party ? NULL : before;
    }
}

static struct party *make_party(struct turns *turns, int64_t integration)
{
    struct party **slot = &turns->slots[(uint64_t)integration % SLOTS];
    struct party *party = calloc(1, sizeof *party);
    if (party) {
        party->integration = integration;
        party->ready_ms = JOB_NEVER;
        party->next_slot = *slot;
        *slot = party;
    }
    return party;
}

bool turns_join(struct turns *turns, int64_t integration, int64_t account,
                uint32_t parallel, struct error *error)
{
    struct house *house = find_house(turns, account);
    struct party *party = find(turns, integration);
    if (house && !party) {
        party = make_party(turns, integration);
    }
    if (!house || !party) {
        return error_set(error, IMH_RETRY, "no memory for another integration");
    }
    party->parallel = parallel;
    if (party->house != house) {
        if (party->house) {
            leave(party);
        }
        enter(party, house);
    }
    return true;
}

/* ---- whose turn ---- */

void turns_ready(struct turns *turns, int64_t integration, int64_t ready_ms)
{
    struct party *party = find(turns, integration);
    if (party && ready_ms >= 0 && ready_ms < party->ready_ms) {
        party->ready_ms = ready_ms;
    }
}

void turns_hold(struct turns *turns, int64_t integration, bool held)
{
    struct party *party = find(turns, integration);
    if (party) {
        party->held = held;
    }
}

void turns_forgive(struct turns *turns, int64_t integration)
{
    struct party *party = find(turns, integration);
    if (party) {
        party->strikes = party->probes = 0;
        party->rest_until_ms = 0;
    }
}

static bool is_down(const struct party *party)
{
    return party->strikes >= TURNS_TRIP;
}

/* Places it has; a remote that seems to be down is asked by one call. */
static uint32_t places(const struct party *party)
{
    uint32_t most = is_down(party) && party->parallel > 1 ? 1 : party->parallel;
    return party->running < most ? most - party->running : 0;
}

static bool may_start(const struct party *party, int64_t now_ms, int64_t mono_ms)
{
    return !party->held && party->ready_ms <= now_ms && party->rest_until_ms <= mono_ms &&
           places(party) > 0;
}

/* The first of the account's, from behind the last one on. */
static struct party *next_of(const struct house *house, int64_t now_ms, int64_t mono_ms)
{
    struct party *party = house->last;
    if (!party) {
        return NULL;
    }
    do {
        party = party->next;
        if (may_start(party, now_ms, mono_ms)) {
            return party;
        }
    } while (party != house->last);
    return NULL;
}

/* What one of them may take, so that all who could start now find places: when there are
 * enough, one commit takes all that it has places for. */
static uint32_t share(const struct turns *turns, int64_t now_ms, int64_t mono_ms)
{
    uint32_t left = turns->calls_most - turns->running;
    uint32_t count = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        for (const struct party *party = turns->slots[i]; party; party = party->next_slot) {
            count += may_start(party, now_ms, mono_ms);
        }
    }
    uint32_t fair = count > 0 ? left / count : left;
    fair = fair > TURNS_AT_ONCE ? fair : TURNS_AT_ONCE;
    return fair < left ? fair : left;
}

bool turns_next(struct turns *turns, struct turn *turn)
{
    int64_t now_ms = clock_now_ms(turns->clock);
    int64_t mono_ms = clock_mono_ms(turns->clock);
    struct party *party = NULL;
    struct house *house = turns->last;
    if (!house || turns->running >= turns->calls_most) {
        return false;
    }
    do {
        house = house->next;
        party = next_of(house, now_ms, mono_ms);
    } while (!party && house != turns->last);
    if (!party) {
        return false;
    }
    uint32_t most = share(turns, now_ms, mono_ms);
    *turn = (struct turn){party->integration, places(party) < most ? places(party) : most};
    turns->last = house;
    house->last = party;
    party->running += turn->calls;
    turns->running += turn->calls;
    party->ready_ms = JOB_NEVER; /* until the store has answered */
    return true;
}

/* INT64_MAX: not before something changes. */
static int64_t wake_of(const struct party *party, int64_t now_ms, int64_t mono_ms)
{
    if (party->held || party->ready_ms == JOB_NEVER || places(party) == 0) {
        return INT64_MAX;
    }
    int64_t at_ms =
        party->ready_ms > now_ms ? mono_ms + (party->ready_ms - now_ms) : mono_ms;
    return at_ms > party->rest_until_ms ? at_ms : party->rest_until_ms;
}

int64_t turns_wake_ms(const struct turns *turns)
{
    int64_t now_ms = clock_now_ms(turns->clock);
    int64_t mono_ms = clock_mono_ms(turns->clock);
    int64_t wake_ms = INT64_MAX;
    for (unsigned i = 0; turns->running < turns->calls_most && i < SLOTS; i++) {
        for (const struct party *party = turns->slots[i]; party; party = party->next_slot) {
            int64_t at_ms = wake_of(party, now_ms, mono_ms);
            wake_ms = at_ms < wake_ms ? at_ms : wake_ms;
        }
    }
    return wake_ms;
}

/* ---- what came of it ---- */

static void give_back(struct turns *turns, struct party *party, uint32_t calls)
{
    party->running -= calls < party->running ? calls : party->running;
    turns->running -= calls < turns->running ? calls : turns->running;
}

static void rest(const struct turns *turns, struct party *party, int64_t rest_ms)
{
    int64_t until_ms = clock_mono_ms(turns->clock) + rest_ms;
    party->rest_until_ms =
        until_ms > party->rest_until_ms ? until_ms : party->rest_until_ms;
}

void turns_taken(struct turns *turns, const struct turn *turn,
                 const struct queue_take *take)
{
    struct party *party = find(turns, turn->integration);
    if (!party) {
        return;
    }
    give_back(turns, party, turn->calls - (take ? take->count : 0));
    if (!take) {
        rest(turns, party, TURNS_NAP_MS);
        party->ready_ms = 0;
        return;
    }
    party->held = party->held || take->held;
    turns_ready(turns, turn->integration, take->held ? 0 : take->next_ms);
}

/* A failure, when nothing of the call went well, is one strike. */
static void strike(const struct turns *turns, struct party *party, uint32_t dice)
{
    party->strikes++;
    if (is_down(party)) {
        party->probes++;
        rest(turns, party,
             1000 * (int64_t)backoff_rest_s(&probe_rest, party->probes, dice));
    }
}

void turns_freed(struct turns *turns, int64_t integration, uint32_t calls)
{
    struct party *party = find(turns, integration);
    if (party) {
        give_back(turns, party, calls);
        turns_ready(turns, integration, clock_now_ms(turns->clock));
    }
}

void turns_finished(struct turns *turns, int64_t integration, uint32_t calls,
                    const struct queue_effect *effect, uint32_t dice)
{
    struct party *party = find(turns, integration);
    if (!party) {
        return;
    }
    give_back(turns, party, calls);
    if (effect->served) {
        party->strikes = party->probes = 0;
    } else if (effect->struck) {
        strike(turns, party, dice);
    }
    rest(turns, party, 1000 * (int64_t)effect->rest_s);
    turns_ready(turns, integration, effect->next_ms);
}

bool turns_is_down(const struct turns *turns, int64_t integration)
{
    const struct party *party = find(turns, integration);
    return party && is_down(party);
}

uint32_t turns_running(const struct turns *turns)
{
    return turns->running;
}
