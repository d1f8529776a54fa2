#include "app/relay.h"

#include <stdlib.h>

#include "app/relay_inside.h"

/* An errand that asks for values. */
struct asking {
    struct asking *next;
    struct relay_who who;
    int64_t deadline_ms; /* monotonic: for what others asked for */
    bool calling;        /* a call of its own is under way; that has a deadline itself */
    struct spent spent;
    uint32_t waiting; /* lookups that are not told yet */
    uint32_t count;
    struct kept_wait waits[];
};

/* A call for what is not kept. */
struct seeking {
    struct seeking *next;
    struct relay *relay;
    struct asking *asking;                 /* whose it is; NULL: that one went away */
    const struct integration *integration; /* lent: its site stays until the call is over */
    const struct descriptor *descriptor;
    uint32_t count;
    struct kept_entry *entries[]; /* NULL: told */
};

/* ---- the end of an errand ---- */

static void free_asking(struct asking *asking)
{
    struct relay *relay = asking->who.daemon->relay;
    struct asking **at = &relay->askings;
    while (*at != asking) {
        at = &(*at)->next;
    }
    *at = asking->next;
    relay->count--;
    free(asking);
}

static void end_if_told(struct asking *asking)
{
    if (asking->waiting == 0 && !asking->calling) {
        const struct errand_end end = {.outcome = {.text = STR("")},
                                       .spent = asking->spent};
        relay_send_end(&asking->who, &end);
        free_asking(asking);
    }
}

static void leave(struct asking *asking)
{
    for (uint32_t i = 0; i < asking->count; i++) {
        if (asking->waits[i].entry) {
            kept_leave(&asking->waits[i]);
        }
    }
}

/* ---- telling ---- */

/* An older answer does not end the waiting: what follows it does. */
static void show_older(const struct kept_wait *waits, const struct answer *older)
{
    for (const struct kept_wait *at = waits; at; at = at->next) {
        const struct asking *asking = at->self;
        struct answer answer = *older;
        answer.token = at->token;
        relay_send_answer(&asking->who, &answer);
    }
}

static void tell_answer(struct kept_wait *waits, const struct answer *given)
{
    while (waits) {
        struct asking *asking = waits->self;
        struct answer answer = *given;
        answer.token = waits->token;
        waits = waits->next;
        relay_send_answer(&asking->who, &answer);
        asking->waiting--;
        end_if_told(asking);
    }
}

static void tell_unanswered(struct kept_wait *waits, const struct outcome *outcome)
{
    while (waits) {
        struct asking *asking = waits->self;
        const struct unanswered unanswered = {.token = waits->token, .outcome = *outcome};
        waits = waits->next;
        relay_send_unanswered(&asking->who, &unanswered);
        asking->waiting--;
        end_if_told(asking);
    }
}

/* ---- what comes of a call ---- */

static uint32_t declared_s(const struct seeking *seeking, const struct kept_entry *entry)
{
    return seeking->descriptor->variables[entry->question.variable].ttl_s;
}

/* The entry of that number, once; NULL: it was told. */
static struct kept_entry *take_entry(struct seeking *seeking, uint64_t number)
{
    struct kept_entry *entry = seeking->entries[number];
    seeking->entries[number] = NULL;
    return entry;
}

static void take_answer(void *self, const struct answer *answer)
{
    struct seeking *seeking = self;
    struct kept_entry *entry = take_entry(seeking, answer->token);
    if (entry) {
        int64_t ttl_s =
            question_ttl_s(seeking->integration, declared_s(seeking, entry), answer->ttl_s);
        tell_answer(kept_answer(seeking->relay->kept, entry, answer, ttl_s), answer);
    }
}

static void miss(struct seeking *seeking, struct kept_entry *entry)
{
    const struct outcome missing = {.status = IMH_MISSING, .text = STR("")};
    int64_t ttl_s =
        question_missing_ttl_s(seeking->integration, declared_s(seeking, entry));
    tell_unanswered(kept_miss(seeking->relay->kept, entry, ttl_s), &missing);
}

static void fail(struct seeking *seeking, struct kept_entry *entry,
                 const struct outcome *outcome)
{
    struct answer older;
    struct kept_wait *waits =
        kept_fail(seeking->relay->kept, entry, seeking->integration, &older);
    if (older.json.ptr) {
        show_older(waits, &older);
    }
    tell_unanswered(waits, outcome);
}

