/* rules_bench - what it costs to look at an event with 100 follow-ups: microseconds of the
 * processor, which other programs on the machine lengthen little.
 *
 *   rules_bench [events]
 *
 * In three ways: spread over 20 types, as an account has them; all on one type; and none of
 * them on the event's. Each with conditions over an order's event. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "followup/rules.h"

enum { FOLLOWUPS = 100, EVENTS = 200000, TYPES = 20 };

static const char order[] =
    "{\"id\":17,\"number\":\"000000017\",\"status\":\"processing\",\"grand_total\":\"89."
    "95\","
    "\"currency\":\"EUR\",\"customer\":{\"email\":\"ann@example.com\",\"name\":\"Ann\"},"
    "\"items\":[{\"sku\":\"24-MB01\",\"name\":\"Joust Duffle Bag\",\"qty_ordered\":1,"
    "\"price\":\"34.00\"},{\"sku\":\"24-WG09\",\"name\":\"Luma Water Bottle\","
    "\"qty_ordered\":2,\"price\":\"27.98\"}],\"created_at\":\"2026-11-28 10:00:00\"}";

static void refuse(void *self, unsigned line, const char *what, struct str wrong,
                   struct str names)
{
    (void)self;
    (void)wrong;
    (void)names;
    (void)fprintf(stderr, "%u: %s\n", line, what);
    abort();
}

/* Number `i` of them, on one of so many types. */
static struct followup *make(unsigned i, unsigned types)
{
    const struct followup_problems problems = {NULL, refuse};
    char name[16];
    char on[32];
    char condition[100];
    (void)snprintf(name, sizeof name, "f%u", i);
    (void)snprintf(on, sizeof on, "shop.type-%u", i % types);
    (void)snprintf(condition, sizeof condition,
                   "$trigger.grand_total > %u && $trigger.customer.email", i);
    const struct followup_entry entries[] = {{STR_OF("on"), str_from(on), 1},
                                             {STR_OF("if"), str_from(condition), 2},
                                             {STR_OF("do"), STR_OF("mail.send"), 3}};
    return followup_make(str_from(name), entries, 3, &problems);
}

static double spent_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void measure(const char *what, unsigned types, const char *type, unsigned events)
{
    struct judge *judge = judge_make();
    struct followup *list = NULL;
    struct arena arena;
    struct candidates found = {.count = 0};
    const struct trigger trigger = {.integration = STR("shop"),
                                    .type = str_from(type),
                                    .key = STR("order/17/create"),
                                    .data = STR(order),
                                    .origin = STR("")};
    for (unsigned i = 0; i < FOLLOWUPS; i++) {
        struct followup *one = make(i, types);
        one->next = list;
        list = one;
    }
    struct followup_set *set = followup_set_make(list, "Europe/Amsterdam");
    arena_init(&arena, 1 << 16, 0);
    double began_us = spent_us();
    for (unsigned i = 0; i < events; i++) {
        if (!judge_event(judge, set, &trigger, 0, &arena, &found)) {
            abort();
        }
        arena_clear(&arena);
    }
    double took_us = spent_us() - began_us;
    (void)printf("%-28s %8.2f us an event, %u of %d judged\n", what, took_us / events,
                 found.count, FOLLOWUPS);
    arena_done(&arena);
    followup_set_release(set);
    judge_free(judge);
}

int main(int argc, char **argv)
{
    long asked = argc > 1 ? strtol(argv[1], NULL, 10) : EVENTS;
    unsigned events = asked > 0 && asked < 100000000 ? (unsigned)asked : EVENTS;
    measure("spread over 20 types", TYPES, "type-3", events);
    measure("all on the event's type", 1, "type-0", events / 10 + 1);
    measure("none on the event's type", TYPES, "other", events);
    return 0;
}
