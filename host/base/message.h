/* message - what our processes say to each other: one struct, one put and one get each.
 *
 * A frame's kind is one of enum message_kind; its id is what the kind's comment says. A get
 * function is false for anything but exactly that message; what it fills is lent from the
 * frame. Lists are read into the arena.
 *
 *   imh (supervisor)  <-->  imh-net      remotes, workers, tickets, new secrets
 *   imh-worker        <-->  imh-net      requests and replies
 *   imh               <-->  imh-worker   instances, calls and what comes of them
 *   a command         <-->  imh run      calls that it has made for it: errands
 */
#ifndef HOST_BASE_MESSAGE_H
#define HOST_BASE_MESSAGE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/wire.h"

enum message_kind {
    MESSAGE_REMOTE = 1, /* supervisor to net; id: the instance */
    MESSAGE_WORKER,     /* supervisor to net, with a descriptor; id: the worker */
    MESSAGE_TICKET,     /* supervisor to net; id: the call */
    MESSAGE_TICKET_END, /* supervisor to net; id: the call */
    MESSAGE_SPENT,      /* net to supervisor, after TICKET_END; id: the call */
    MESSAGE_REQUEST,    /* worker to net; id: the request, the worker's own count */
    MESSAGE_REPLY,      /* net to worker; id: the request */
    MESSAGE_DESCRIPTOR, /* worker to supervisor: ready, JSON of descriptor.h */
    MESSAGE_REFUSED,  /* worker to supervisor: the plugin was not loaded, struct outcome */
    MESSAGE_INSTANCE, /* supervisor to worker; id: the instance */
    MESSAGE_CALL,     /* supervisor to worker; id: the call */
    MESSAGE_CANCEL,   /* supervisor to worker; id: the call */
    MESSAGE_ANSWER,   /* worker to supervisor; id: the call */
    MESSAGE_UNANSWERED, /* worker to supervisor; id: the call */
    MESSAGE_EVENT,      /* worker to supervisor; id: the call */
    MESSAGE_CURSOR,     /* worker to supervisor; id: the call */
    MESSAGE_RESULT,     /* worker to supervisor: JSON; id: the call */
    MESSAGE_STATE,      /* worker to supervisor: what is kept under a key? id: the call */
    MESSAGE_STATE_IS,   /* supervisor to worker; id: the call */
    MESSAGE_STATE_PUT,  /* worker to supervisor, kept with the call's end; id: the call */
    MESSAGE_LOG,        /* worker to supervisor; id: the call */
    MESSAGE_END,        /* worker to supervisor: the call is over, struct outcome */
    MESSAGE_SECRET,     /* net to supervisor; id: the instance */
    MESSAGE_LOST,    /* net to supervisor: cut off, struct outcome, IMH_BROKEN for what it
                        said; id: the worker */
    MESSAGE_UNSAFE,  /* net to supervisor, before the first request leaves that may not be
                        repeated; id: the call */
    MESSAGE_CREATED, /* worker to supervisor: create() is done; id: the call */
    MESSAGE_REST,   /* net to supervisor: a remote that fails is left alone, struct outcome,
                      or answers again, IMH_OK; id: the instance */
    MESSAGE_PLUGIN, /* command to daemon: which; answered by DESCRIPTOR or REFUSED */
    MESSAGE_ERRAND, /* command to daemon: a call; answered as a worker does till RETURN */
    MESSAGE_RETURN, /* daemon to command: the errand is over; id: the errand */
    MESSAGE_DONE,   /* worker to supervisor: what became of a record; id: the call */
    MESSAGE_MAIL,   /* supervisor to net, after its REMOTE; id: the mail. Before it may
                      arrive, net says UNSAFE */
    MESSAGE_MAILED  /* net to supervisor; id: the mail */
};

enum {
    TICKET_BYTES = 16,
    MESSAGE_OPTIONS_MOST = 256,  /* options of an instance */
    MESSAGE_LOOKUPS_MOST = 1000, /* lookups of a call */
    MESSAGE_RECORDS_MOST = 256   /* records of a call */
};

/* How something ended. */
struct outcome {
    imh_status status;
    uint32_t after_s;
    struct str text;
};

void outcome_put(struct text *payload, const struct outcome *outcome);
bool outcome_get(struct str payload, struct outcome *outcome);

struct name_value {
    struct str name, value;
};

struct name_values {
    struct name_value *items;
    uint32_t count;
};

/* ---- remotes ---- */

