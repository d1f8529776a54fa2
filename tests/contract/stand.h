/* stand - a plugin set up as users do: an INI file with two integrations, "a" and "b", its
 * remote, imh-net, and a worker, which is a process or (IN_PROCESS) a thread of the test.
 *
 * The program's arguments say which: --worker or --in-process, the plugin, its recording.
 */
#ifndef TESTS_CONTRACT_STAND_H
#define TESTS_CONTRACT_STAND_H

#include "app/config.h"
#include "engine/crew.h"

#include "recording.h"
#include "remote.h"

enum {
    STAND_CALL_MS = 20000,   /* a call that needs no limit */
    STAND_LOOKUPS_MOST = 500 /* of one call */
};

struct stand {
    struct recording recording;
    struct remote_server *remote;
    char folder[64];
    struct log log; /* to a file in the folder */
    struct supervisor_settings settings;
    struct supervisor *supervisor;
    const struct descriptor *descriptor;
    struct config config;
    struct environment *environment;
    struct safe *safe; /* an empty vault */
    struct integration *a, *b;
    uint32_t expected_deaths; /* of the worker */
};

/* Takes the arguments; what is wrong with them is printed. */
bool stand_arguments(int argc, char **argv);
bool stand_in_process(void);
const char *stand_plugin_path(void);

/* For cmocka: *state is the stand. At the end nothing may be left over, no worker may have
 * died that was not meant to, and no secret may have gone astray. */
int stand_setup(void **state);
int stand_teardown(void **state);

/* Configures both integrations anew, with these lines more; what is wrong with that, a line
 * each. Each gets what it must have, and what the recording says. `without` (NULL: none) is
 * left out, also when it is required. */
void stand_configure(struct stand *stand, const char *more, const char *without,
                     struct text *problems);

/* Must it be given, as the others are? Some need not unless another has a certain value. */
bool stand_is_required(struct stand *stand, const imh_option *option);

/* ---- calls ---- */

/* What came of one lookup, or record. */
struct heard {
    imh_status status; /* IMH_OK: answered */
    struct text json;
    unsigned count; /* answers, of which the last counts */
};

/* What came of a call. */
struct seen {
    struct stand *stand; /* once the call began */
    struct heard heard[STAND_LOOKUPS_MOST];
    uint32_t lookup_count, record_count;
    struct text events; /* their keys, a line each */
    struct text result; /* of an action */
    unsigned event_count, cursor_count;
    bool ended;
    bool went_out; /* the remote was asked: by stand_ask() and the like */
    imh_status status;
    uint32_t after_s;
    char text[ERROR_TEXT_BYTES];
};

void seen_init(struct seen *seen);
void seen_done(struct seen *seen);

/* Starts a call and does not wait. */
void stand_start(struct stand *stand, const struct integration *integration,
                 const struct asked *asked, uint32_t count, int64_t time_ms,
                 struct seen *seen);

/* Until no call is under way. What has no answer then has the status of its call. */
void stand_wait(struct stand *stand);

/* One call from its start to its end; `seen` is initialised here. */
void stand_ask(struct stand *stand, const struct integration *integration,
               const struct asked *asked, uint32_t count, int64_t time_ms,
               struct seen *seen);
void stand_check(struct stand *stand, const struct integration *integration,
                 int64_t time_ms, struct seen *seen);
void stand_poll(struct stand *stand, const struct integration *integration,
                const struct call_span *span, int64_t time_ms, struct seen *seen);
void stand_run(struct stand *stand, const struct integration *integration,
               const struct run *run, int64_t time_ms, struct seen *seen);

/* Writes, or removes, records of one entity: those of the recording with these numbers.
 * One that is not told of has the status of its call, or IMH_RETRY. */
struct records {
    uint32_t entity;
    bool removes;
    const uint32_t *writes;
    uint32_t count;
};
void stand_write(struct stand *stand, const struct integration *integration,
                 const struct records *records, int64_t time_ms, struct seen *seen);

/* What the integration's runs of actions have for their idempotency key. */
struct str stand_key(const struct stand *stand, const struct integration *integration);

/* The lookups of the recording, and some of each variable it does not name. */
const struct asked *stand_lookups(struct stand *stand, uint32_t *count);

/* ---- the worker ---- */

struct worker_process *stand_worker(struct stand *stand);

/* Ends it as a crash does, and waits until that was seen. */
void stand_kill_worker(struct stand *stand);

/* Does the log hold the words? */
bool stand_logged(const struct stand *stand, const char *words);

#endif
