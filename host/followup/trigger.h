/* trigger - an event as expressions see it: `$trigger`.
 *
 * The event's data as root, with `type timestamp source trigger id` beside it: these win,
 * the originals stand below `attributes`. Pure.
 */
#ifndef HOST_FOLLOWUP_TRIGGER_H
#define HOST_FOLLOWUP_TRIGGER_H

#include "base/arena.h"
#include "base/text.h"

struct data_linker;
struct value;

enum {
    CAUSES_MOST = 16, /* events and follow-ups, each the cause of the next */
    TRIGGER_FIELD_BYTES = 200,
    TRIGGER_RECORD_BYTES = 128
};

/* An event that is looked at. */
struct trigger {
    int64_t id; /* 0: it has none yet */
    struct str integration, type, key;
    int64_t at_ms;
    struct str data;    /* a JSON object */
    struct str origin;  /* JSON: its causes; empty for none */
    struct str subject; /* a JSON object, for trigger_field(); or empty */
};

/* `linker` makes what references of it lead to. Lies in the arena, and lends from `data`.
 */
bool trigger_value(const struct trigger *trigger, const struct data_linker *linker,
                   struct arena *arena, struct value *value, struct error *error);

/* What it is about: two of its events with one record are about the same thing. Lent. */
struct str trigger_record(const struct trigger *trigger);

/* The text of a member of the data, else of the subject: "customer.email"; false when there
 * is none, or it is no text, number or truth. */
bool trigger_field(const struct trigger *trigger, struct str field, struct text *out);

/* The causes of what this follow-up does because of it, as JSON; false: that would be a
 * loop, and `why` says which. */
bool trigger_causes(const struct trigger *trigger, struct str followup, struct text *causes,
                    struct error *why);

#endif