/* A way to prove who we are, with its secrets: values of what imh_auth names. */
struct remote_auth {
    struct str name;
    uint32_t type;    /* IMH_AUTH_* */
    uint32_t variant; /* IMH_OAUTH1_*, IMH_HMAC_* */
    uint32_t grant;   /* IMH_GRANT_* */
    uint32_t client;  /* IMH_CLIENT_* */
    bool is_option;   /* not declared: the secret option of that name, as a bearer token */
    struct str user, secret, token, token_secret, header, token_url;
    struct str username, password, scope, audience, base, message, value;
    struct str token_option; /* whose value `token` is: a new one is stored there */
};

/* Where requests of an instance may go, and how. The first address is the base of relative
 * ones; requests leave only to the origins of these addresses. */
struct remote {
    struct str account, identifier;
    struct str *addresses;
    uint32_t address_count;
    struct remote_auth *auths;
    uint32_t auth_count;
    uint32_t parallel;      /* requests at once */
    uint32_t rate_a_minute; /* 0: no limit */
    uint32_t timeout_ms;    /* of one request */
    bool allow_private;
    struct str ca; /* PEM of who may vouch for it; empty: whom this machine trusts */
};

void remote_put(struct text *payload, const struct remote *remote);
bool remote_get(struct str payload, struct arena *arena, struct remote *remote);

/* A secret option's new value, as the remote gave it: to be kept in place of the old. */
struct renewal {
    struct str option, value;
};

void renewal_put(struct text *payload, const struct renewal *renewal);
bool renewal_get(struct str payload, struct renewal *renewal);

/* ---- tickets ---- */

/* Permission for a worker to make requests in the name of an instance during one call. */
struct ticket {
    struct str secret; /* TICKET_BYTES at random */
    struct str trace;  /* goes into every request, so that both sides' logs can be joined */
    uint64_t instance;
    uint64_t worker;
    int64_t left_ms;
};

void ticket_put(struct text *payload, const struct ticket *ticket);
bool ticket_get(struct str payload, struct ticket *ticket);

/* What came of requests: no answer, or by the first digit of its code. */
enum request_class {
    REQUEST_UNANSWERED,
    REQUEST_2XX,
    REQUEST_3XX,
    REQUEST_4XX,
    REQUEST_5XX,
    REQUEST_CLASSES
};

/* What a call cost. */
struct spent {
    uint32_t requests;
    uint32_t answers[REQUEST_CLASSES];
    uint32_t unsafe; /* not repeatable, sent, and nobody knows what became of it */
    uint32_t done;   /* not repeatable, and done: the plugin may not have heard of it */
    uint32_t code; /* HTTP status of the last request, also of an answer that came in part;
                      0: none came, or none left */
    bool died;     /* its worker did, of this or another call; not on the wire */
    uint32_t kept; /* lookups that no plugin was asked for: errand_end has it */
};

void spent_put(struct text *payload, const struct spent *spent);
bool spent_get(struct str payload, struct spent *spent);

/* ---- requests ---- */

struct request {
    struct str ticket;
    uint32_t flags; /* IMH_REPEATABLE */
    struct str method, url, headers, body, auth;
    uint32_t timeout_ms;
};

/* May it be sent again when no answer came? GET, HEAD, PUT, DELETE always. */
bool request_is_repeatable(const struct request *request);

void request_put(struct text *payload, const struct request *request);
bool request_get(struct str payload, struct request *request);

struct reply {
    struct outcome outcome;
    uint32_t code; /* 0: no answer came */
    struct str headers, body;
};

void reply_put(struct text *payload, const struct reply *reply);
bool reply_get(struct str payload, struct reply *reply);

/* ---- mails ---- */

/* To be handed to the mail server that is the address of a remote, which has its password.
 */
struct mail {
    uint64_t instance; /* the remote */
    int64_t left_ms;
    bool plain;          /* without TLS, and only to addresses that are not public */
    struct str from, to; /* "anna@example.com", ASCII */
    struct str body;
};

void mail_put(struct text *payload, const struct mail *mail);
bool mail_get(struct str payload, struct mail *mail);

/* What became of it. */
struct mailed {
    struct outcome outcome;
    uint32_t code; /* of the server's last reply; 0: there was none */
};

void mailed_put(struct text *payload, const struct mailed *mailed);
bool mailed_get(struct str payload, struct mailed *mailed);

/* ---- calls ---- */

struct worker_instance {
    struct str account, identifier;
    uint32_t parallel; /* calls at once, for plugins that allow it */
    struct name_values options;
};

