/* fields - what two writes of one record have in common: the members of their arguments.
 *
 * A write is of some fields of a record; others stay as they are over there. So two that
 * wait become one with the fields of both, and what a newer one wrote is no longer the
 * older one's to write. Only members of the whole count, not what is in them. Arguments
 * that are no object have no fields: the newer one stands for all of the older one.
 *
 * Pure. Texts that are made lie in the arena.
 */
#ifndef HOST_QUEUE_FIELDS_H
#define HOST_QUEUE_FIELDS_H

#include "base/arena.h"
#include "queue/job.h"

/* All fields of both, the newer one's value where both have one. false with an error when
 * memory is out. `*fits` is false, and nothing is made, when that were too large a job. */
bool fields_merge(struct str older, struct str newer, struct arena *arena,
                  struct str *merged, bool *fits, struct error *error);

/* The fields of the older one that the newer one does not have; `*left` is empty when there
 * are none, and the older one itself when they have none in common. */
bool fields_without(struct str older, struct str newer, struct arena *arena,
                    struct str *left, struct error *error);

#endif
