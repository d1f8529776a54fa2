#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/followup_look.h"
#include "queue/book_sql.h"

enum { BLOCK_BYTES = 16 << 10 };

/* Events on their way to the store. */
struct followup_page {
    struct followup_set *set; /* held; NULL: the account has none */
    struct str account, identifier;
    const struct event *events;
    struct candidates *found; /* of each event; NULL: nothing at all */
    bool again;
    struct queue_made made;
    struct loops loops;
    const struct clock *clock;
    const struct log *log;
    struct arena arena;
};

static struct following *find(const struct followups *followups, struct str account)
{
    struct following *following = followups->following;
    while (following && !str_is(account, following->account)) {
        following = following->next;
    }
    return following;
}

static bool judge_all(struct followups *followups, struct followup_page *page,
                      uint32_t count)
{
    int64_t now_ms = clock_now_ms(followups->settings.clock);
    page->found = arena_zero(&page->arena, count, sizeof *page->found);
    for (uint32_t i = 0; page->found && i < count; i++) {
        const struct event *event = &page->events[i];
        const struct trigger trigger = {.integration = page->identifier,
                                        .type = event->type,
                                        .key = event->key,
                                        .at_ms = event->at_ms ? event->at_ms : now_ms,
                                        .data = event->data,
                                        .origin = event->origin};
        if (!judge_event(followups->judge, page->set, &trigger, now_ms, &page->arena,
                         &page->found[i])) {
            return false;
        }
    }
    return page->found;
}

struct followup_page *followups_look(struct followups *followups, struct str account,
                                     struct str identifier, const struct event *events,
                                     uint32_t count)
{
    const struct following *following = find(followups, account);
    struct followup_page *page = calloc(1, sizeof *page);
    if (!page) {
        return NULL;
    }
    arena_init(&page->arena, BLOCK_BYTES, 0);
    page->clock = followups->settings.clock;
    page->log = followups->settings.log;
    page->account = arena_copy(&page->arena, account);
    page->identifier = arena_copy(&page->arena, identifier);
    page->events = events;
    bool good = page->account.ptr && page->identifier.ptr;
    if (good && following && following->served.set) {
        page->set = followup_set_hold(following->served.set);
        good = count == 0 || judge_all(followups, page, count);
    }
    if (!good) {
        followup_page_free(page);
        return NULL;
    }
    return page;
}

void followup_page_free(struct followup_page *page)
{
    if (page) {
        followup_set_release(page->set);
        arena_done(&page->arena);
        free(page);
    }
}

void followup_page_again(struct followup_page *page, struct str only)
{
    struct candidates *found = page->found;
    uint32_t kept = 0;
    page->again = true;
    for (uint32_t i = 0; found && i < found->count; i++) {
        if (only.len == 0 || str_eq(found->items[i].followup->name, only)) {
            found->items[kept++] = found->items[i];
        }
    }
    if (found) {
        found->count = kept;
    }
}

const struct candidates *followup_page_found(const struct followup_page *page)
{
    return page->found;
}

void followup_page_stored(const struct followup_page *page, struct deliver *deliver)
{
    char count[16];
    deliver_made(deliver, &page->made);
    if (page->loops.count > 0) {
        (void)snprintf(count, sizeof count, "%" PRIu32, page->loops.count);
        log_info(page->log, "a follow-up would have caused itself", "account",
                 page->account.ptr, "integration", page->identifier.ptr, "why",
                 page->loops.first, "times", count, NULL);
    }
}

/* Nothing that is done here is chance or a retry. */
static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static struct policy usual_policy(void *self, const struct job *job)
{
    (void)self;
    (void)job;
    return (struct policy){.ladder = ladder_usual};
}

bool followup_page_take(void *self, struct db *db, const struct event *event,
                        struct error *error)
{
    struct followup_page *page = self;
    const struct book book = book_sql(db);
    const struct queue queue = {.book = &book,
                                .now_ms = clock_now_ms(page->clock),
                                .arena = &page->arena,
                                .dice = no_dice,
                                .policy = usual_policy,
                                .made = &page->made};
    const struct followup_start start = {
        .account = page->account,
        .identifier = page->identifier,
        .set = page->set,
        .again = page->again,
        .loops = &page->loops,
        .candidates = page->found ? &page->found[event - page->events] : NULL};
    return followup_start(&start, &queue, db, event, error);
}
