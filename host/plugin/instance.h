/* instance - one configured integration inside a worker, and the threads that run its
 * calls.
 *
 * A plugin without IMH_CONCURRENT gets one lane (thread) per instance, one with it up to
 * `parallel`. The first call creates the instance before it does its own work; the others
 * wait for that.
 *
 * Thread: main, except instance_option(), instance_plugin() and instance_zones(), which
 * read what never changes while calls run.
 */
#ifndef HOST_PLUGIN_INSTANCE_H
#define HOST_PLUGIN_INSTANCE_H

#include "plugin/call.h"

struct instance;

/* Calls and parcels go to `outbox`. NULL when memory is out or the payload is none. */
struct instance *instance_make(uint64_t id, const struct entry *entry, struct str payload,
                               struct inbox *outbox);

/* Waits for running calls, destroys the plugin's instance. */
void instance_free(struct instance *instance);

uint64_t instance_id(const struct instance *instance);
struct str instance_option(const struct instance *instance, struct str name);
const imh_plugin *instance_plugin(const struct instance *instance);
const struct zones *instance_zones(const struct instance *instance);

/* Runs the call as soon as a lane is free. */
void instance_run(struct instance *instance, struct call *call);

/* Its first call has created it, and goes on: the others need not wait for that. */
void instance_is_created(struct instance *instance);

/* A call of this instance is over: its lane takes the next. */
void instance_over(struct instance *instance, struct call *call);

/* Ends a running call soon, or a waiting one at once (it is then handed back). */
struct call *instance_cancel(struct instance *instance, uint64_t id);

/* What a running call waits for may be there. */
void instance_wake(struct instance *instance, const struct call *call);

/* How many threads it has. */
uint32_t instance_lanes(const struct instance *instance);

/* Does one of them run nothing? */
bool instance_idles(const struct instance *instance);

/* Ends those that run nothing: the next call gets another. */
void instance_rest(struct instance *instance);

/* The running call with that number, or NULL. */
struct call *instance_call(const struct instance *instance, uint64_t id);

/* Gives a reply to the call it belongs to. */
void instance_reply(struct instance *instance, struct parcel *parcel);

#endif
