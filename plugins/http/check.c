#include "check.h"

#include "outcome.h"
#include "request.h"

/* Most receivers of webhooks know POST alone. They are there, and would have asked who we
 * are before they looked at the method. */
static int says_only_not_so(uint32_t code)
{
    return code == 400 || code == 404 || code == 405 || code == 411 || code == 415 ||
           code == 422 || code == 501;
}

imh_status check_address(imh_call *call)
{
    imh_request request;
    const imh_reply *reply;
    imh_status status = request_probe(call, &request);
    if (status != IMH_OK) {
        return status;
    }
    status = imh_http(call, &request, &reply);
    if (status == IMH_OK || says_only_not_so(reply->code)) {
        return IMH_OK;
    }
    return outcome_of(call, status, reply);
}
