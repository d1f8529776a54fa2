#include "engine/kept.h"

#include <stdlib.h>

struct kept {
    const struct clock *clock;
    struct kept_entry *newest, *oldest;
    struct kept_figures figures;
    struct kept_entry *buckets[KEPT_BUCKETS];
};

struct kept *kept_make(const struct clock *clock)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (kept) {
        kept->clock = clock;
    }
    return kept;
}

static int64_t now_ms(const struct kept *kept)
{
    return clock_mono_ms(kept->clock);
}

/* ---- by last use ---- */

static void unlink_used(struct kept *kept, struct kept_entry *entry)
{
    *(entry->newer ? &entry->newer->older : &kept->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &kept->oldest) = entry->newer;
}

static void link_newest(struct kept *kept, struct kept_entry *entry)
{
    entry->newer = NULL;
    entry->older = kept->newest;
    *(kept->newest ? &kept->newest->newer : &kept->oldest) = entry;
    kept->newest = entry;
}

/* ---- entries ---- */

static size_t bytes_of(const struct kept_entry *entry)
{
    const struct question *question = &entry->question;
    return sizeof *entry + question->key.len + question->subject.len + question->query.len +
           entry->json_bytes;
}

static struct str put_text(char **at, struct str text)
{
    struct str copy = {*at, text.len};
    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
    }
    *at += text.len;
    return copy;
}

/* The texts lie behind the entry. */
static struct kept_entry *make_entry(const struct question *question)
{
    size_t texts = question->key.len + question->subject.len + question->query.len;
    struct kept_entry *entry = calloc(1, sizeof *entry + texts);
    if (entry) {
        char *at = (char *)(entry + 1);
        entry->question = *question;
        entry->question.key = put_text(&at, question->key);
        entry->question.subject = put_text(&at, question->subject);
        entry->question.query = put_text(&at, question->query);
        entry->last = &entry->first;
    }
    return entry;
}

static struct kept_entry **bucket_of(struct kept *kept, uint32_t hash)
{
    return &kept->buckets[hash % KEPT_BUCKETS];
}

static void add(struct kept *kept, struct kept_entry *entry)
{
    struct kept_entry **bucket = bucket_of(kept, entry->hash);
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(kept, entry);
    kept->figures.entries++;
    kept->figures.bytes += bytes_of(entry);
}

static void drop(struct kept *kept, struct kept_entry *entry)
{
    if (!entry->is_private) {
        struct kept_entry **at = bucket_of(kept, entry->hash);
        while (*at != entry) {
            at = &(*at)->next_in_bucket;
        }
        *at = entry->next_in_bucket;
        unlink_used(kept, entry);
        kept->figures.entries--;
        kept->figures.bytes -= bytes_of(entry);
    }
    free(entry->json);
    free(entry);
}

static void trim(struct kept *kept)
{
    struct kept_entry *entry = kept->oldest;
    while (entry && kept->figures.bytes > KEPT_BYTES) {
        struct kept_entry *newer = entry->newer;
        if (!entry->asked) {
            drop(kept, entry);
        }
        entry = newer;
    }
}

void kept_free(struct kept *kept)
{
    if (kept) {
        while (kept->newest) {
            drop(kept, kept->newest);
        }
        free(kept);
    }
}

void kept_forget(struct kept *kept, uint64_t owner)
{
    struct kept_entry *entry = kept->newest;
    while (entry) {
        struct kept_entry *older = entry->older;
        if (entry->question.owner == owner && !entry->asked) {
            drop(kept, entry);
        }
        entry = older;
    }
}

/* ---- asking ---- */

static struct kept_entry *look_up(struct kept *kept, const struct question *question,
                                  uint32_t hash)
{
    struct kept_entry *entry = *bucket_of(kept, hash);
    while (entry &&
           !(entry->hash == hash && question_is_same(&entry->question, question))) {
        entry = entry->next_in_bucket;
    }
    return entry;
}

