#include "base/json.h"
#include "base/path.h"
#include "engine/chores_inside.h"
#include "letter/letter.h"

enum { PATH_BYTES = 4096 };

static struct str setting(const struct chore *chore, const char *name)
{
    return integration_value(chore->wanted.integration, str_from(name));
}

/* ---- its parts ---- */

static const struct integration *find(void *self, struct str identifier)
{
    const struct chore *chore = self;
    const struct chores_settings *settings = &chore->chores->settings;
    return settings->find ? settings->find(settings->self, chore->wanted.supervisor,
                                           chore->wanted.integration->account, identifier)
                          : NULL;
}

/* Beside the account's file. */
static const char *folder_of(struct chore *chore)
{
    struct text path;
    struct str kept = STR_OF("");
    text_init(&path, PATH_BYTES);
    if (setting(chore, "templates").len > 0) {
        path_beside(&path, chore->wanted.integration->file, setting(chore, "templates"));
        kept = arena_copy(&chore->arena, text_str(&path));
    }
    text_done(&path);
    return kept.ptr ? kept.ptr : "";
}

/* The event that led to it, as JSON; empty: none did. */
static struct str trigger_of(struct chore *chore)
{
    struct str whole;
    bool found = json_find(chore->wanted.args, STR_OF("/data/trigger"), &chore->arena,
                           &whole) == JSON_OBJECT;
    return found ? whole : STR_OF("");
}

static bool begin(struct chore *chore, struct error *error)
{
    const struct compose_settings settings = {
        .supervisor = chore->wanted.supervisor,
        .clock = chore->chores->settings.clock,
        .find = find,
        .self = chore,
        .zone = chore->wanted.integration->zone,
        .limits = chore->wanted.integration->limits,
        .folder = folder_of(chore),
        .data = chore_object(chore, "data"),
        .trigger = trigger_of(chore),
        .sources = {[COMPOSE_SUBJECT] = chore_text(chore, "subject"),
                    [COMPOSE_TEXT] = chore_text(chore, "text"),
                    [COMPOSE_HTML] = chore_text(chore, "html")}};
    chore->compose = compose_make(&settings, error);
    return chore->compose != NULL;
}

/* ---- handing it over ---- */

static void take_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct chore *chore = self;
    chore->spent = *spent;
    chore->after_s = outcome->after_s;
    chore_end(chore, outcome->status, outcome->text);
    chore->chores->wait_ms = 0; /* the watcher is to be told */
}

static void hand_over(struct chore *chore, const struct envelope *envelope, struct str body)
{
    const struct integration *integration = chore->wanted.integration;
    struct mail mail = {.left_ms = integration->timeout_ms,
                        .plain = str_is(setting(chore, "tls"), "none"),
                        .from = envelope->from,
                        .to = envelope->to,
                        .body = body};
    const struct call_watcher watcher = {.self = chore, .end = take_end};
    chore->go_on = NULL;
    supervisor_mail(chore->wanted.supervisor, integration, &mail, &watcher);
}

static void write_letter(struct chore *chore)
{
    struct compose *compose = chore->compose;
    struct str from = chore_text(chore, "from");
    const struct letter letter = {.from = from.len > 0 ? from : setting(chore, "from"),
                                  .to = chore_text(chore, "to"),
                                  .reply_to = chore_text(chore, "reply_to"),
                                  .subject =
                                      str_trim(compose_part(compose, COMPOSE_SUBJECT)),
                                  .text = compose_part(compose, COMPOSE_TEXT),
                                  .html = compose_part(compose, COMPOSE_HTML),
                                  .unsubscribe = chore_text(chore, "unsubscribe"),
                                  .key = chore->wanted.key,
                                  .time_ms = clock_now_ms(chore->chores->settings.clock)};
    struct envelope envelope;
    struct error error;
    struct text body;
    text_init(&body, LETTER_BYTES);
    if (letter_write(&letter, &chore->arena, &envelope, &body, &error)) {
        hand_over(chore, &envelope, text_str(&body));
    } else {
        chore_fail(chore, &error);
    }
    text_done(&body);
}

void chore_mail(struct chore *chore)
{
    struct error error;
    if (!chore->compose && !begin(chore, &error)) {
        chore_fail(chore, &error);
        return;
    }
    switch (compose_go_on(chore->compose, &chore->chores->wait_ms, &error)) {
    case COMPOSE_DONE:
        write_letter(chore);
        break;
    case COMPOSE_FAILED:
        chore_fail(chore, &error);
        break;
    default:
        break;
    }
}
