/* token_rig - a gate with an OAuth 2 credential, and the server that gives tokens for it.
 *
 * /token gives token-1111, token-2222 ...; whatever else wants one of them.
 */
#ifndef TESTS_UNIT_NET_TOKEN_RIG_H
#define TESTS_UNIT_NET_TOKEN_RIG_H

#include <stdatomic.h>

#include "gate_rig.h"

enum { TOKEN_CALL = 11 };

struct token_script {
    unsigned code; /* of /token; 0 for 200 */
    const char *body;
    const char *more;    /* members of the usual answer, with a comma in front */
    const char *refused; /* tokens that open nothing */
    unsigned other;      /* answer to a good token; 0 for 200 */
    bool challenge;      /* a refusal says how to sign in */
    bool hangs;          /* /token never answers */
};

extern const struct token_script token_usual;
extern const struct token_script *_Atomic token_now;
extern atomic_uint token_questions, token_things; /* what the server was asked */

/* Client credentials, the name is "crm". */
extern const struct remote_auth token_crm;

/* For cmocka, with gate_teardown: *state is the gate's rig. */
int token_setup(void **state);

/* Settings with this credential, known to the gate when it returns. */
void token_tell(struct gate_rig *rig, struct remote_auth *auth);

/* ... and a call, by the ticket of letters a. */
void token_begin(struct gate_rig *rig, const struct remote_auth *auth, int64_t left_ms);

/* For "thing", by the credential "crm". */
struct request token_request(const char *method);
struct reply token_ask(struct gate_rig *rig);

void token_expect_ok(const struct reply *reply);
void token_expect_failure(const struct reply *reply, imh_status status, const char *text);
void token_expect_seen(struct gate_rig *rig, const char *part);

#endif
