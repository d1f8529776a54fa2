/* letters - texts compared as the shop's database does: without regard to case.
 *
 * Of UTF-8: Latin, Greek and Cyrillic. Pure.
 */
#ifndef PLUGINS_MAGENTO2_LETTERS_H
#define PLUGINS_MAGENTO2_LETTERS_H

#include <imh/imh.h>

/* Are they the same but for the case of letters? */
int letters_same(imh_str a, imh_str b);

#endif
