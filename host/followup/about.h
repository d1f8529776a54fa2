/* about - is an event the one that somebody asks about, by a key of their own? Pure. */
#ifndef HOST_FOLLOWUP_ABOUT_H
#define HOST_FOLLOWUP_ABOUT_H

#include "followup/followup.h"
#include "followup/trigger.h"

/* `key` is the event's key, or its beginning, as "order/17" of "order/17/paid"; or whom or
 * what the event is about: its e-mail address, customer or cart, or what `until` and
 * `restart` of the follow-up (NULL: none) compare. */
bool about_key(const struct trigger *trigger, const struct followup *followup,
               struct str key);

#endif
