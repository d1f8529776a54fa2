/* moment - the shop's times: "2026-11-21 19:50:59", always UTC. Pure. */
#ifndef PLUGINS_MAGENTO2_MOMENT_H
#define PLUGINS_MAGENTO2_MOMENT_H

#include <imh/imh.h>

/* Seconds since 1970; 0 when the text is no such time. */
int moment_read(imh_str text, int64_t *seconds);

#endif
