/* smtp - hands one mail to a mail server, by libcurl, and waits for what it says.
 *
 * Over TLS: from the start (smtps), or before anything else is said (STARTTLS); the
 * certificate is always checked. Without it only when that is wanted, and then only to
 * addresses that are not public. Private addresses only when that is allowed.
 *
 * One connection per mail, in the caller's thread: at the end of a mail, and of a
 * connection, libcurl waits for the server and for nothing else.
 *
 * Thread: any; one mail at a time.
 */
#ifndef HOST_NET_SMTP_H
#define HOST_NET_SMTP_H

#include <stdatomic.h>

#include "base/error.h"
#include "base/str.h"

enum {
    SMTP_WORDS_BYTES = 1024,      /* kept of what the server said */
    SMTP_REPLIES_BYTES = 64 << 10 /* most of all that it says */
};

/* All lent. */
struct smtp_mail {
    struct str server;         /* "smtp://mail.example.com:587", "smtps://..." */
    struct str hello;          /* the name we give */
    struct str user, password; /* empty: we do not say who we are */
    struct str from, to;       /* "anna@example.com", ASCII */
    struct str body;           /* lines end in CR LF */
    struct str ca;             /* PEM: whom to trust instead of the system's authorities */
    int64_t timeout_ms;
    bool allow_private;
    bool plain;            /* without TLS, unless the server's address says smtps */
    atomic_bool *given_up; /* set from elsewhere: ends it soon */
};

struct smtp_result {
    /* IMH_OK it took the mail; IMH_RETRY it did not, and may later; IMH_REJECTED it never
     * will; IMH_DENIED it does not take our password; IMH_UNKNOWN the whole mail was sent,
     * and there was no answer. */
    imh_status status;
    uint32_t code;               /* of its last reply; 0: there was none */
    char text[SMTP_WORDS_BYTES]; /* for people; valid UTF-8, without the password */
};

void smtp_send(const struct smtp_mail *mail, struct smtp_result *result);

/* Is it the address of a mail server: smtp:// or smtps://, a host and perhaps a port? */
bool smtp_is_server(struct str address);

#endif
