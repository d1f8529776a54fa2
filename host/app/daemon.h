/* daemon - `imh run`: holds the store, serves the control socket, keeps a site at work.
 *
 * One loop over the sockets of its processes, of those who ask, and signals: TERM and INT
 * end it when its calls have ended, HUP reads the configuration anew. It says what became
 * of it in the log.
 *
 * Thread: the main one.
 */
#ifndef HOST_APP_DAEMON_H
#define HOST_APP_DAEMON_H

#include "app/alert.h"
#include "app/control_server.h"
#include "app/site.h"
#include "engine/backlog.h"
#include "engine/deliver.h"
#include "engine/figures.h"
#include "engine/followups.h"
#include "engine/herald.h"
#include "engine/keeper.h"
#include "engine/schedule.h"

enum {
    DAEMON_DRAIN_MS = 8000, /* so long calls may take to end */
    DAEMON_CUT_MS = 1500,   /* then they are ended, and what became of them is noted */
    DAEMON_SITES_MOST = 4   /* at once: a new one, and older ones that end */
};

struct metrics;
struct relay;

struct daemon {
    struct context *context;
    struct site *site; /* the newest; older ones behind it end */
    struct deliver *deliver;
    struct schedule *schedule;
    struct followups *followups;
    struct keeper *keeper;
    struct backlog *backlog;
    struct control_server *control;
    struct metrics *metrics;
    struct figures figures; /* of all sites */
    struct alerts alerts;   /* who is in trouble */
    struct herald *herald;  /* tells people of it */
    struct relay *relay;    /* calls that are made for commands */
    int signals;
    int64_t started_at_ms; /* real time */
    int64_t end_by_ms;     /* monotonic; 0: it does not end */
    bool is_cut;           /* calls that took too long are ended */
    int64_t look_ms;       /* monotonic: when it looks after its state directory again */
    bool homeless;         /* that is not there any more */
};

/* Until a signal ends it: EXIT_DONE. Else it was said what is wrong: what to exit with. */
int daemon_run(struct context *context);

/* Reads the configuration anew. false: nothing changed, `problems` say why. */
bool daemon_reload(struct daemon *daemon, struct problems *problems);

/* Puts an integration to work that was left out, or leaves it out: something about it was
 * changed. */
void daemon_read_anew(struct daemon *daemon, const struct integration *integration);

#endif
