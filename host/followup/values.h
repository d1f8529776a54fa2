/* values - what the variables of a condition were when it was answered.
 *
 * Found once, with the condition; written beside its answer, so that people are told why it
 * was yes or no, whatever the data says later. Long ones are cut.
 */
#ifndef HOST_FOLLOWUP_VALUES_H
#define HOST_FOLLOWUP_VALUES_H

#include "base/arena.h"
#include "base/text.h"

struct smarty_data;
struct smarty_renderer;
struct smarty_template;

enum {
    VALUES_MOST = 8, /* of a condition; the first ones */
    VALUES_ONE_BYTES = 120,
    VALUES_BYTES = 1500 /* of all, as JSON */
};

/* A variable as the condition names it: "$trigger.customer.email". */
struct values_item {
    struct str name;
    struct smarty_template *template;
    uint32_t number; /* for who has several conditions: equal names have the same */
};

struct values {
    struct values_item *items;
    uint32_t count;
};

/* Those of a template, which compiles; none when memory is out. Names are in the arena. */
void values_find(struct values *values, struct str template_source, struct arena *arena);
void values_done(struct values *values);

/* Adds what one of them is, as JSON; null when it is not there. false: it is not known,
 * since nobody needed it; nothing was added. */
bool values_write_one(const struct values_item *item, struct smarty_renderer *renderer,
                      const struct smarty_data *data, struct text *out);

/* Adds a JSON object of what was written of each: {"$trigger.total":50}. What has no text
 * is left out. */
void values_join(const struct values *values, const struct str *written, struct text *out);

/* The same, written now. */
void values_write(const struct values *values, struct smarty_renderer *renderer,
                  const struct smarty_data *data, struct text *out);

#endif