void instance_put(struct text *payload, const struct worker_instance *instance);
bool instance_get(struct str payload, struct arena *arena,
                  struct worker_instance *instance);

enum call_kind {
    CALL_CHECK,
    CALL_RESOLVE,
    CALL_POLL,
    CALL_RUN,
    CALL_UPSERT,
    CALL_REMOVE,
    CALL_KIND_COUNT
};

struct call_lookup {
    uint64_t token;    /* names the lookup in answers */
    uint32_t variable; /* number in the descriptor */
    struct str key;    /* of a keyed variable */
    bool has_key;
    struct str subject, query;
};

struct call_span {
    uint32_t source, flags;
    uint32_t most; /* records of a page; 0: as many as the plugin likes */
    int64_t from_ms, to_ms;
    struct str cursor;
};

struct call_action {
    uint32_t action; /* number in the descriptor */
    struct str args; /* JSON */
    struct str key;  /* the same one is the same command again */
};

/* A record to be written or removed. */
struct call_record {
    struct str key, id, version;
    struct str data; /* JSON; empty: it is to be removed */
};

struct call_order {
    enum call_kind kind;
    uint64_t instance;
    uint32_t attempt;
    int64_t left_ms;
    struct str ticket, trace;
    struct call_lookup *lookups; /* RESOLVE */
    uint32_t lookup_count;
    struct call_span span;       /* POLL */
    struct call_action action;   /* RUN */
    struct call_record *records; /* UPSERT, REMOVE */
    uint32_t record_count;
    uint32_t entity; /* of the records: number in the descriptor */
};

void order_put(struct text *payload, const struct call_order *order);
bool order_get(struct str payload, struct arena *arena, struct call_order *order);

/* A call that a daemon makes for a command, with its own configuration. */
struct errand {
    struct str account, identifier;
    int64_t time_ms;
    struct str order; /* as order_put() writes it; the daemon fills the rest */
};

void errand_put(struct text *payload, const struct errand *errand);
bool errand_get(struct str payload, struct errand *errand);

/* What came of it. */
struct errand_end {
    struct outcome outcome;
    struct spent spent; /* with `kept` */
};

void errand_end_put(struct text *payload, const struct errand_end *end);
bool errand_end_get(struct str payload, struct errand_end *end);

struct answer {
    uint64_t token;
    struct str json, tag;
    uint32_t ttl_s;
    /* Of a daemon that keeps it; a worker's is new. */
    int64_t age_ms;
    bool is_old; /* not good any more: it may stand in when none follows */
};

void answer_put(struct text *payload, const struct answer *answer);
bool answer_get(struct str payload, struct answer *answer);

struct unanswered {
    uint64_t token;
    struct outcome outcome;
    int64_t age_ms; /* as that of an answer */
};

void unanswered_put(struct text *payload, const struct unanswered *unanswered);
bool unanswered_get(struct str payload, struct unanswered *unanswered);

struct call_event {
    uint32_t type;
    struct str key, subject, data;
    int64_t at_ms;
};

void event_put(struct text *payload, const struct call_event *event);
bool event_get(struct str payload, struct call_event *event);

struct cursor {
    struct str text;
    bool more;
};

void cursor_put(struct text *payload, const struct cursor *cursor);
bool cursor_get(struct str payload, struct cursor *cursor);

/* What a plugin keeps with the host, by keys of its own. */
struct state_question {
    uint64_t number; /* the worker's, names the answer */
    struct str key;
};

void state_question_put(struct text *payload, const struct state_question *question);
bool state_question_get(struct str payload, struct state_question *question);

struct state_answer {
    uint64_t number;
    struct outcome outcome; /* IMH_MISSING: nothing is kept under the key */
    struct str value;
};

void state_answer_put(struct text *payload, const struct state_answer *answer);
bool state_answer_get(struct str payload, struct state_answer *answer);

struct state_item {
    struct str key, value; /* an empty value: nothing is kept any more */
};

void state_item_put(struct text *payload, const struct state_item *item);
bool state_item_get(struct str payload, struct state_item *item);

void result_put(struct text *payload, struct str json);
bool result_get(struct str payload, struct str *json);

/* What became of a record of the call; id and version as the remote has them. */
struct call_done {
    uint32_t index;
    struct outcome outcome;
    struct str id, version;
};

void done_put(struct text *payload, const struct call_done *done);
bool done_get(struct str payload, struct call_done *done);

struct log_line {
    uint32_t level;
    struct str text;
};

void log_line_put(struct text *payload, const struct log_line *line);
bool log_line_get(struct str payload, struct log_line *line);

#endif
