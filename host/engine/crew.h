/* crew - the processes of a supervisor: imh-net and one worker per plugin, or one
 * for an account or an integration by itself.
 *
 * Private to the supervisor.
 */
#ifndef HOST_ENGINE_CREW_H
#define HOST_ENGINE_CREW_H

#include <poll.h>
#include <pthread.h>

#include "base/channel.h"
#include "engine/confine.h"
#include "engine/echo.h"
#include "engine/figures.h"
#include "engine/process.h"
#include "engine/quarantine.h"
#include "engine/supervisor.h"

enum {
    START_MS = 10000,       /* a worker must be ready after that */
    HEALTHY_MS = 60000,     /* alive so long: its earlier deaths are forgotten */
    WORKER_IDLE_MS = 60000, /* an owner's worker without calls for so long is ended ... */
    WORKER_GRACE_MS = 2000, /* ... by itself: its instances are destroyed; or is killed */
    WORKERS_MOST = 200,
    THREADS_MOST = 300, /* of a worker */
    WATCH_MS = 250      /* how often they are counted */
};

enum worker_state {
    WORKER_RESTING,  /* not running; may start when its pause is over */
    WORKER_STARTING, /* running, has not said what it is */
    WORKER_READY,
    WORKER_REFUSED /* the plugin cannot be used; `refusal` says why */
};

/* One of a list: which integrations a process has been told about. */
struct told {
    struct told *next;
    uint64_t id;
    const struct integration *integration;
    bool rests;                /* imh-net: its remote is left alone */
    bool created;              /* a worker: the plugin's create() is done */
    int64_t creating_since_ms; /* else since when a call runs that waits for it; 0: none */
};

struct worker_process {
    struct worker_process *next;
    uint64_t id;
    char *plugin; /* as it was asked for: a name or a path */
    char *owner;  /* "ACCOUNT" or "ACCOUNT/INTEGRATION"; NULL: it is everybody's */
    int64_t used_ms, died_ms; /* its last call and death; 0: none */
    enum worker_state state;
    struct process process;
    struct echo echo;
    struct confine confine;
    pthread_t thread; /* in_process */
    bool has_thread;
    struct channel *channel;
    struct descriptor *descriptor; /* of the last time it was ready */
    struct text refusal;
    struct told *instances;
    uint32_t deaths; /* since it was healthy */
    struct quarantine quarantine;
    struct path_mark file; /* what it was loaded from */
    bool more;             /* frames that came are not read yet */
    int64_t lost_ms;       /* it hung up: when it is ended, if it lives on; 0: it did not */
    const char *lost;      /* what it hung up on */
    int64_t since_ms;      /* when it was started, or ready */
    int64_t rest_until_ms;
    char last_death[160];
};

/* On its way out, and not yet gone: a large or crowded process takes its time. */
struct dying {
    struct dying *next;
    struct process process;
    int64_t kill_ms; /* monotonic: so long it may end by itself; 0: it was killed */
};

struct net_process {
    struct process process;
    struct channel *channel;
    struct told *remotes;
    uint32_t deaths;
    int64_t rest_until_ms;
};

struct flight;
struct posting;

struct distant;

struct supervisor {
    struct supervisor_settings settings;
    struct distant *distant; /* who makes the calls instead of all that follows; or NULL */
    struct net_process net;
    struct told *expected; /* integrations that calls may be made for */
    struct worker_process *workers;
    struct dying *dying;
    struct flight *flights;
    struct posting *postings;
    uint64_t last_id; /* of workers, calls and mails */
    bool is_cut;      /* calls are to end, as imh does */
};

enum { CREW_PATH_BYTES = 4096 };

/* The file of a program of ours. */
void crew_program(const struct supervisor *supervisor, const char *name, char *path);

/* The plugin's file: NAME.so in the first folder that has it; a path as it is. */
bool crew_find_file(const struct supervisor *supervisor, const char *plugin, char *path);

/* Sends a worker what it was told, and imh-net before: a ticket is there before the
 * requests of its call. False when the worker is gone; imh-net shows that when it is read
 * from. */
bool crew_flush(const struct supervisor *supervisor, const struct worker_process *worker);

/* Starts a worker's process, or thread, with a channel to us and one to imh-net. */
bool crew_launch(struct supervisor *supervisor, struct worker_process *worker,
                 const char *path, struct error *error);

/* imh-net runs, or could be started. */
bool crew_start_net(struct supervisor *supervisor, struct error *error);
void crew_end_net(struct supervisor *supervisor, const char *why);

/* The worker that calls of the integration run in; NULL when memory is out. It is its
 * account's own when that has one, its own when it was served at a death: so a death that
 * several may have caused is followed by deaths that have one cause, and no others die. */
struct worker_process *crew_worker_of(struct supervisor *supervisor,
                                      const struct integration *integration);

/* The shared worker for a plugin, known from now on; NULL when memory is out. */
struct worker_process *crew_worker(struct supervisor *supervisor, const char *plugin);

/* May one more run? */
bool crew_has_room(const struct supervisor *supervisor, const struct worker_process *worker,
                   struct error *error);

/* Starts it unless it runs, rests or was refused. false: it cannot be used now, and why. */
bool crew_start_worker(struct supervisor *supervisor, struct worker_process *worker,
                       struct error *error);

/* When it may be started again after its death, or that of imh-net; 0: it does not rest. */
int64_t crew_rests_until(const struct supervisor *supervisor,
                         const struct worker_process *worker);

/* It is dead, or must be: what it leaves behind is cleared away; its calls are not. Whether
 * that is its own fault counts for its quarantine. */
void crew_end_worker(struct supervisor *supervisor, struct worker_process *worker,
                     const char *how, bool own_fault);

/* The same for one that died by itself or for what it did: when it served integrations,
 * they are set apart, and the death is not the plugin's. */
void crew_end_guilty(struct supervisor *supervisor, struct worker_process *worker,
                     const char *how);

/* Ends it without a word; it may take so long to end by itself. */
void crew_stop_worker(struct supervisor *supervisor, struct worker_process *worker,
                      int64_t grace_ms);

/* `wait_ms`, cut to when something of the worker is due. */
int64_t crew_wait_ms(const struct worker_process *worker, int64_t now, int64_t wait_ms);

/* Stops workers of owners that are idle, and forgets them in time. */
void crew_end_idle(struct supervisor *supervisor);

/* It is in no list any more. */
void crew_free_worker(const struct supervisor *supervisor, struct worker_process *worker);

/* Buries who was killed and is gone by now. */
void crew_bury(struct supervisor *supervisor);

/* A frame that is not about a call: it introduces itself. */
bool crew_introduced(struct supervisor *supervisor, struct worker_process *worker,
                     const struct frame *frame);

/* Calls may be made for it: imh-net is to know its limits before. */
void crew_expect(struct supervisor *supervisor, const struct integration *integration);

/* Tells the worker and imh-net about the integration, once. */
bool crew_tell(struct supervisor *supervisor, struct worker_process *worker,
               const struct integration *integration);

/* Only imh-net, which has to run: for what needs no worker. */
bool crew_tell_net(struct supervisor *supervisor, const struct integration *integration);

/* What it knows of the integration; NULL when it was not told. */
struct told *crew_told(struct worker_process *worker,
                       const struct integration *integration);

void crew_forget_told(struct told **list);

/* Tells imh-net again, if it was told. */
void crew_tell_change(struct supervisor *supervisor, const struct integration *integration);

void crew_free(struct supervisor *supervisor);

#endif
