/* moment - days of the shop: "2026-11-21". Pure, but for memory of the call. */
#ifndef PLUGINS_MAGENTO2_MOMENT_H
#define PLUGINS_MAGENTO2_MOMENT_H

#include <imh/imh.h>

/* The day, counted from 1970-01-01, as the shop writes it. */
imh_str moment_day(imh_call *call, int64_t day);

#endif
