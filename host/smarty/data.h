/* data - JSON into values and back.
 *
 * Two readings. Template data (DATA_PLAIN) is read as PHP's json_decode reads it: a number
 * too large for 64 bits becomes a float, the last of members with one name counts. An
 * answer of an integration (DATA_ANSWER) keeps every number as it came (1.10, 2^63), must
 * have members of different names, and its `$`-members mean something:
 *
 *     {"$value": 19.95, "currency": "EUR"}   prints, compares and filters as 19.95
 *     {"$time": "2026-11-21 19:50:59"}       prints as that; has .timestamp (UTC seconds)
 *                                            and .local (text in the account's time zone)
 *     {"$time": "2024-02-29 00:00:00", "$utc": 1709161200}
 *                                            the same of a clock that is not UTC's; null:
 *                                            nobody knows which moment it is
 *     {"$ref": ["customer", "17"]}           another object, fetched when gone into
 *     {"$items": [...], "$next": "2", "$total": 312, "$done": ["filter", "orderby"]}
 *                                            a part of a list: its items, with a page
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
enum { DATA_PATH_MOST = 4 }; /* parts of a reference: a variable, its key, members */

/* What makes a lazy value of a reference: {"$ref": ["customer", "17"]}, or of a member of
 * what it leads to: {"$ref": ["customer", "17", "name"]}. With "$filter", an
 * array of conditions, only the elements of a list that pass. false: it leads nowhere, and
 * the value is null. The texts live as long as the value. */
struct data_reference {
    struct str path[DATA_PATH_MOST];
    uint32_t count;
    struct str filter; /* JSON, an array; empty for none */
};

struct zone;

struct data_linker {
    void *self;
    const struct zone *zone; /* the account's; NULL: UTC */
    bool (*link)(void *self, const struct data_reference *reference, struct arena *arena,
                 struct value *value);
};

/* Names and texts without escapes are lent from `json`: it must live as long as the value.
 * Errors say the byte and the reason. */
bool data_read(struct str json, const struct json_limits *limits, enum data_kind kind,
               struct arena *arena, struct value *value, struct error *error);

/* DATA_ANSWER, with references made by `linker`. */
bool data_read_linked(struct str json, const struct json_limits *limits,
                      const struct data_linker *linker, struct arena *arena,
                      struct value *value, struct error *error);

/* Adds the value as JSON; exact numbers, `$value` objects as their plain form with their
 * members under it. What is lazy is written as its reference, what is pending as null. */
void data_write(struct text *out, const struct value *value);

/* The same for those who know no `$`-members: of a `$value` object only its plain form, and
 * null for what is lazy. */
void data_write_plain(struct text *out, const struct value *value);

/* Says what is written for what is lazy: another value, or itself, as its reference. */
struct data_follower {
    void *self;
    struct value (*follow)(void *self, const struct lazy *lazy);
};

/* The same, of what is lazy what it is followed to: one step, what is lazy in that is
 * written as its reference. */
void data_write_followed(struct text *out, const struct value *value,
                         const struct data_follower *follower);

#endif
