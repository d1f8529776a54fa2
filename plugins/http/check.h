/* check - is the remote there, and does it take the credential? */
#ifndef PLUGINS_HTTP_CHECK_H
#define PLUGINS_HTTP_CHECK_H

#include <imh/imh.h>

imh_status check_address(imh_call *call);

#endif
