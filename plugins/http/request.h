/* request - the request that the arguments of the action describe.
 *
 * Its address is the configured one or below it, whatever the arguments say; what names the
 * caller or frames the message is not theirs to set.
 */
#ifndef PLUGINS_HTTP_REQUEST_H
#define PLUGINS_HTTP_REQUEST_H

#include <imh/imh.h>

/* Errors: IMH_REJECTED with the argument that is wrong, IMH_DENIED for an option. */
imh_status request_make(imh_call *call, imh_str args, imh_str key, imh_request *request);

/* HEAD of the configured address, with the credential: it changes nothing there. */
imh_status request_probe(imh_call *call, imh_request *request);

#endif
