#include "base/json_digest.h"

/* What was summed up of an object or array that is not at its end. */
struct level {
    bool object;
    uint64_t sum;
    uint64_t key; /* of the member that comes next */
};

struct digester {
    struct level levels[JSON_DEPTH_MOST + 1];
    uint32_t depth;
};

/* splitmix64's last part: every bit of the sum counts for all of the result. */
static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
}

/* FNV-1a, begun with the kind of value. */
static uint64_t digest_bytes(enum json_event event, struct str bytes)
{
    uint64_t hash = 0xcbf29ce484222325U ^ (uint64_t)event;
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3U;
    }
    return mix(hash);
}

/* Members come in any order, so they are added up; items have their places. */
static void add(struct digester *digester, uint64_t value)
{
    struct level *level = &digester->levels[digester->depth];
    level->sum = level->object ? level->sum + mix(level->key ^ value)
                               : mix(level->sum + 0x9E3779B97F4A7C15U) ^ value;
}

static void take(struct digester *digester, enum json_event event, struct str token)
{
    struct level *levels = digester->levels;
    bool opens = event == JSON_OBJECT || event == JSON_ARRAY;
    bool closes = event == JSON_OBJECT_END || event == JSON_ARRAY_END;
    if (opens) {
        levels[++digester->depth] = (struct level){.object = event == JSON_OBJECT};
    } else if (closes) {
        uint64_t sum = mix(levels[digester->depth--].sum + (uint64_t)event);
        add(digester, sum);
    } else if (event == JSON_KEY) {
        levels[digester->depth].key = mix(digest_bytes(event, token));
    } else {
        add(digester, digest_bytes(event, token));
    }
}

bool json_digest(struct str text, struct arena *arena, uint64_t *digest)
{
    struct json_reader reader;
    struct digester digester = {.depth = 0};
    enum json_event event;
    json_open(&reader, text, &json_limits_reply);
    while ((event = json_next(&reader)) != JSON_END) {
        bool quoted = event == JSON_STRING || event == JSON_KEY;
        bool written = quoted || event == JSON_INTEGER || event == JSON_DECIMAL;
        struct str token =
            quoted ? json_decode(reader.token, reader.escaped, arena) : reader.token;
        if (event == JSON_PROBLEM || (quoted && !token.ptr)) {
            return false;
        }
        take(&digester, event, written ? token : STR_OF(""));
    }
    *digest = digester.levels[0].sum;
    return true;
}
