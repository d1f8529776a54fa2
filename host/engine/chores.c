#include "engine/chores.h"

#include <stdlib.h>

#include "engine/builtin.h"
#include "engine/chores_inside.h"
#include "engine/followups.h"
#include "queue/job.h"
#include "smarty/data.h"

enum { BLOCK_BYTES = 16 << 10, WAKE_MS = 1000 };

struct chores *chores_make(const struct chores_settings *settings, struct error *error)
{
    struct chores *chores = calloc(1, sizeof *chores);
    if (chores) {
        chores->settings = *settings;
        chores->wait_ms = INT64_MAX;
        chores->answers = inbox_make();
    }
    if (!chores || !chores->answers) {
        free(chores);
        (void)error_set(error, IMH_RETRY, "no memory for the host's own jobs");
        return NULL;
    }
    return chores;
}

static void chore_free(struct chore *chore)
{
    compose_free(chore->compose);
    followup_page_free(chore->looked);
    text_done(&chore->words);
    arena_done(&chore->arena);
    free(chore);
}

void chores_free(struct chores *chores)
{
    if (!chores) {
        return;
    }
    for (struct chore *at = chores->first; at; at = at->next) {
        while (at->in_store) {
            struct inbox_item *item = inbox_wait(chores->answers, WAKE_MS);
            struct chore *back = (struct chore *)(void *)item;
            if (back) {
                back->in_store = false;
            }
        }
    }
    while (chores->first) {
        struct chore *chore = chores->first;
        chores->first = chore->next;
        chore_free(chore);
    }
    inbox_free(chores->answers);
    free(chores);
}

void chore_end(struct chore *chore, imh_status status, struct str words)
{
    chore->over = true;
    chore->go_on = NULL;
    chore->status = status;
    text_clear(&chore->words);
    text_add(&chore->words, str_before(words, JOB_WORDS_BYTES));
}

void chore_fail(struct chore *chore, const struct error *error)
{
    chore->after_s = error->after_s;
    chore_end(chore, error->status, str_from(error->text));
}

/* ---- its arguments ---- */

static const struct value *argument(const struct chore *chore, const char *name)
{
    struct key key = key_named(str_from(name));
    return array_get(chore->args.array, &key);
}

struct str chore_text(const struct chore *chore, const char *name)
{
    const struct value *value = argument(chore, name);
    return value && value->type == VALUE_TEXT ? value_str(value) : STR_OF("");
}

const struct value *chore_object(const struct chore *chore, const char *name)
{
    const struct value *value = argument(chore, name);
    return value && value->type == VALUE_ARRAY ? value : NULL;
}

static bool read_args(struct chore *chore, struct error *error)
{
    static const struct json_limits limits = {.bytes = 2 << 20, .values = 100000};
    return data_read(chore->wanted.args, &limits, DATA_PLAIN, &chore->arena, &chore->args,
                     error) &&
           (chore->args.type == VALUE_ARRAY ||
            error_set(error, IMH_REJECTED, "the arguments are no object"));
}

/* ---- from start to end ---- */

static void (*doer_of(const char *plugin))(struct chore *chore)
{
    static const struct {
        const char *plugin;
        void (*go_on)(struct chore *chore);
    } doers[] = {
        {BUILTIN_MAIL, chore_mail}, {BUILTIN_EVENT, chore_event}, {BUILTIN_LOG, chore_log}};
    for (size_t i = 0; i < sizeof doers / sizeof *doers; i++) {
        if (strcmp(doers[i].plugin, plugin) == 0) {
            return doers[i].go_on;
        }
    }
    return NULL;
}

void chores_start(struct chores *chores, const struct chore_wanted *wanted,
                  const struct call_watcher *watcher)
{
    struct error error;
    struct chore *chore = calloc(1, sizeof *chore);
    struct chore **last = &chores->first;
    if (!chore) {
        const struct outcome outcome = {IMH_RETRY, 0, STR_OF("no memory for a job")};
        const struct spent spent = {0};
        watcher->end(watcher->self, &outcome, &spent);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = chore;
    chore->chores = chores;
    chore->wanted = *wanted;
    chore->watcher = *watcher;
    arena_init(&chore->arena, BLOCK_BYTES, 0);
    text_init(&chore->words, JOB_WORDS_BYTES);
    chore->go_on = doer_of(wanted->integration->plugin);
    chores->wait_ms = 0;
    if (!read_args(chore, &error)) {
        chore_fail(chore, &error);
    }
}

static void take_answers(struct chores *chores)
{
    struct inbox_item *item;
    while ((item = inbox_take(chores->answers)) != NULL) {
        struct chore *chore = (struct chore *)(void *)item;
        chore->in_store = false;
        if (chore->work.done) {
            chore_event_stored(chore);
            chore_end(chore, IMH_OK, STR_OF(""));
        } else {
            chore_fail(chore, &chore->work.error);
        }
    }
}

/* The watcher may start others. */
static void tell_ended(struct chores *chores)
{
    struct chore **at = &chores->first;
    while (*at) {
        struct chore *chore = *at;
        if (!chore->over) {
            at = &chore->next;
            continue;
        }
        const struct outcome outcome = {chore->status, chore->after_s,
                                        text_str(&chore->words)};
        *at = chore->next;
        chore->watcher.end(chore->watcher.self, &outcome, &chore->spent);
        chore_free(chore);
        at = &chores->first;
    }
}

void chores_turn(struct chores *chores)
{
    chores->wait_ms = INT64_MAX;
    take_answers(chores);
    for (struct chore *at = chores->first; at; at = at->next) {
        if (at->go_on) {
            at->go_on(at);
        }
    }
    tell_ended(chores);
}

int chores_fd(const struct chores *chores)
{
    return inbox_fd(chores->answers);
}

int64_t chores_wait_ms(const struct chores *chores, int64_t wait_ms)
{
    return chores->wait_ms < wait_ms ? chores->wait_ms : wait_ms;
}

bool chores_use(const struct chores *chores, const struct supervisor *supervisor)
{
    const struct chore *chore = chores->first;
    while (chore && chore->wanted.supervisor != supervisor) {
        chore = chore->next;
    }
    return chore != NULL;
}
