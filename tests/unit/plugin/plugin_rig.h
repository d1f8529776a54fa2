/* plugin_rig - a plugin made of the test's own functions, its instances and calls.
 *
 * No file is loaded: the entry is filled by hand, the supervisor is the test.
 */
#ifndef TESTS_UNIT_PLUGIN_PLUGIN_RIG_H
#define TESTS_UNIT_PLUGIN_PLUGIN_RIG_H

#include "plugin/call.h"
#include "plugin/instance.h"

enum { RIG_PATIENCE_MS = 20000, RIG_INSTANCE = 7 };

/* Options "url", "empty" and the secret "pass_2"; one variable, "thing"; one event,
 * "order-create"; one source. */
struct entry rig_entry(uint32_t flags);

/* An instance "shop" of account "acme" with url = https://shop.example.com/. */
struct instance *rig_instance(const struct entry *entry, uint32_t parallel,
                              struct inbox *outbox);

/* A RESOLVE of so many lookups of variable 0, with keys "0", "1" ...; yours. */
struct call *rig_call(uint64_t id, uint32_t lookups, int64_t left_ms);
struct call *rig_call_of(uint64_t id, const struct call_order *order);

/* The next parcel of any kind, waited for; yours. That create() is done is passed over. */
struct parcel *rig_parcel(struct inbox *outbox);

/* As rig_parcel(), of that kind. */
struct parcel *rig_parcel_of(struct inbox *outbox, enum parcel_kind kind);

/* The end of a call: what came of it; frees the parcel, tells the instance, frees the call.
 */
struct error rig_end(struct instance *instance, struct inbox *outbox,
                     const struct call *call);

/* ---- a call without a lane, for the services ---- */

struct desk {
    struct entry entry;
    struct inbox *outbox, *inbox;
    struct instance *instance;
    struct call *call;
    imh_call *api;
};

/* For cmocka: *state is the desk. */
int desk_setup(void **state);
int desk_teardown(void **state);

#endif
