#include "app/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/when.h"
#include "base/json.h"
#include "event/event.h"

struct file_recording {
    struct recording recording; /* first */
    const struct recording_span *span;
    const char *path;
    FILE *file;
    struct text line, again; /* `again`: one that is read once more */
    struct arena arena;      /* of the present event */
    int64_t number;          /* of the line */
    int64_t offset;          /* behind the last line that was read in order */
    int64_t seen_ms;         /* the clock never goes back */
};

static bool refuse(const struct file_recording *recording, const char *what,
                   struct error *error)
{
    return error_set(error, IMH_REJECTED, "%s:%" PRId64 ": %s", recording->path,
                     recording->number, what);
}

/* One line without its end; false: there is none, or it is too long. */
static bool read_line(struct file_recording *recording, struct text *line, bool *over,
                      struct error *error)
{
    int c = EOF;
    text_clear(line);
    while ((c = getc_unlocked(recording->file)) != EOF && c != '\n') {
        text_add_char(line, (char)c);
    }
    recording->number++;
    *over = c == EOF && line->len == 0;
    if (line->failed) {
        return refuse(recording, "the line is too long", error);
    }
    return !ferror(recording->file) || refuse(recording, "cannot be read", error);
}

/* ---- a line ---- */

static struct str member(struct str line, const char *pointer, enum json_event kind,
                         struct arena *arena)
{
    struct str whole;
    if (json_find(line, str_from(pointer), arena, &whole) != kind) {
        return STR_OF("");
    }
    if (kind != JSON_STRING) {
        return whole;
    }
    struct str inside = str_before(str_after(whole, 1), whole.len - 2);
    return json_decode(inside, str_find_char(inside, '\\') < inside.len, arena);
}

static bool find_moment(struct str line, const char *pointer, struct arena *arena,
                        int64_t *at_ms)
{
    struct str text = arena_copy(arena, member(line, pointer, JSON_STRING, arena));
    return text.len > 0 && when_read(text.ptr, at_ms);
}

/* Lent from the line and the arena. */
static bool parse(const struct file_recording *recording, struct str line,
                  struct arena *arena, struct rehearsed *event, struct error *error)
{
    struct trigger *trigger = &event->trigger;
    struct str id;
    *event = (struct rehearsed){.trigger = {.id = recording->number}};
    if (!json_check(line, &json_limits_reply, error)) {
        return error_wrap(error, "%s:%" PRId64, recording->path, recording->number);
    }
    id = member(line, "/id", JSON_INTEGER, arena);
    (void)str_to_int64(id, 1, INT64_MAX, &trigger->id);
    trigger->integration = member(line, "/integration", JSON_STRING, arena);
    trigger->type = member(line, "/type", JSON_STRING, arena);
    trigger->key = member(line, "/key", JSON_STRING, arena);
    trigger->data = member(line, "/data", JSON_OBJECT, arena);
    trigger->subject = member(line, "/subject", JSON_OBJECT, arena);
    trigger->origin = member(line, "/origin", JSON_OBJECT, arena);
    if (trigger->integration.len == 0 || trigger->type.len == 0 || trigger->data.len == 0 ||
        !find_moment(line, "/at", arena, &trigger->at_ms)) {
        return refuse(recording,
                      "an event has \"integration\", \"type\", \"data\", and "
                      "\"at\" like \"2026-11-28T10:00:00Z\"",
                      error);
    }
    event->seen_ms = trigger->at_ms;
    (void)find_moment(line, "/seen_at", arena, &event->seen_ms);
    return true;
}

static bool is_in_span(const struct recording_span *span, const struct trigger *trigger)
{
    return trigger->at_ms >= span->since_ms &&
           (span->before_ms == 0 || trigger->at_ms < span->before_ms) &&
           (span->only == 0 || trigger->id == span->only);
}

static bool next(struct recording *own, struct rehearsed *event, bool *over,
                 struct error *error)
{
    struct file_recording *recording = (struct file_recording *)(void *)own;
    while (read_line(recording, &recording->line, over, error)) {
        int64_t place = recording->offset;
        recording->offset += (int64_t)recording->line.len + 1;
        if (*over) {
            return true;
        }
        if (str_trim(text_str(&recording->line)).len == 0) {
            continue;
        }
        arena_clear(&recording->arena);
        if (!parse(recording, text_str(&recording->line), &recording->arena, event,
                   error)) {
            return false;
        }
        if (is_in_span(recording->span, &event->trigger)) {
            event->place = place;
            recording->seen_ms =
                event->seen_ms > recording->seen_ms ? event->seen_ms : recording->seen_ms;
            event->seen_ms = recording->seen_ms;
            return true;
        }
    }
    return false;
}

/* Back to the line, and then to where reading stands. */
static bool load(struct recording *own, int64_t place, struct arena *arena,
                 struct rehearsed *event, struct error *error)
{
    struct file_recording *recording = (struct file_recording *)(void *)own;
    int64_t number = recording->number;
    bool over = false;
    bool good = fseeko(recording->file, place, SEEK_SET) == 0 &&
                read_line(recording, &recording->again, &over, error) &&
                parse(recording, text_str(&recording->again), arena, event, error) &&
                fseeko(recording->file, recording->offset, SEEK_SET) == 0;
    recording->number = number;
    return good || refuse(recording, "the file cannot be read again", error);
}

static void free_recording(struct recording *own)
{
    struct file_recording *recording = (struct file_recording *)(void *)own;
    if (recording->file) {
        (void)fclose(recording->file);
    }
    text_done(&recording->line);
    text_done(&recording->again);
    arena_done(&recording->arena);
    free(recording);
}

struct recording *recording_of_file(const char *path, const struct recording_span *span,
                                    struct error *error)
{
    struct file_recording *recording = calloc(1, sizeof *recording);
    if (!recording) {
        (void)error_set(error, IMH_RETRY, "no memory for a file");
        return NULL;
    }
    recording->recording = (struct recording){next, load, free_recording, 0};
    recording->span = span;
    recording->path = path;
    text_init(&recording->line, RECORDING_LINE_BYTES);
    text_init(&recording->again, RECORDING_LINE_BYTES);
    arena_init(&recording->arena, 4096, 0);
    recording->file = fopen(path, "re");
    if (!recording->file) {
        (void)error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
        free_recording(&recording->recording);
        return NULL;
    }
    return &recording->recording;
}
