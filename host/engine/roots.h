/* roots - an integration as a template meets it: variables, keys, references, lists.
 *
 *     $shop                 a root: its members are the plugin's variables
 *     $shop.product         a keyed variable: its members are keys
 *     $shop.products        a list, fetched when it is looped over, see lists.h
 *     $order.customer       a reference of an answer: fetched when gone into
 *
 * Private to variables, which answers what is asked here. A root lives as long as the
 * variables; what a template makes of it lies in the render's arena.
 *
 * Thread: that of the variables.
 */
#ifndef HOST_ENGINE_ROOTS_H
#define HOST_ENGINE_ROOTS_H

#include "engine/answers.h"
#include "engine/variables.h"
#include "smarty/data.h"

/* An integration. */
struct root {
    struct lazy lazy; /* first */
    struct root *next;
    struct variables *variables;
    const struct integration *integration;
    const struct descriptor *descriptor; /* NULL: the plugin cannot be used, see failure */
    struct error failure;
    uint64_t window;  /* in which the plugin was tried last */
    uint32_t batches; /* under way */
};

extern const struct lazy_type root_type;

/* A variable of a root, or one key of it, or a part of it that a query names. */
struct ask {
    const struct root *root;
    uint32_t variable;
    bool has_key;
    struct str key;
    struct str query; /* JSON; empty for none */
    bool is_page;     /* of a list, and not its first */
};

/* The answer as far as it is known: a value, VALUE_PENDING, or VALUE_NULL when there is
 * none. Its value may be lazy: a reference to something else. By variables.c. */
bool variables_ask(struct variables *variables, const struct ask *ask, struct value *value,
                   struct error *error);

/* The plugin of the root cannot be used, or what it gave: what that means for the message,
 * as the failure of a lookup does. By variables.c. */
bool variables_fail(struct variables *variables, const struct root *root,
                    const struct error *failure, struct value *value, struct error *error);

/* Makes lazy values of the references in answers of the root. */
struct data_linker root_linker(struct root *root);

#endif
