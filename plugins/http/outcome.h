/* outcome - what the remote's answer means, for the queue and for those who read it. */
#ifndef PLUGINS_HTTP_OUTCOME_H
#define PLUGINS_HTTP_OUTCOME_H

#include <imh/imh.h>

/* The end of the action whose request ended so. 2xx is a result; what is not there, moved
 * or too large is rejected with the remote's own words. */
imh_status outcome_of(imh_call *call, imh_status status, const imh_reply *reply);

/* Says what happened, with the remote's words behind it; gives the status. */
imh_status outcome_tell(imh_call *call, imh_status status, const imh_reply *reply);

#endif
