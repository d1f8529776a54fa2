#include "base/ladder.h"

const struct ladder ladder_usual = {4, {60, 300, 600, 3600}};

bool ladder_parse(struct str text, struct ladder *ladder, struct error *error)
{
    struct ladder parsed = {.count = 0};
    struct str word;
    while (str_word(&text, &word)) {
        int64_t rest_s = 0;
        if (parsed.count == LADDER_STEPS_MOST) {
            return error_set(error, IMH_REJECTED, "has more than %d steps",
                             LADDER_STEPS_MOST);
        }
        if (!str_to_seconds(word, &rest_s) || rest_s < 1 || rest_s > LADDER_STEP_MOST_S) {
            return error_set(error, IMH_REJECTED,
                             "must be durations from 1s to 24h as in '1m 5m 10m 1h', not "
                             "'%.*s'",
                             STR_ARGS(word));
        }
        parsed.rest_s[parsed.count++] = (uint32_t)rest_s;
    }
    *ladder = parsed;
    return true;
}

bool ladder_has_more(const struct ladder *ladder, uint32_t attempts)
{
    return attempts <= ladder->count;
}

uint32_t ladder_after_s(uint32_t after_s)
{
    return after_s < LADDER_AFTER_MOST_S ? after_s : LADDER_AFTER_MOST_S;
}

static int64_t extra_ms(int64_t step_ms, uint32_t dice)
{
    int64_t most = step_ms / LADDER_EXTRA_SHARE;
    most = most < LADDER_EXTRA_MOST_MS ? most : LADDER_EXTRA_MOST_MS;
    return most > 0 ? (int64_t)(dice % (uint64_t)most) : 0;
}

int64_t ladder_rest_ms(const struct ladder *ladder, uint32_t attempts, uint32_t after_s,
                       uint32_t dice)
{
    uint32_t step = attempts < 1 ? 0 : attempts - 1;
    step = step < ladder->count ? step : ladder->count - 1;
    int64_t rest_s = ladder->count > 0 ? ladder->rest_s[step] : LADDER_AFTER_LEAST_S;
    int64_t asked_s = ladder_after_s(after_s);
    int64_t step_ms = 1000 * (asked_s > rest_s ? asked_s : rest_s);
    return step_ms + extra_ms(step_ms, dice);
}
