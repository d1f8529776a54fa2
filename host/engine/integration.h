/* integration - one configured instance of a plugin, as an account's INI file says it.
 *
 * Plain data. Made by app/config, which owns it; read by everybody else.
 */
#ifndef HOST_ENGINE_INTEGRATION_H
#define HOST_ENGINE_INTEGRATION_H

#include "base/message.h"
#include "base/secret.h"
#include "queue/halt.h"
#include "queue/verdict.h"

/* The value of a secret option. */
struct secret_value {
    struct str name;
    struct secret *value; /* owned by whoever owns the integration */
};

struct secret_values {
    struct secret_value *items;
    uint32_t count;
};

struct smarty_limits;
struct zone;

/* What a mailing does when live data cannot be had. A missing object is no failure. */
enum on_failure { ON_FAILURE_WAIT, ON_FAILURE_EMPTY, ON_FAILURE_STOP };

enum { PACES_MOST = 32, MARGIN_USUAL_S = 600 };

/* How often sources of events are polled. */
struct pace {
    struct str source; /* empty: all that have none of their own */
    int64_t poll_s;    /* -1: as the plugin says */
    int64_t margin_s;  /* -1: as the plugin says, else the host */
};

struct integration {
    uint64_t id; /* unique in this process */
    const char *account, *identifier;
    const char *plugin; /* its name */
    const char *file;   /* where it is configured, for messages */
    unsigned line;
    bool enabled;
    struct pause pause;                 /* a person disabled it for a while */
    const struct zone *zone;            /* the account's; NULL: UTC */
    const struct smarty_limits *limits; /* of what it renders; NULL: the usual ones */
    enum on_failure on_failure;
    int64_t cache_s;       /* how long answers may be used again; -1: as the plugin says */
    int64_t stale_s;       /* how old an answer may be that stands in for a failure */
    uint32_t parallel;     /* requests at once; 0: as the plugin says */
    int64_t rate_a_minute; /* most requests; -1: as the plugin says, 0: no limit */
    uint32_t timeout_ms;   /* of one request */
    bool allow_private;
    bool own_worker;       /* isolation = account: no other account shares its process */
    struct policies retry; /* what becomes of jobs that fail */
    bool strict_order;     /* all its jobs are one stream */
    struct pace paces[PACES_MOST];
    uint32_t pace_count;
    int64_t margin_s; /* of sources of which nobody else says it */
    struct str ca;    /* PEM of who may vouch for it; empty: whom this machine trusts */
    struct name_values
        options; /* checked, as plugins read them; secrets are not among them */
    struct secret_values secrets;
    struct error unusable; /* why its plugin cannot be used, so that its options are not
                              known; IMH_OK: nothing speaks against it */
};

/* Is it to be used? */
static inline bool integration_is_on(const struct integration *integration)
{
    return integration->enabled && integration->pause.since_ms == 0;
}

/* Why it is not, and how to have it: "it is disabled since ...". */
void integration_refuse(const struct integration *integration, struct error *error);

/* The first secret of it in the words, from `from` on, in any spelling: its offset and its
 * bytes there; words.len when there is none. */
size_t integration_tells(const struct integration *integration, struct str words,
                         size_t from, size_t *len);

/* Are plugins told the same of both, and asked of the same remote with the same secrets?
 * Then answers to one are good for the other. */
bool integration_answers_alike(const struct integration *a, const struct integration *b);

/* The value of an option, or that of a secret, revealed; empty when it has none. Lent. */
struct str integration_value(const struct integration *integration, struct str option);

/* The secret gets another value, taken over; false, and it is freed, when there is no such
 * secret. Tell it to the supervisor, see supervisor_changed(). */
bool integration_renew(struct integration *integration, struct str name,
                       struct secret *value);

#endif
