#include "engine/answers.h"

#include <stdlib.h>

#include "base/json.h"

enum {
    FIRST_BUCKETS = 256,
    BLOCK_BYTES = 2048,
    ENTRY_MEMORY_BYTES = 256 << 20 /* values of one answer of 8 MiB */
};

struct answers {
    struct answer_entry **buckets;
    size_t bucket_mask;
    size_t count;
    size_t bytes, most_bytes, limit_bytes;
    struct answer_entry *newest, *oldest;
};

struct answers *answers_make(size_t most_bytes, size_t limit_bytes)
{
    struct answers *answers = calloc(1, sizeof *answers);
    if (!answers) {
        return NULL;
    }
    answers->buckets = calloc(FIRST_BUCKETS, sizeof(struct answer_entry *));
    answers->bucket_mask = FIRST_BUCKETS - 1;
    answers->most_bytes = most_bytes;
    answers->limit_bytes = limit_bytes;
    if (!answers->buckets) {
        free(answers);
        return NULL;
    }
    return answers;
}

/* ---- finding ---- */

static void unlink_used(struct answers *answers, struct answer_entry *entry)
{
    *(entry->newer ? &entry->newer->older : &answers->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &answers->oldest) = entry->newer;
}

static void link_newest(struct answers *answers, struct answer_entry *entry)
{
    entry->newer = NULL;
    entry->older = answers->newest;
    *(answers->newest ? &answers->newest->newer : &answers->oldest) = entry;
    answers->newest = entry;
}

struct answer_entry *answers_find(struct answers *answers, const struct question *question)
{
    uint32_t hash = question_hash(question);
    struct answer_entry *entry = answers->buckets[hash & answers->bucket_mask];
    while (entry &&
           !(entry->hash == hash && question_is_same(&entry->question, question))) {
        entry = entry->next_in_bucket;
    }
    if (entry && entry != answers->newest) {
        unlink_used(answers, entry);
        link_newest(answers, entry);
    }
    return entry;
}

/* ---- adding ---- */

static void grow(struct answers *answers)
{
    size_t count = (answers->bucket_mask + 1) * 2;
    struct answer_entry **buckets = calloc(count, sizeof(struct answer_entry *));
    if (!buckets) {
        return; /* longer chains are slower, not wrong */
    }
    for (struct answer_entry *at = answers->newest; at; at = at->older) {
        struct answer_entry **bucket = &buckets[at->hash & (count - 1)];
        at->next_in_bucket = *bucket;
        *bucket = at;
    }
    free(answers->buckets);
    answers->buckets = buckets;
    answers->bucket_mask = count - 1;
}

/* The texts of a question in the entry's own memory. */
static bool keep_question(struct answer_entry *entry, const struct question *question)
{
    entry->question = *question;
    entry->question.key = arena_copy(&entry->arena, question->key);
    entry->question.subject = arena_copy(&entry->arena, question->subject);
    entry->question.query = arena_copy(&entry->arena, question->query);
    return entry->question.key.ptr && entry->question.subject.ptr &&
           entry->question.query.ptr;
}

struct answer_entry *answers_add(struct answers *answers, const struct question *question)
{
    struct answer_entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        return NULL;
    }
    arena_init(&entry->arena, BLOCK_BYTES, ENTRY_MEMORY_BYTES);
    if (!keep_question(entry, question)) {
        arena_done(&entry->arena);
        free(entry);
        return NULL;
    }
    entry->hash = question_hash(question);
    struct answer_entry **bucket = &answers->buckets[entry->hash & answers->bucket_mask];
    entry->next_in_bucket = *bucket;
    *bucket = entry;
    link_newest(answers, entry);
    answers->bytes += sizeof *entry + entry->arena.used;
    if (++answers->count > answers->bucket_mask) {
        grow(answers);
    }
    return entry;
}

static void drop_old(struct answers *answers, struct answer_entry *entry)
{
    if (entry->old_value.type != VALUE_UNDEFINED) {
        answers->bytes -= entry->old_arena.used;
        arena_done(&entry->old_arena);
        entry->old_value = (struct value){.type = VALUE_UNDEFINED};
    }
}

