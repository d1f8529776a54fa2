/* data - JSON into values and back.
 *
 * Two readings. Template data (DATA_PLAIN) is read as PHP's json_decode reads it: a number
 * too large for 64 bits becomes a float. An answer of an integration (DATA_ANSWER) keeps
 * all digits of a number, and its `$`-members mean something:
 *
 *     {"$value": 19.95, "currency": "EUR"}   prints, compares and filters as 19.95
 *     {"$raw": ...}                          is its content; nothing inside is interpreted
 *
 * Other `$`-members are dropped. Below a member `attributes` nothing is interpreted either:
 * there is the remote's own data, and it must not be able to plant anything.
 */
#ifndef HOST_SMARTY_DATA_H
#define HOST_SMARTY_DATA_H

#include "base/json.h"
#include "smarty/value.h"

enum data_kind { DATA_PLAIN, DATA_ANSWER };

/* Names and texts without escapes are lent from `json`: it must live as long as the value.
 * Errors say the byte and the reason. */
bool data_read(struct str json, const struct json_limits *limits, enum data_kind kind,
               struct arena *arena, struct value *value, struct error *error);

/* Adds the value as JSON; exact numbers, `$value` objects as their plain form with their
 * members under it. Lazy and pending values are null. */
void data_write(struct text *out, const struct value *value);

#endif
