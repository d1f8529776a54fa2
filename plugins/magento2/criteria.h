/* criteria - the address of a list of the shop, condition by condition.
 *
 *     struct criteria criteria = criteria_begin(call, "orders");
 *     criteria_filter(&criteria, CRITERIA_AND, "store_id", "eq", imh_text("1"));
 *     criteria_sort(&criteria, "entity_id", 0);
 *     const imh_request *request = criteria_request(&criteria, "entity_id", 100, 1);
 *
 * Groups of filters must all let a thing through, of a group's filters any one. Pure, but
 * for memory of the call.
 */
#ifndef PLUGINS_MAGENTO2_CRITERIA_H
#define PLUGINS_MAGENTO2_CRITERIA_H

#include "shop.h"

enum {
    CRITERIA_URL_BYTES = 6000,  /* longest address: servers take 8 KB */
    CRITERIA_FILTER_BYTES = 340 /* what a filter adds beside its value */
};

enum {
    CRITERIA_AND /* a group of its own */,
    CRITERIA_OR /* in the last filter's group */
};

struct criteria {
    imh_call *call;
    imh_str url;
    unsigned groups, filters, sorts;
};

struct criteria criteria_begin(imh_call *call, const char *path);

/* `value` as it is: it is encoded here. */
void criteria_filter(struct criteria *criteria, int joins, const char *field,
                     const char *condition, imh_str value);

/* No room for another filter of a template. The order in which signatures take the
 * parameters differs between shops from the eleventh group on. */
int criteria_is_full(const struct criteria *criteria);

void criteria_sort(struct criteria *criteria, const char *field, int descending);

/* Page number `page`, from 1 on. Sorted by `id` behind all else, so that pages are stable;
 * NULL for lists that are never longer than a page. */
const imh_request *criteria_request(struct criteria *criteria, const char *id,
                                    unsigned size, unsigned page);

/* A key that can stand in the list of an `in`: it splits at commas and knows no blanks. */
int criteria_is_plain(imh_str key);

/* "a,b": one more for the list of an `in`, unless it is in there. */
imh_str criteria_append(imh_call *call, imh_str list, imh_str item);

/* Digits only, as ids are; without leading zeros. */
int criteria_is_number(imh_str key);

#endif
