#include "letter/domain.h"

#include <string.h>

#include <idn2.h>

bool domain_add(struct text *out, struct str domain)
{
    char name[DOMAIN_BYTES + 1];
    char *ascii = NULL;
    if (domain.len > DOMAIN_BYTES || memchr(domain.ptr, '\0', domain.len)) {
        return false;
    }
    memcpy(name, domain.ptr, domain.len);
    name[domain.len] = '\0';
    if (idn2_to_ascii_8z(name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) {
        return false;
    }
    text_add_cstr(out, ascii);
    idn2_free(ascii);
    return true;
}
