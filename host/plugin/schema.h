/* schema - the part of JSON Schema in which plugins say what their arguments and records
 * look like:
 *
 *     type  enum  required  properties  additionalProperties  items
 *     minimum  maximum  minLength  maxLength    and, for people, title  description
 *
 * They mean what they mean there; lengths count characters, a whole number has no point.
 * Any other word is refused when the plugin is loaded: what is not checked must not look as
 * if it were. Pure; the value may come from anybody.
 */
#ifndef HOST_PLUGIN_SCHEMA_H
#define HOST_PLUGIN_SCHEMA_H

#include "base/error.h"
#include "base/str.h"

enum { SCHEMA_BYTES = 64 << 10 };

/* Is it one that schema_accepts() understands? `error` names the place in it:
 * "/properties/price/type: 'money' is no type". */
bool schema_check(struct str schema, struct error *error);

/* Is the value as the schema, a checked one, wants it? Errors: IMH_REJECTED with the place
 * as a JSON Pointer, "/lines/0/price must be at least 0": the first thing that is wrong. */
bool schema_accepts(struct str schema, struct str value, struct error *error);

#endif
