/* number - numbers as PHP writes and reads them.
 *
 * Pure; nothing allocates. Text of a number lies in room that the caller gives.
 */
#ifndef HOST_SMARTY_NUMBER_H
#define HOST_SMARTY_NUMBER_H

#include "smarty/value.h"

enum { NUMBER_BYTES = 40 };

struct number_text {
    char bytes[NUMBER_BYTES];
};

/* 14 significant digits, as PHP prints a float: `0.3`, `1.0E-5`, `INF`. */
struct str float_to_str(double real, struct number_text *room);

/* That many significant digits, at most 17. */
struct str float_to_digits(double real, int digits, struct number_text *room);

/* The shortest digits that read back, as PHP's json_encode. */
struct str float_to_exact_str(double real, struct number_text *room);

struct str int_to_str(int64_t integer, struct number_text *room);

/* How much of a text is a number: none, the start only ("5 apples"), all of it. White
 * space around it does not count. */
enum numeric { NUMERIC_NOT, NUMERIC_LEADING, NUMERIC_WHOLE };

/* On anything but NUMERIC_NOT `number` is an int or a float. */
enum numeric text_to_number(struct str text, struct value *number);

#endif
