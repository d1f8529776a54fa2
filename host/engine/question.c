#include "engine/question.h"

#include "smarty/value.h"

uint32_t question_hash(const struct question *question)
{
    struct key key = key_named(question->key);
    struct key subject = key_named(question->subject);
    struct key query = key_named(question->query);
    uint64_t sum = question->owner * UINT64_C(0x9E3779B97F4A7C15);
    sum ^= (uint64_t)question->variable << 32 | key.hash;
    sum = (sum ^ subject.hash) * UINT64_C(0xD6E8FEB86659FD93);
    sum = (sum ^ query.hash) * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(sum >> 32);
}

bool question_is_same(const struct question *a, const struct question *b)
{
    return a->owner == b->owner && a->variable == b->variable && a->has_key == b->has_key &&
           str_eq(a->key, b->key) && str_eq(a->subject, b->subject) &&
           str_eq(a->query, b->query);
}

int64_t question_ttl_s(const struct integration *integration, uint32_t declared_s,
                       uint32_t answered_s)
{
    int64_t ttl = answered_s ? answered_s : declared_s;
    return ttl > 0 && integration->cache_s >= 0 ? integration->cache_s : ttl;
}

int64_t question_missing_ttl_s(const struct integration *integration, uint32_t declared_s)
{
    int64_t ttl = question_ttl_s(integration, declared_s, 0);
    return ttl < QUESTION_MISSING_TTL_S ? ttl : QUESTION_MISSING_TTL_S;
}

int64_t question_stale_ms(const struct integration *integration, int64_t answered_ms)
{
    return answered_ms + integration->stale_s * 1000;
}