static void leave_unanswered(struct seeking *seeking, uint64_t number,
                             const struct outcome *outcome)
{
    struct kept_entry *entry = take_entry(seeking, number);
    if (entry && question_is_missed(outcome->status)) {
        miss(seeking, entry);
    } else if (entry) {
        fail(seeking, entry, outcome);
    }
}

static void take_unanswered(void *self, const struct unanswered *unanswered)
{
    leave_unanswered(self, unanswered->token, &unanswered->outcome);
}

static void free_seeking(struct seeking *seeking)
{
    struct relay *relay = seeking->relay;
    struct seeking **at = &relay->seekings;
    while (*at != seeking) {
        at = &(*at)->next;
    }
    *at = seeking->next;
    relay->count--;
    free(seeking);
}

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct seeking *seeking = self;
    struct asking *asking = seeking->asking;
    for (uint32_t i = 0; i < seeking->count; i++) {
        leave_unanswered(seeking, i, outcome);
    }
    if (asking) {
        uint32_t kept = asking->spent.kept;
        asking->spent = *spent;
        asking->spent.kept = kept;
        asking->calling = false;
        end_if_told(asking);
    }
    free_seeking(seeking);
}

/* ---- starting ---- */

static struct asking *make_asking(const struct relay_who *who, int64_t time_ms,
                                  uint32_t count)
{
    struct relay *relay = who->daemon->relay;
    struct asking *asking = calloc(1, sizeof *asking + count * sizeof *asking->waits);
    if (asking) {
        asking->who = *who;
        asking->deadline_ms = clock_mono_ms(&clock_real) + time_ms;
        asking->count = count;
        asking->next = relay->askings;
        relay->askings = asking;
        relay->count++;
    }
    return asking;
}

static struct seeking *make_seeking(struct asking *asking,
                                    const struct configured *configured)
{
    struct relay *relay = asking->who.daemon->relay;
    struct seeking *seeking =
        calloc(1, sizeof *seeking + asking->count * sizeof(struct kept_entry *));
    if (seeking) {
        seeking->relay = relay;
        seeking->asking = asking;
        seeking->integration = &configured->integration;
        seeking->descriptor = configured->descriptor;
        seeking->next = relay->seekings;
        relay->seekings = seeking;
        relay->count++;
    }
    return seeking;
}

/* What is kept is told at once. */
static void tell_kept(struct asking *asking, uint64_t token, const struct kept_entry *entry)
{
    int64_t age_ms = kept_age_ms(asking->who.daemon->relay->kept, entry);
    asking->spent.kept++;
    if (entry->missing) {
        const struct unanswered unanswered = {
            .token = token, .outcome = {IMH_MISSING, 0, STR("")}, .age_ms = age_ms};
        relay_send_unanswered(&asking->who, &unanswered);
    } else {
        const struct answer answer = {.token = token,
                                      .json = {entry->json, entry->json_bytes},
                                      .tag = STR(""),
                                      .ttl_s = entry->ttl_s,
                                      .age_ms = age_ms};
        relay_send_answer(&asking->who, &answer);
    }
}

/* What is to be asked goes into the call, under a number of its own. */
static void ask(struct seeking *seeking, struct kept_entry *entry,
                const struct call_lookup *lookup, struct call_order *order)
{
    kept_ask(seeking->relay->kept, entry);
    order->lookups[seeking->count] = *lookup;
    order->lookups[seeking->count].token = seeking->count;
    seeking->entries[seeking->count++] = entry;
}

static void look_up(struct seeking *seeking, uint64_t edition,
                    const struct call_lookup *lookup, struct kept_wait *wait,
                    struct call_order *order)
{
    struct asking *asking = seeking->asking;
    struct kept *kept = seeking->relay->kept;
    const struct question question = {.owner = edition,
                                      .variable = lookup->variable,
                                      .has_key = lookup->has_key,
                                      .key = lookup->key,
                                      .subject = lookup->subject,
                                      .query = lookup->query};
    uint32_t ttl_s = seeking->descriptor->variables[lookup->variable].ttl_s;
    struct kept_entry *entry =
        kept_find(kept, &question, question_ttl_s(seeking->integration, ttl_s, 0) > 0);
    if (!entry) {
        const struct unanswered unanswered = {
            .token = lookup->token,
            .outcome = {IMH_RETRY, 0, STR("the daemon has no memory for it")}};
        relay_send_unanswered(&asking->who, &unanswered);
    } else if (kept_is_fresh(kept, entry)) {
        tell_kept(asking, lookup->token, entry);
    } else {
        bool hit = entry->asked;
        *wait = (struct kept_wait){.self = asking, .token = lookup->token};
        if (!hit) {
            ask(seeking, entry, lookup, order);
        }
        asking->spent.kept += hit;
        asking->waiting++;
        kept_join(kept, entry, wait, hit);
    }
}

