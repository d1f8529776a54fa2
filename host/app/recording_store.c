#include "app/recording.h"

#include <stdlib.h>

#include "app/asking.h"
#include "app/event_desk.h"

enum { PAGE_EVENTS = 500 };

struct store_recording {
    struct recording recording; /* first */
    const struct asking *asking;
    const struct recording_span *span;
    json_t *page;
    size_t at;
    int64_t after;
};

static json_t *ask_store(const struct asking *asking, const char *what, json_t *arguments,
                         struct error *error)
{
    return event_desk_ask(asking->context->store, what, arguments, error);
}

static json_t *ask(struct store_recording *recording, int64_t after, int64_t limit)
{
    const struct recording_span *span = recording->span;
    json_t *question =
        json_pack("{s:s,s:I,s:I,s:I,s:I}", "account", span->account, "after",
                  (json_int_t)after, "since_ms", (json_int_t)span->since_ms, "before_ms",
                  (json_int_t)span->before_ms, "limit", (json_int_t)limit);
    return asking_ask(recording->asking, "event", "read", question, ask_store,
                      &recording->recording.status);
}

static int64_t number_of(const json_t *item, size_t member)
{
    return json_integer_value(json_array_get(item, member));
}

static struct str text_of(const json_t *item, size_t member)
{
    const json_t *value = json_array_get(item, member);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

/* Lent from the item. */
static struct rehearsed event_of(const json_t *item)
{
    return (struct rehearsed){.trigger = {.id = number_of(item, 0),
                                          .at_ms = number_of(item, 1),
                                          .integration = text_of(item, 3),
                                          .type = text_of(item, 4),
                                          .key = text_of(item, 5),
                                          .data = text_of(item, 6),
                                          .subject = text_of(item, 7),
                                          .origin = text_of(item, 8)},
                              .place = number_of(item, 0),
                              .seen_ms = number_of(item, 2)};
}

static bool next(struct recording *own, struct rehearsed *event, bool *over,
                 struct error *error)
{
    struct store_recording *recording = (struct store_recording *)(void *)own;
    const json_t *items = json_object_get(recording->page, "items");
    int64_t only = recording->span->only;
    if (recording->at >= json_array_size(items)) {
        json_decref(recording->page);
        recording->at = 0;
        recording->page = ask(recording, recording->after, only ? 1 : PAGE_EVENTS);
        items = json_object_get(recording->page, "items");
    }
    const json_t *item = json_array_get(items, recording->at++);
    *over = !item || (only && number_of(item, 0) != only);
    if (own->status != EXIT_DONE) {
        return error_set(error, IMH_RETRY, "the events cannot be read");
    }
    if (!*over) {
        *event = event_of(item);
        recording->after = event->place;
    }
    return true;
}

static bool copy_all(struct arena *arena, struct rehearsed *event)
{
    struct str *const texts[] = {&event->trigger.integration, &event->trigger.type,
                                 &event->trigger.key,         &event->trigger.data,
                                 &event->trigger.subject,     &event->trigger.origin};
    bool good = true;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = arena_copy(arena, *texts[i]);
        good = good && texts[i]->ptr;
    }
    return good;
}

static bool load(struct recording *own, int64_t place, struct arena *arena,
                 struct rehearsed *event, struct error *error)
{
    struct store_recording *recording = (struct store_recording *)(void *)own;
    json_auto_t *answer = ask(recording, place - 1, 1);
    const json_t *item = json_array_get(json_object_get(answer, "items"), 0);
    if (number_of(item, 0) != place) {
        return error_set(error, IMH_MISSING, "event %lld is gone meanwhile: try again",
                         (long long)place);
    }
    *event = event_of(item);
    return copy_all(arena, event) || error_set(error, IMH_RETRY, "no memory for an event");
}

static void free_recording(struct recording *own)
{
    struct store_recording *recording = (struct store_recording *)(void *)own;
    json_decref(recording->page);
    free(recording);
}

struct recording *recording_of_store(const struct asking *asking,
                                     const struct recording_span *span)
{
    struct store_recording *recording = calloc(1, sizeof *recording);
    if (!recording) {
        return NULL;
    }
    recording->recording = (struct recording){next, load, free_recording, EXIT_DONE};
    recording->asking = asking;
    recording->span = span;
    recording->after = span->only ? span->only - 1 : 0;
    return &recording->recording;
}
