/* address - whom a mail is from and for: "Anna Jansen <anna@example.com>" or the bare
 * address.
 *
 * Only what every server takes: the part before the @ is letters, digits, dots and a few
 * signs, not quoted and not beyond ASCII; the domain is a name, an international one is
 * written as its ASCII form ("xn--..."). What could begin another header, or another
 * address, is refused. Pure.
 */
#ifndef HOST_LETTER_ADDRESS_H
#define HOST_LETTER_ADDRESS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum {
    ADDRESS_BYTES = 254,      /* the address itself, in ASCII ... */
    ADDRESS_LOCAL_BYTES = 64, /* ... and its part before the @ */
    ADDRESS_LABEL_BYTES = 63, /* between two dots of its domain */
    ADDRESS_NAME_BYTES = 200  /* the name before it */
};

struct address {
    struct str name;    /* UTF-8; empty for none */
    struct str mailbox; /* "anna@example.com", ASCII */
};

/* Lies in the arena. Errors: IMH_REJECTED, a clause that fits behind the argument's name.
 */
bool address_parse(struct str text, struct arena *arena, struct address *address,
                   struct error *error);

/* "example.com" */
struct str address_domain(const struct address *address);

#endif
