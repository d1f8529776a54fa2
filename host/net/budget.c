#include "net/budget.h"

enum { MINUTE_MS = 60000 };

void budget_init(struct budget *budget, uint32_t parallel, uint32_t rate_a_minute)
{
    *budget = (struct budget){0};
    budget_change(budget, parallel, rate_a_minute);
}

void budget_change(struct budget *budget, uint32_t parallel, uint32_t rate_a_minute)
{
    budget->parallel = parallel ? parallel : 1;
    budget->rate_a_minute = rate_a_minute;
}

/* Rounded up: never more than the rate. */
static int64_t pause_ms(const struct budget *budget)
{
    uint32_t rate = budget->rate_a_minute;
    return rate > 0 ? (MINUTE_MS + (int64_t)rate - 1) / rate : 0;
}

bool budget_take(struct budget *budget, int64_t now_ms)
{
    if (budget->running >= budget->parallel || now_ms < budget->next_ms) {
        return false;
    }
    budget->running++;
    if (budget->rate_a_minute > 0) {
        budget->next_ms = now_ms + pause_ms(budget);
    }
    return true;
}

void budget_give_back(struct budget *budget)
{
    budget->running--;
}

int64_t budget_turn_ms(const struct budget *budget, uint32_t ahead)
{
    return budget->next_ms + ahead * pause_ms(budget);
}

int64_t budget_next_ms(const struct budget *budget)
{
    return budget->running >= budget->parallel ? 0 : budget->next_ms;
}
