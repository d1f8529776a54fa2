/* sign_base - what an OAuth 1.0a signature is made over (RFC 5849, 3.4.1): method, address
 * and parameters, escaped and put in order; and the two ways in which servers in use do it
 * otherwise (imh.h, IMH_OAUTH1_*). Pure.
 */
#ifndef HOST_NET_SIGN_BASE_H
#define HOST_NET_SIGN_BASE_H

#include "base/arena.h"
#include "net/sign.h"

enum { SIGN_PARAMETERS_MOST = 4000 }; /* of query and form together */

struct sign_parameter {
    const char *name;
    struct str value;
};

/* Those of the protocol itself; the signature is not one of them. */
struct sign_protocol {
    uint32_t variant; /* IMH_OAUTH1_* */
    const struct sign_parameter *items;
    size_t count;
};

/* The base string of a request with these protocol parameters. A form's fields belong to
 * it, a body of another kind does not. The arena is for what it is made of. Errors:
 * IMH_REJECTED when it has too many parameters, IMH_BROKEN for an unknown variant. */
bool sign_base(const struct sign_protocol *protocol, const struct signing *signing,
               struct arena *arena, struct text *base, struct error *error);

/* Natural order as PHP's strnatcmp() has it: runs of digits compare by their value, those
 * that begin with a zero as fractions. Negative, zero or positive. */
int sign_natural_order(struct str a, struct str b);

#endif
