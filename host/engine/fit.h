/* fit - does an action take these arguments, or a kind of record these fields?
 *
 * What the plugin declares says so. Whoever makes a job asks here, and whoever corrects one
 * that failed. Pure; names and values may come from anybody.
 */
#ifndef HOST_ENGINE_FIT_H
#define HOST_ENGINE_FIT_H

#include "plugin/descriptor.h"
#include "queue/job.h"

/* The action, which takes the arguments, a JSON object. `identifier`: the integration's,
 * for errors. NULL: IMH_MISSING there is no such action, IMH_REJECTED it does not take
 * them. */
const imh_action *fit_action(const struct descriptor *descriptor, const char *identifier,
                             struct str name, struct str args, struct error *error);

/* The entity, of which records can be written or removed. NULL: IMH_MISSING. */
const imh_entity *fit_entity(const struct descriptor *descriptor, const char *identifier,
                             struct str name, struct error *error);

/* Can such a record be written with the fields? IMH_REJECTED, and what is wrong. */
bool fit_fields(const imh_entity *entity, struct str fields, struct error *error);

/* Can the job's arguments be replaced by these? Its kind, part and flags are read. Errors
 * as above; a removal has none. */
bool fit_job(const struct descriptor *descriptor, const char *identifier,
             const struct job *job, struct str args, struct error *error);

#endif
