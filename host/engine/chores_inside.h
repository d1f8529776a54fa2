/* chores_inside - a chore as those see it that do it.
 *
 * Private to chores.
 */
#ifndef HOST_ENGINE_CHORES_INSIDE_H
#define HOST_ENGINE_CHORES_INSIDE_H

#include "engine/chores.h"
#include "engine/compose.h"
#include "event/event.h"

struct chore {
    struct store_work work; /* first: of an event */
    struct chore *next;
    struct chores *chores;
    struct chore_wanted wanted;
    struct call_watcher watcher;
    void (*go_on)(struct chore *chore); /* at each turn; NULL: somebody else will say */
    struct arena arena;
    struct value args;
    struct compose *compose;
    struct event event;
    struct followup_page *looked; /* what the event starts */
    bool in_store, over;
    imh_status status; /* how it ended */
    uint32_t after_s;
    struct text words;
    struct spent spent;
};

struct chores {
    struct chores_settings settings;
    struct inbox *answers;
    struct chore *first;
    int64_t wait_ms; /* until somebody has to go on */
};

/* Its watcher is told at the end of the turn. */
void chore_end(struct chore *chore, imh_status status, struct str words);
void chore_fail(struct chore *chore, const struct error *error);

/* An argument; empty, or NULL, when it is not given. Lent. */
struct str chore_text(const struct chore *chore, const char *name);
const struct value *chore_object(const struct chore *chore, const char *name);

void chore_mail(struct chore *chore);
void chore_event(struct chore *chore);
void chore_event_stored(struct chore *chore);
void chore_log(struct chore *chore);

#endif
