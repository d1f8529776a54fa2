/* remote - the remote of the plugin under test: an HTTP server that plays what is recorded,
 * or misbehaves.
 *
 * Each integration has an address of its own below it: .../a/ and .../b/.
 *
 * Thread: the test's; the server has one of its own.
 */
#ifndef TESTS_CONTRACT_REMOTE_H
#define TESTS_CONTRACT_REMOTE_H

#include "recording.h"

enum remote_mood {
    REMOTE_PLAYS,     /* the recording; without one, it echoes what it is asked */
    REMOTE_IS_SILENT, /* takes requests and never answers */
    REMOTE_SAYS       /* the same to everything: remote_say() */
};

struct remote_server;

struct remote_server *remote_make(const struct recording *recording);
void remote_free(struct remote_server *remote);

/* "http://127.0.0.1:40123/". */
const char *remote_url(const struct remote_server *remote);

void remote_mood(struct remote_server *remote, enum remote_mood mood);

/* Answers so from now on; the body is lent until it says something else. */
void remote_say(struct remote_server *remote, unsigned status, const char *headers,
                struct str body);

/* Requests so far, and those among them that carried a secret or key of another
 * integration. */
unsigned remote_requests(struct remote_server *remote);
unsigned remote_mixed_up(struct remote_server *remote);

/* Those that said the word in their head or body. */
unsigned remote_heard(struct remote_server *remote, struct str word);

#endif
