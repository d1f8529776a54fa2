/* money - exact decimals as text: prices are never a double. Pure. */
#ifndef PLUGINS_MAGENTO2_MONEY_H
#define PLUGINS_MAGENTO2_MONEY_H

#include <imh/imh.h>

/* "28.93", with a zero behind; empty: no number. */
struct money_text {
    char text[32];
};

/* To two places, half away from zero; "35", "19.5" and "19.99" stay as they are. */
struct money_text money_round(imh_str decimal);

/* price * quantity, to at most four places. */
struct money_text money_times(imh_str price, imh_str quantity);

/* price * rate, to two places; of the rate eight places count. */
struct money_text money_convert(imh_str price, imh_str rate);

/* <0, 0, >0; what is no number is less than any. */
int money_compare(struct money_text a, struct money_text b);

/* Of whole cents those below `decimal` end before the first, which is "14.995" for "15" and
 * for "14.991"; those above it begin with the second: "15.005", and "14.995". What is
 * rounded to cents is one of them on the same side. */
struct money_text money_half_below(imh_str decimal);
struct money_text money_half_above(imh_str decimal);

#endif
