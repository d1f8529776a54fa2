/* budget - how hard one remote may be pressed: so many requests at once, so many a minute.
 *
 * Requests that must wait stand in a queue, first come, first served. Pure: the caller
 * tells the time.
 */
#ifndef HOST_NET_BUDGET_H
#define HOST_NET_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget {
    uint32_t parallel;      /* at once; 0 counts as 1 */
    uint32_t rate_a_minute; /* 0: no limit */
    uint32_t running;
    int64_t next_ms; /* no start before; monotonic */
};

void budget_init(struct budget *budget, uint32_t parallel, uint32_t rate_a_minute);

/* New limits; what runs goes on, and a pause that has begun is kept. */
void budget_change(struct budget *budget, uint32_t parallel, uint32_t rate_a_minute);

/* May one more start now? If so it counts as running. */
bool budget_take(struct budget *budget, int64_t now_ms);

/* One has ended. */
void budget_give_back(struct budget *budget);

/* When the rate lets one start that has `ahead` others before it: monotonic. */
int64_t budget_turn_ms(const struct budget *budget, uint32_t ahead);

/* When to ask again: 0 when a running one must end first, else a monotonic time. */
int64_t budget_next_ms(const struct budget *budget);

#endif
