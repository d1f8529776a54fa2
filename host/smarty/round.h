/* round - PHP's rounding and grouping of numbers. */
#ifndef HOST_SMARTY_ROUND_H
#define HOST_SMARTY_ROUND_H

#include "base/text.h"

/* Half away from zero, with PHP 8.2's pre-rounding: 1.955 to two places is 1.96. */
double round_to(double real, int places);

/* number_format(): 1234567.891 with 2, ",", "." is 1.234.567,89; never a -0. */
void format_number(struct text *out, double real, int places, struct str point,
                   struct str group);

#endif
