/* delivery_host - a real imh with jobs to deliver: its folder, its queue, its processes.
 *
 * Filled while nobody serves it, by the rules of the queue (queue/queue.h); then `imh run`
 * is started over it. Whatever fails ends the program.
 */
#ifndef TESTS_BENCH_DELIVERY_HOST_H
#define TESTS_BENCH_DELIVERY_HOST_H

#include <sys/types.h>

#include "base/str.h"
#include "queue/job.h"

enum { HOST_REMOTES_MOST = 20 };

struct host {
    char folder[4096]; /* with imh.ini, and the state directory in it */
    char program[4200];
    pid_t pid;           /* of `imh run`; 0: it does not run */
    struct store *store; /* open: it is being filled */
    int64_t integrations[HOST_REMOTES_MOST + 1];
};

/* Anew in FOLDER/NAME; integrations are added to it. */
void host_make(struct host *host, const char *build, const char *folder, const char *name);

/* An integration of the plugin http, to a port of this machine. */
void host_add(const struct host *host, const char *identifier, unsigned port,
              unsigned parallel, const char *more);

/* Between these two the queue can be filled. */
void host_open(struct host *host);
void host_close(struct host *host);

struct host_fill {
    const char *identifier;
    unsigned first, count; /* numbers of the jobs */
    unsigned streams;      /* they are spread over; 0: one for each */
    int64_t not_before_ms; /* calendar */
    enum job_state state;  /* JOB_BEHIND: as the rules say */
};

void host_fill(struct host *host, const struct host_fill *fill);

/* Starts `imh run`; milliseconds until it was ready. */
double host_start(struct host *host);
void host_stop(struct host *host);

/* Runs another imh on the folder; milliseconds it took. Its words end with NULL. */
double host_command(const struct host *host, const char *const *words);

/* PSS of the daemon and all its processes. */
double host_mib(const struct host *host);

void host_remove(struct host *host);

#endif
