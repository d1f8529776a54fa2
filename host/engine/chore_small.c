#include "base/utf8.h"
#include "engine/chores_inside.h"
#include "engine/followups.h"
#include "smarty/data.h"

/* ---- event.emit ---- */

/* A key that was told before is no failure: the event is there. */
static bool add_event(struct store_work *work, struct db *db, struct error *error)
{
    struct chore *chore = (struct chore *)(void *)work;
    return event_add(db, &chore->event, false, error) &&
           (chore->event.id == 0 || !chore->looked ||
            followup_page_take(chore->looked, db, &chore->event, error));
}

void chore_event_stored(struct chore *chore)
{
    if (chore->looked) {
        followup_page_stored(chore->looked, chore->chores->settings.deliver);
    }
}

/* What it may start is found before it goes to the store. */
static bool look(struct chore *chore, struct error *error)
{
    const struct chores_settings *settings = &chore->chores->settings;
    const struct integration *integration = chore->wanted.integration;
    if (!settings->look) {
        return true;
    }
    chore->looked = settings->look(settings->self, integration->account,
                                   integration->identifier, &chore->event);
    return chore->looked || error_set(error, IMH_RETRY, "no memory for an event");
}

static bool write_data(struct chore *chore, struct error *error)
{
    const struct value *data = chore_object(chore, "data");
    struct text json;
    text_init(&json, EVENT_DATA_BYTES);
    if (data && data->array->count > 0) {
        data_write(&json, data);
    } else {
        text_add_cstr(&json, "{}");
    }
    bool good = text_ok(&json, "'data'", error);
    chore->event.data = arena_copy(&chore->arena, text_str(&json));
    text_done(&json);
    return good &&
           (chore->event.data.ptr || error_set(error, IMH_RETRY, "no memory for an event"));
}

void chore_event(struct chore *chore)
{
    struct error error;
    struct str key = chore_text(chore, "key");
    int64_t now_ms = clock_now_ms(chore->chores->settings.clock);
    chore->go_on = NULL;
    chore->event = (struct event){.integration = chore->wanted.queue_number,
                                  .type = chore_text(chore, "type"),
                                  .key = key.len > 0 ? key : chore->wanted.key,
                                  .at_ms = now_ms,
                                  .seen_at_ms = now_ms,
                                  .subject = STR_OF("{}"),
                                  .origin = chore->wanted.origin};
    if (!write_data(chore, &error) || !event_check(&chore->event, &error) ||
        !look(chore, &error)) {
        chore_fail(chore, &error);
        return;
    }
    chore->work.run = add_event;
    chore->work.answer_to = chore->chores->answers;
    chore->in_store = true;
    store_put(chore->chores->settings.store, &chore->work);
}

/* ---- log.write ---- */

void chore_log(struct chore *chore)
{
    const struct integration *integration = chore->wanted.integration;
    struct text line;
    uint32_t level = IMH_INFO;
    (void)log_level(chore_text(chore, "level"), &level);
    text_init(&line, CHORES_LOG_BYTES);
    utf8_add_shown(&line, str_before(chore_text(chore, "text"), CHORES_LOG_BYTES));
    log_write(chore->chores->settings.log, level, "account says", "account",
              integration->account, "text", text_cstr(&line), NULL);
    text_done(&line);
    chore_end(chore, IMH_OK, STR_OF(""));
}