static void keep_old(struct answers *answers, struct answer_entry *entry,
                     struct arena *arena, int64_t until_ms)
{
    if (entry->state == ANSWER_VALUE) {
        drop_old(answers, entry);
        entry->old_arena = *arena;
        entry->old_value = entry->value;
        entry->old_until_ms = until_ms;
    } else {
        answers->bytes -= arena->used;
        arena_done(arena);
    }
}

void answers_reset(struct answers *answers, struct answer_entry *entry,
                   int64_t old_until_ms)
{
    struct arena old = entry->arena;
    struct question question = entry->question;
    arena_init(&entry->arena, BLOCK_BYTES, ENTRY_MEMORY_BYTES);
    if (!keep_question(entry, &question)) {
        /* The old memory serves: it holds the question. */
        arena_done(&entry->arena);
        entry->arena = old;
        entry->question = question;
    } else {
        keep_old(answers, entry, &old, old_until_ms);
        answers->bytes += entry->arena.used;
    }
    entry->state = ANSWER_WANTED;
    entry->value = value_null();
}

bool answers_restore(struct answers *answers, struct answer_entry *entry, int64_t now_ms)
{
    struct question question = entry->question;
    struct arena failed = entry->arena;
    if (entry->old_value.type == VALUE_UNDEFINED || now_ms >= entry->old_until_ms) {
        return false;
    }
    /* The old memory has the question too, but where is not known any more. */
    answers->bytes -= failed.used + entry->old_arena.used;
    entry->arena = entry->old_arena;
    if (!keep_question(entry, &question)) {
        entry->old_arena = entry->arena;
        entry->arena = failed;
        entry->question = question;
        answers->bytes += failed.used + entry->old_arena.used;
        return false;
    }
    answers->bytes += entry->arena.used;
    arena_done(&failed);
    entry->value = entry->old_value;
    entry->old_value = (struct value){.type = VALUE_UNDEFINED};
    entry->state = ANSWER_VALUE;
    return true;
}

bool answers_has_room(const struct answers *answers, size_t bytes)
{
    return answers->bytes <= answers->limit_bytes &&
           bytes <= answers->limit_bytes - answers->bytes;
}

bool answers_set(struct answers *answers, struct answer_entry *entry, struct str json,
                 const struct data_linker *linker)
{
    bool room = answers_has_room(answers, json.len);
    answers->bytes -= entry->arena.used;
    struct str kept = room ? arena_copy(&entry->arena, json) : (struct str){NULL, 0};
    bool good = kept.ptr && data_read_linked(kept, &json_limits_reply, linker,
                                             &entry->arena, &entry->value, &entry->failure);
    if (!kept.ptr) {
        (void)error_set(&entry->failure, IMH_RETRY, "%s",
                        room ? "no memory for an answer"
                             : "there is no room for more answers at once");
    }
    answers->bytes += entry->arena.used;
    entry->state = good ? ANSWER_VALUE : ANSWER_FAILED;
    drop_old(answers, entry);
    return good;
}

/* ---- dropping ---- */

static void drop(struct answers *answers, struct answer_entry *entry)
{
    struct answer_entry **at = &answers->buckets[entry->hash & answers->bucket_mask];
    while (*at != entry) {
        at = &(*at)->next_in_bucket;
    }
    *at = entry->next_in_bucket;
    unlink_used(answers, entry);
    drop_old(answers, entry);
    answers->bytes -= sizeof *entry + entry->arena.used;
    answers->count--;
    arena_done(&entry->arena);
    free(entry);
}

static void trim(struct answers *answers, uint64_t window, bool shared)
{
    struct answer_entry *entry = answers->oldest;
    while (entry && answers->bytes > answers->most_bytes) {
        struct answer_entry *newer = entry->newer;
        if (entry->window != window && entry->state >= ANSWER_VALUE &&
            entry->shared == shared) {
            drop(answers, entry);
        }
        entry = newer;
    }
}

void answers_trim(struct answers *answers, uint64_t window)
{
    trim(answers, window, false);
    trim(answers, window, true);
}

void answers_free(struct answers *answers)
{
    if (answers) {
        while (answers->newest) {
            drop(answers, answers->newest);
        }
        free(answers->buckets);
        free(answers);
    }
}
