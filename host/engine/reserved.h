/* reserved - identifiers: how they are spelled, and which belong to the platform. */
#ifndef HOST_ENGINE_RESERVED_H
#define HOST_ENGINE_RESERVED_H

#include "base/error.h"
#include "base/str.h"

enum { IDENTIFIER_BYTES = 64 };

/* A word that means something in every template: profile, message, trigger ... */
bool reserved_is(struct str name);

/* Can an integration be called so? The error is a clause that names the rule. */
bool reserved_check_identifier(struct str name, struct error *error);

#endif
