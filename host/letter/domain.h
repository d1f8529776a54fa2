/* domain - an international domain as servers know it: "bücher.example" is
 * "xn--bcher-kva.example" (IDNA 2008 with the mappings of UTS 46, by libidn2). Pure.
 */
#ifndef HOST_LETTER_DOMAIN_H
#define HOST_LETTER_DOMAIN_H

#include "base/text.h"

enum {
    DOMAIN_BYTES = 1020
}; /* of the international form: four for each of the ASCII one */

/* Adds it in ASCII, lower case. false: too long, or no domain; nothing is added. */
bool domain_add(struct text *out, struct str domain);

#endif
