/* health - how a plugin fares: what people are told of it, and an end to its quarantine.
 *
 * Known is what this supervisor saw since it was made; nothing of it is kept for the next.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_HEALTH_H
#define HOST_ENGINE_HEALTH_H

#include "base/path.h"
#include "engine/supervisor.h"

enum health_state {
    HEALTH_WELL,       /* nothing bad is known */
    HEALTH_ABSENT,     /* no folder has it */
    HEALTH_REFUSED,    /* of another interface, broken, changeable by others */
    HEALTH_DIED,       /* and is started again when it has rested */
    HEALTH_QUARANTINED /* it died too often */
};

struct health {
    enum health_state state;
    uint32_t left_s;        /* of its rest or quarantine */
    uint32_t deaths;        /* one after the other, without a healthy minute between them */
    const char *owner;      /* whose process that is, as in health_serves(). Lent */
    const char *last_death; /* "killed by signal 11 (...)"; empty: it did not die. Lent */
};

/* When it has several workers, of the one that fares worst. */
struct health health_of(const struct supervisor *supervisor, const char *plugin);

/* Of all plugins that a process was wanted for, at most so many. Lent for the call. */
void health_each(const struct supervisor *supervisor, unsigned most,
                 void (*each)(void *self, const char *plugin, const struct health *health),
                 void *self);

/* The file that the shared process of the plugin was started from last. */
struct path_mark health_file(const struct supervisor *supervisor, const char *plugin);

/* "well", "quarantined": for people and programs. */
const char *health_state_name(enum health_state state);

/* Does the process of this owner serve the integration? "ACCOUNT", "ACCOUNT/INTEGRATION",
 * or NULL: all that share one. */
bool health_serves(const struct integration *integration, const char *owner);

/* A person says that its plugin may be tried again at once for this integration: the end of
 * the quarantine, or rest, of the process that serves it, and of no other; a plugin that
 * was refused is looked at anew. false: there was nothing to end. */
bool health_release(struct supervisor *supervisor, const struct integration *integration);

/* Tells of each plugin that is in quarantine now, and how it died last: for all, or for an
 * `owner`, as in health_serves(). */
void health_quarantined(struct supervisor *supervisor,
                        void (*each)(void *self, const char *plugin, const char *owner,
                                     const char *how),
                        void *self);

/* The category of the failure that a call gets which needs it. */
imh_status health_status(const struct health *health);

#endif
