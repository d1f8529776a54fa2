/* call - one call of a plugin's function: its memory, its deadline, what comes of it.
 *
 * Lives in the worker. Made by the main thread from an order of the supervisor, run by one
 * lane, and given back to the main thread when it is over. What the plugin says meanwhile
 * goes to the main thread as parcels.
 *
 * Three fields are atomic: the plugin may ask for the time left and log from threads of its
 * own, while the lane waits for them and so takes in nothing.
 */
#ifndef HOST_PLUGIN_CALL_H
#define HOST_PLUGIN_CALL_H

#include <stdatomic.h>

#include "base/inbox.h"
#include "base/message.h"
#include "plugin/entry.h"

enum {
    CALL_MEMORY_BYTES = 160 << 20, /* of all calls of a worker: replies, texts, answers;
                                      what it has beside is for the rest of it */
    CALL_REPLY_COPIES = 6,        /* so often a plugin has a reply's bytes, in pieces ... */
    CALL_REPLY_VALUE_BYTES = 200, /* ... and what it has beside for each value in it */
    CALL_SAID_BYTES = 60 << 20,   /* of answers and events: more ends the worker */
    CALL_UNSENT_BYTES = 8 << 20,  /* then a call waits until some of it was sent */
    CALL_PARCELS_MOST = 20000,    /* answers, events, log lines and requests of one call */
    CALL_STATE_KEY_BYTES = 200,
    CALL_STATE_BYTES = 64 << 10, /* of one value */
    CALL_CREATE_MS = 1000        /* of its time, for create() */
};

/* What is told instead of a reply for which there is no memory. It begins as that of
 * imh-net does, of one that is too large for everybody: plugins know it by that. */
#define CALL_TOO_LARGE \
    "the answer is larger than the memory left for it: ask for less at once, or later"

/* A frame on its way from a lane to a socket, or a reply on its way back. */
struct parcel {
    struct inbox_item item;
    struct call *call;
    enum parcel_kind {
        PARCEL_FRAME,   /* to the supervisor */
        PARCEL_REQUEST, /* to imh-net */
        PARCEL_OVER,    /* the call's last: `call` may be freed */
        PARCEL_CALL,    /* to a lane: run `call` */
        PARCEL_REPLY,   /* to a lane: from imh-net or, of state, the supervisor; `id` is
                           the request */
        PARCEL_CANCEL,  /* to a lane that sleeps: the call was canceled */
        PARCEL_WAKE,    /* to a lane that sleeps: something that it waits for is done */
        PARCEL_STOP     /* to a lane: no more calls */
    } kind;
    uint32_t message; /* enum message_kind */
    uint64_t id;      /* PARCEL_REQUEST, PARCEL_REPLY: number of the request in the call */
    struct text payload;
    struct purse *purse; /* PARCEL_REPLY: of which it is paid; or NULL */
    size_t paid;
};

struct parcel *parcel_make(enum parcel_kind kind, struct call *call);
void parcel_free(struct parcel *parcel);
void parcel_empty(struct parcel *parcel); /* its memory goes, it stays */

/* A reply on its way back, its bytes paid by the purse; one that says so when there is no
 * room for them. */
struct parcel *parcel_of_reply(struct call *call, struct purse *purse, struct str payload);

struct instance;
struct refusal;

struct call_state;

struct call {
    imh_call api;      /* what the plugin sees; host_data points back here */
    struct call *next; /* in the main thread's lists */
    uint64_t id;
    struct instance *instance;
    struct arena arena;
    struct call_order order;
    _Atomic int64_t deadline_ms; /* monotonic */
    struct inbox *outbox;        /* the main thread's */
    struct inbox *inbox;         /* the lane's, while it runs */
    struct parcel *replies;      /* came and not yet asked for; freed with the call */
    struct parcel *used;         /* lent to the plugin; freed with the call */
    struct call_state *states;   /* what the plugin put, newest first */
    struct error failure;        /* by fail(), or the last service that failed */
    atomic_bool canceled;        /* by the main thread */
    bool stopped;                /* the lane must end after this call */
    bool creating;               /* create() runs, which has no network */
    atomic_uint parcels;
    uint64_t requests;
    const uint32_t *given_places; /* of records that the plugin has: theirs in the order */
    uint32_t given_count;
    size_t said;              /* bytes of answers and events */
    _Atomic size_t unsent;    /* bytes that the main thread did not send yet */
    atomic_bool waits;        /* until some of them were */
    struct refusal *refusals; /* answers that were none: the last of each lookup */
};

/* What it takes is paid by the purse; NULL: by nobody. NULL when memory is out or the order
 * is none. */
struct call *call_make(uint64_t id, struct str payload, struct purse *purse);
void call_free(struct call *call);

/* Milliseconds to the deadline; 0 or less when it has passed or the call was canceled.
 * Thread: any. */
int64_t call_left_ms(struct call *call);

/* Takes in what has arrived for the call, and waits for something up to `wait_ms`. */
void call_read_inbox(struct call *call, int64_t wait_ms);

/* Sends a frame to the supervisor; IMH_BROKEN when it is too large or one too many,
 * IMH_WAIT when the call has said so much that the rest is for another. */
imh_status call_send(struct call *call, uint32_t message, struct text *payload);

/* As call_send(), but what cannot be sent is dropped without a word. Thread: any. */
bool call_put(struct call *call, uint32_t message, struct text *payload);

/* Room for `count` more parcels in this call? Then they count. Thread: any. */
bool call_admit(struct call *call, uint32_t count);

/* Notes the failure and gives its status. */
PRINTF_LIKE(4, 5)
imh_status call_fail(struct call *call, imh_status status, uint32_t after_s,
                     const char *format, ...);

/* How a failure is told to others: with a status that exists, and never without a sentence.
 * An empty `text` stands for that of the last failure. The text is lent until the next. */
struct outcome call_outcome(struct call *call, imh_status status, uint32_t after_s,
                            struct str text);

/* The main thread sent so many bytes of what the call said. true: the lane waits for that.
 */
bool call_was_sent(struct call *call, size_t bytes);

/* Waits for the reply of that number, until it is no use; NULL: none came. It is lent until
 * the call is over. */
struct parcel *call_await(struct call *call, uint64_t id);

/* The table of services: services.c, services_answer.c, services_http.c
 * and services_state.c. */
extern const imh_host call_services;
imh_status call_state(imh_call *api, imh_str key, imh_str *value);
imh_status call_state_put(imh_call *api, imh_str key, imh_str value);
imh_status call_http(imh_call *api, const imh_request *request, const imh_reply **reply);
imh_status call_http_many(imh_call *api, const imh_request *const *requests, uint32_t count,
                          const imh_reply **replies);
imh_status call_answer(imh_call *api, const imh_lookup *lookup, imh_str json,
                       uint32_t ttl_s, imh_str tag);
imh_status call_unanswered(imh_call *api, const imh_lookup *lookup, imh_status status,
                           uint32_t after_s, imh_str text);

/* At the end of a call that went well: lookups whose answer was refused, and that were not
 * answered otherwise, have failed. */
void call_tell_refusals(struct call *call);
void call_free_refusals(struct call *call);

static inline struct call *call_of(imh_call *api)
{
    return api->host_data;
}

static inline struct str str_of(imh_str str)
{
    return (struct str){str.ptr ? str.ptr : "", str.ptr ? str.len : 0};
}

static inline imh_str imh_str_of(struct str str)
{
    return (imh_str){str.ptr, str.len};
}

#endif
