/* smarty_rig - templates with what they print, in tables.
 *
 * The variables of every template are those of RIG_VARIABLES. What is expected came from
 * real Smarty, but for what only Smarty 5 or we know.
 */
#ifndef TESTS_UNIT_SMARTY_SMARTY_RIG_H
#define TESTS_UNIT_SMARTY_SMARTY_RIG_H

#include "base/text.h"
#include "smarty/smarty.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define RIG_VARIABLES                                                                     \
    "{\"n\":5,\"m\":-2.5,\"s\":\"O'Neil & <b>sons</b>\",\"t\":\"12 apples\",\"z\":null,"  \
    "\"y\":true,\"f\":false,\"l\":[1,\"two\",3.5],\"e\":[],\"k\":{\"a\":\"x\",\"5\":"     \
    "\"five\",\"b\":{\"c\":\"deep\"}},\"r\":[{\"name\":\"A\",\"price\":19.99},{\"name\":" \
    "\"B\",\"price\":5}]}"

enum { RIG_NOW_S = 1767225600 }; /* 2026-01-01 00:00 UTC */

/* `expected` is what is printed, or the error: "rig:1: what". */
struct rig_case {
    struct str template, expected;
};

/* The templates that can be included: see there. */
bool rig_read(void *self, struct str name, struct text *source, struct error *error);

/* Renders each; fails the test with all that differ. */
void rig_check(const struct rig_case *cases, size_t count);
void rig_check_escaped(const struct rig_case *cases, size_t count);

/* Adds what is printed, or the error; `limits` NULL: the usual ones. */
void rig_render(struct str template, bool escape_html, const struct smarty_limits *limits,
                struct text *out);

/* The error of a template that must have one; in `limits` when given. */
void rig_fails(struct str template, const struct smarty_limits *limits, const char *error);

/* `count` times the text: for templates of size. */
void rig_repeat(struct text *out, const char *what, size_t count);

#endif