static bool is_known(const struct configured *configured, const struct call_order *order,
                     struct error *error)
{
    if (!configured->descriptor) {
        return error_set(error, IMH_RETRY, "the daemon has not loaded its plugin");
    }
    for (uint32_t i = 0; i < order->lookup_count; i++) {
        if (order->lookups[i].variable >= configured->descriptor->variable_count) {
            return error_set(error, IMH_RETRY, "the daemon has another plugin by now");
        }
    }
    return true;
}

/* The call ends at a later turn, or at once when memory is out. */
static void start(struct seeking *seeking, struct supervisor *supervisor, int64_t time_ms,
                  struct call_order *order)
{
    const struct call_watcher watcher = {.self = seeking,
                                         .answer = take_answer,
                                         .unanswered = take_unanswered,
                                         .end = take_end};
    order->lookup_count = seeking->count;
    seeking->asking->calling = true;
    supervisor_call(supervisor, seeking->integration, order, time_ms, &watcher);
}

bool relay_lookups(const struct relay_who *who, const struct configured *configured,
                   int64_t time_ms, const struct call_order *order, struct error *error)
{
    struct call_lookup lookups[MESSAGE_LOOKUPS_MOST];
    struct call_order call = {.kind = CALL_RESOLVE, .lookups = lookups};
    if (!is_known(configured, order, error)) {
        return false;
    }
    struct asking *asking = make_asking(who, time_ms, order->lookup_count);
    struct seeking *seeking = asking ? make_seeking(asking, configured) : NULL;
    if (!seeking) {
        if (asking) {
            free_asking(asking);
        }
        return error_set(error, IMH_RETRY, "the daemon has no memory for it");
    }
    for (uint32_t i = 0; i < order->lookup_count; i++) {
        look_up(seeking, configured->edition, &order->lookups[i], &asking->waits[i], &call);
    }
    if (seeking->count > 0) {
        start(seeking, who->daemon->site->supervisor, time_ms, &call);
    } else {
        free_seeking(seeking);
        end_if_told(asking);
    }
    return true;
}

/* ---- waiting ---- */

int64_t relay_wait_ms(const struct relay *relay, int64_t wait_ms)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    for (const struct asking *at = relay->askings; at; at = at->next) {
        int64_t left_ms = at->deadline_ms - now_ms;
        wait_ms = !at->calling && left_ms < wait_ms ? left_ms : wait_ms;
    }
    return wait_ms;
}

/* Its command gets no answers any more. The call goes on: others may wait for it. */
static void give_up(struct asking *asking)
{
    for (struct seeking *at = asking->who.daemon->relay->seekings; at; at = at->next) {
        at->asking = at->asking == asking ? NULL : at->asking;
    }
    leave(asking);
    free_asking(asking);
}

static void run_late(struct asking *asking)
{
    for (uint32_t i = 0; i < asking->count; i++) {
        const struct kept_wait *wait = &asking->waits[i];
        if (wait->entry) {
            const struct unanswered unanswered = {
                .token = wait->token, .outcome = {IMH_RETRY, 0, STR("no answer in time")}};
            relay_send_unanswered(&asking->who, &unanswered);
        }
    }
    leave(asking);
    asking->waiting = 0;
    end_if_told(asking);
}

void relay_turn(struct daemon *daemon)
{
    int64_t now_ms = clock_mono_ms(&clock_real);
    struct asking *next;
    for (struct asking *at = daemon->relay->askings; at; at = next) {
        next = at->next;
        if (!control_server_has(daemon->control, at->who.peer)) {
            give_up(at);
        } else if (!at->calling && now_ms >= at->deadline_ms) {
            run_late(at);
        }
    }
}

void relay_drop_lookups(struct relay *relay)
{
    struct answer ignored;
    while (relay->askings) {
        give_up(relay->askings);
    }
    while (relay->seekings) {
        struct seeking *seeking = relay->seekings;
        for (uint32_t i = 0; i < seeking->count; i++) {
            struct kept_entry *entry = take_entry(seeking, i);
            if (entry) {
                (void)kept_fail(relay->kept, entry, seeking->integration, &ignored);
            }
        }
        free_seeking(seeking);
    }
}
