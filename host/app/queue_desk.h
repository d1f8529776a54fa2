/* queue_desk - what people ask of the queue and decide about it: JSON in, JSON out.
 *
 * The same for a daemon, which asks its own store, and for a command that works alone.
 *
 *   list     {"account","integration","since_ms","limit"}
 *                                                       {"items": [job], "next": null}
 *   failed   the same with "before"                     {"items": [job],
 *                                                        "next": id or null}
 *   counts   {"account","integration","since_ms"}       {"waiting","held","running",
 *                                                        "failed","causes": [...]}
 *   numbers  the same                                   the same without "causes"
 *   owners   {}                                         {"items": [{"account",
 *                                                        "integration"}]}: who has jobs
 *                                                        that wait, run or failed
 *   show     {"id"}                                     a job with all of it; "args",
 *                                                        "origin" and "result" are texts
 *   retry    {"ids": [...]}                             {"items": [{"id","error"}]}
 *   discard  the same                                   the same
 *   edit     {"ids": [one],"args": text}                the same
 *
 * Who decided, and what, is in the audit log and in the job's history.
 */
#ifndef HOST_APP_QUEUE_DESK_H
#define HOST_APP_QUEUE_DESK_H

#include <sys/types.h>

#include <jansson.h>

#include "store/store.h"

struct queue_asked {
    const char *what; /* "failed" */
    json_t *arguments;
    uid_t asker;
};

/* NULL and why not; waits for the store. */
json_t *queue_desk_ask(struct store *store, const struct queue_asked *asked,
                       struct error *error);

/* Did it change something? */
bool queue_desk_changes(const char *what);

#endif
