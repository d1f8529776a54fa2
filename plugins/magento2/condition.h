/* condition - a filter of a template in the shop's words, where the shop has any.
 *
 * Templates compare as PHP does, the shop as its database: without regard to case and to
 * blanks behind, "abc" is 0, texts have another order. So each kind of column says what can
 * be asked for: never less than templates would keep. Where it may be more, the column's
 * doubts() looks at what came. Pure, but for memory of the call.
 */
#ifndef PLUGINS_MAGENTO2_CONDITION_H
#define PLUGINS_MAGENTO2_CONDITION_H

#include "criteria.h"

/* ["price", "<", "15"] without the field. */
struct asked {
    imh_str relation, value;
    uint32_t type; /* of the value: IMH_JSON_* */
    const struct shop_view *view;
};

struct column;

/* Adds the filter to what the shop is asked; 0 when it would not find all that templates
 * do: then nothing is added. */
typedef int condition_ask(struct criteria *criteria, const struct column *column,
                          const struct asked *asked);

/* A field of the model that lists can be asked by. */
struct column {
    const char *name;  /* in templates: "title" */
    const char *field; /* in the shop: "name" */
    condition_ask *ask;
    int sorts;    /* and it can be sorted by */
    int may_lack; /* a number that not all have: none is 0, too */
    /* Templates may see something else than the shop found: the host has to filter a page
     * with such an item. NULL: never. */
    int (*doubts)(imh_call *call, const struct column *column, imh_str item, imh_str value);
    int told;                  /* no field of the items: it is written into each */
    int owns;                  /* whose text at `at` is another is nobody's to show here */
    const char *at;            /* place in an item, for condition_differs() and `owns` */
    const char *const *labels; /* of condition_label: of 0, 1 ... up to NULL */
};

condition_ask condition_number; /* 12 */
condition_ask condition_text;   /* with condition_differs() */
condition_ask condition_code;   /* a text in small letters, always: "complete" */
condition_ask condition_moment; /* "2026-11-21 19:52:57" */
condition_ask condition_day;    /* "1980-02-29" */
condition_ask condition_flag;   /* true */
condition_ask condition_label;  /* shown as one of its labels, kept as their number */
condition_ask condition_own;    /* of our references only: as the shop compares */

/* The text at `column->at` is written in another way than the value. */
int condition_differs(imh_call *call, const struct column *column, imh_str item,
                      imh_str value);

/* The shop's word for "<="; NULL for what it does otherwise than templates do. */
const char *condition_word(imh_str relation);

/* "12.5": a number that PHP, the shop and we read alike. */
int condition_is_decimal(imh_str value);

#endif
