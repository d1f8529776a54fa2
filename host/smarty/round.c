#include "smarty/round.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS = 14, EXACT_POWER = 22, PLACES_MOST = 100 };

static double power_of_ten(int exponent)
{
    return pow(10.0, exponent);
}

static double half_away(double real)
{
    return real >= 0 ? floor(real + 0.5) : ceil(real - 0.5);
}

static double shift(double real, int places)
{
    return places >= 0 ? real * power_of_ten(places) : real / power_of_ten(-places);
}

/* Beyond exact powers of ten digits are read again, as PHP does; `real` when even that
 * fails. */
static double shift_back(double shifted, int places, double real)
{
    char text[64];
    if (places >= -EXACT_POWER && places <= EXACT_POWER) {
        return places > 0 ? shifted / power_of_ten(places)
                          : shifted * power_of_ten(-places);
    }
    (void)snprintf(text, sizeof text, "%15fe%d", shifted, -places);
    double back = strtod(text, NULL);
    return isfinite(back) ? back : real;
}

double round_to(double real, int places)
{
    if (!isfinite(real) || real == 0) {
        return real;
    }
    places = places > 10 * PLACES_MOST ? 10 * PLACES_MOST : places;
    places = places < -10 * PLACES_MOST ? -10 * PLACES_MOST : places;
    /* How many places 14 digits reach: rounded there first, what looks like a half is one.
     */
    int reach = DIGITS - (int)floor(log10(fabs(real)));
    double shifted;
    if (reach > places && reach - 15 < places) {
        shifted = half_away(shift(real, reach));
        int back = places - reach;
        shifted = shifted / power_of_ten(back < -60 ? 60 : -back);
    } else {
        shifted = shift(real, places);
        if (fabs(shifted) >= 1e15) {
            return real;
        }
    }
    if (fabs(shifted) >= 1e15) {
        return real;
    }
    return shift_back(half_away(shifted), places, real);
}

static void add_groups(struct text *out, struct str whole, struct str group)
{
    for (size_t i = 0; i < whole.len; i++) {
        if (i > 0 && (whole.len - i) % 3 == 0) {
            text_add(out, group);
        }
        text_add_char(out, whole.ptr[i]);
    }
}

void format_number(struct text *out, double real, int places, struct str point,
                   struct str group)
{
    char digits[512];
    places = places < 0 ? 0 : places > PLACES_MOST ? PLACES_MOST : places;
    real = round_to(real, places);
    if (!isfinite(real)) {
        text_add_cstr(out, isnan(real) ? "nan" : real < 0 ? "-inf" : "inf");
        return;
    }
    (void)snprintf(digits, sizeof digits, "%.*f", places, fabs(real));
    struct str whole = str_before(str_from(digits), str_find_char(str_from(digits), '.'));
    if (real < 0 && strspn(digits, "0.") < strlen(digits)) {
        text_add_char(out, '-');
    }
    add_groups(out, whole, group);
    if (places > 0) {
        text_add(out, point);
        text_add_cstr(out, digits + whole.len + 1);
    }
}