struct kept_entry *kept_find(struct kept *kept, const struct question *question,
                             bool shared)
{
    uint32_t hash = question_hash(question);
    struct kept_entry *entry = shared ? look_up(kept, question, hash) : NULL;
    if (entry) {
        unlink_used(kept, entry);
        link_newest(kept, entry);
        return entry;
    }
    entry = make_entry(question);
    if (entry) {
        entry->hash = hash;
        entry->is_private = !shared;
        if (shared) {
            add(kept, entry);
        }
    }
    return entry;
}

bool kept_is_fresh(struct kept *kept, const struct kept_entry *entry)
{
    bool fresh = !entry->asked && (entry->json || entry->missing) &&
                 now_ms(kept) < entry->expires_ms;
    kept->figures.hits += fresh;
    return fresh;
}

int64_t kept_age_ms(const struct kept *kept, const struct kept_entry *entry)
{
    return now_ms(kept) - entry->answered_ms;
}

void kept_ask(struct kept *kept, struct kept_entry *entry)
{
    entry->asked = true;
    kept->figures.misses++;
}

void kept_join(struct kept *kept, struct kept_entry *entry, struct kept_wait *wait,
               bool hit)
{
    wait->next = NULL;
    wait->entry = entry;
    *entry->last = wait;
    entry->last = &wait->next;
    kept->figures.hits += hit;
}

void kept_leave(struct kept_wait *wait)
{
    struct kept_entry *entry = wait->entry;
    struct kept_wait **at = &entry->first;
    while (*at != wait) {
        at = &(*at)->next;
    }
    *at = wait->next;
    entry->last = wait->next ? entry->last : at;
    wait->entry = NULL;
}

/* ---- what came of it ---- */

static struct kept_wait *take_waits(struct kept_entry *entry)
{
    struct kept_wait *first = entry->first;
    for (struct kept_wait *at = first; at; at = at->next) {
        at->entry = NULL;
    }
    entry->first = NULL;
    entry->last = &entry->first;
    entry->asked = false;
    return first;
}

static void set_json(struct kept *kept, struct kept_entry *entry, char *json, size_t bytes)
{
    kept->figures.bytes -= entry->json_bytes;
    free(entry->json);
    entry->json = json;
    entry->json_bytes = bytes;
    kept->figures.bytes += bytes;
}

static void set_times(const struct kept *kept, struct kept_entry *entry, int64_t ttl_s)
{
    entry->answered_ms = now_ms(kept);
    entry->expires_ms = entry->answered_ms + ttl_s * 1000;
}

struct kept_wait *kept_answer(struct kept *kept, struct kept_entry *entry,
                              const struct answer *answer, int64_t ttl_s)
{
    struct kept_wait *waits = take_waits(entry);
    bool small = answer->json.len > 0 && answer->json.len <= KEPT_ANSWER_BYTES;
    char *json = small && !entry->is_private ? malloc(answer->json.len) : NULL;
    if (!json) {
        drop(kept, entry);
        return waits;
    }
    memcpy(json, answer->json.ptr, answer->json.len);
    set_json(kept, entry, json, answer->json.len);
    set_times(kept, entry, ttl_s);
    entry->ttl_s = answer->ttl_s;
    entry->missing = false;
    trim(kept);
    return waits;
}

struct kept_wait *kept_miss(struct kept *kept, struct kept_entry *entry, int64_t ttl_s)
{
    struct kept_wait *waits = take_waits(entry);
    if (entry->is_private) {
        drop(kept, entry);
        return waits;
    }
    set_json(kept, entry, NULL, 0);
    set_times(kept, entry, ttl_s);
    entry->missing = true;
    trim(kept);
    return waits;
}

struct kept_wait *kept_fail(struct kept *kept, struct kept_entry *entry,
                            const struct integration *integration, struct answer *older)
{
    struct kept_wait *waits = take_waits(entry);
    *older = (struct answer){.json = {NULL, 0}};
    if (entry->json && now_ms(kept) < question_stale_ms(integration, entry->answered_ms)) {
        *older = (struct answer){.json = {entry->json, entry->json_bytes},
                                 .ttl_s = entry->ttl_s,
                                 .age_ms = kept_age_ms(kept, entry),
                                 .is_old = true};
        kept->figures.olds++;
    } else {
        drop(kept, entry);
    }
    return waits;
}

struct kept_figures kept_figures(const struct kept *kept)
{
    return kept->figures;
}
