/* imh.h - how a plugin and the integration module host talk. ABI 1.0.
 *
 * A plugin is one shared object that exports one constant: `imh_plugin_entry`.
 * Everything the host can know without running plugin code is in that constant.
 *
 * Five promises hold for every function in this file. Nothing below repeats them.
 *
 *   Memory    What you receive is lent until the call returns. What you hand over is
 *             copied before the function returns. Nobody frees the other side's memory.
 *   Threads   Calls on one instance never overlap unless the plugin says IMH_CONCURRENT.
 *             Calls on two instances may, so keep no mutable globals. Functions marked
 *             [any] may be used from any thread.
 *   Errors    Zero is success. Anything else is an imh_status with a sentence set by
 *             imh_fail(); returning the status of a failed service call is enough.
 *   Effects   Events, changes, cursor, state and jobs of a call are stored together when
 *             it returns IMH_OK and dropped together when it does not. Three facts are kept
 *             at once, whatever follows: secret_put(), done() and answer().
 *   Text      UTF-8. JSON where it says JSON. Times are UTC milliseconds since 1970.
 */
#ifndef IMH_IMH_H
#define IMH_IMH_H

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMH_MAGIC 0x31484D49u /* "IMH1" in memory on little endian */
#define IMH_MAJOR 1           /* differs: the plugin is refused */
#define IMH_MINOR 0           /* grows when something is appended */

#if defined(__GNUC__)
#define IMH_EXPORT __attribute__((visibility("default")))
#define IMH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define IMH_INLINE __attribute__((unused)) static inline
#else
#define IMH_EXPORT
#define IMH_PRINTF(fmt, args)
#define IMH_INLINE static inline
#endif

/* ---- 1. Words ------------------------------------------------------------------- */

/* Bytes with a length. From the host: never NULL, and ptr[len] == 0. */
typedef struct imh_str {
    const char *ptr;
    size_t len;
} imh_str;

/* What a failure means for the work at hand. Fixed width: enums may change size. */
typedef int32_t imh_status;
enum {
    IMH_OK = 0,       /* done */
    IMH_RETRY = 1,    /* temporary: the queue tries again with growing pauses */
    IMH_WAIT = 2,     /* the remote asked for rest: try again after the given time */
    IMH_MISSING = 3,  /* no such thing: a normal answer, not an incident */
    IMH_REJECTED = 4, /* this input will never be accepted: park it for a human */
    IMH_DENIED = 5,   /* credentials refused: the instance pauses until they change */
    IMH_CANCELED = 6, /* deadline passed or host is stopping: counts as not tried */
    IMH_BROKEN = 7,   /* a bug on this side of the wire: park it, raise an alarm */
    IMH_UNKNOWN = 8,  /* sent, but no answer came: again only when repeating does no harm */
    IMH_TOO_LARGE = 9 /* refused for its size: a batch is sent again in halves, what is
                         alone in it is parked as IMH_REJECTED is */
};

typedef struct imh_call imh_call; /* one call: its clock, memory, error, services */
typedef struct imh_host imh_host; /* the table of services */

/* A table the plugin offers. `stride` is the element size the plugin was built with,
 * so elements can grow in later versions. Fill it with IMH_LIST(array). */
#define IMH_LIST_OF(type)  \
    struct {               \
        const type *items; \
        uint32_t count;    \
        uint32_t stride;   \
    }
#define IMH_LIST(array)                                           \
    {                                                             \
        (array), sizeof(array) / sizeof *(array), sizeof *(array) \
    }

/* A sized argument: `imh_emit(call, IMH_NEW(imh_event, .type = ORDER_PLACED))`. */
#define IMH_NEW(type, ...) (&(type){.size = sizeof(type), __VA_ARGS__})

/* ---- 2. What a plugin declares -------------------------------------------------- */

enum {
    IMH_TEXT,
    IMH_INTEGER,
    IMH_NUMBER,
    IMH_BOOLEAN,
    IMH_SECONDS,
    IMH_BYTES,
    IMH_URL,
    IMH_CHOICE,
    IMH_OBJECT,
    IMH_ARRAY
};

enum {
    IMH_REQUIRED = 1 << 0, /* the instance does not start without it */
    IMH_SECRET = 1 << 1,   /* kept encrypted, never logged, named in requests, not read */
    IMH_MANY = 1 << 2      /* may be given more than once; read as a JSON array */
};

/* A setting of one configured instance. The host parses, checks ranges, fills defaults,
 * prints help and refuses unknown names; a plugin only ever sees valid settings. */
typedef struct imh_option {
    const char *name;     /* [a-z][a-z0-9_]* */
    const char *help;     /* one sentence for the person who configures */
    const char *fallback; /* used when absent; NULL for none */
    const char *choices;  /* IMH_CHOICE: "live|test" */
    uint32_t type;        /* IMH_TEXT .. IMH_CHOICE */
    uint32_t flags;       /* IMH_REQUIRED | IMH_SECRET | IMH_MANY */
    int64_t min, max;     /* inclusive; ignored when both are 0 */
    const char *when; /* "auth=oauth1": IMH_REQUIRED counts only then; NULL for always */
} imh_option;

/* A way for requests to prove who they are. The options named here are read, inserted,
 * signed and kept fresh by the host; the plugin sees none of them. */
enum {
    IMH_AUTH_BEARER,
    IMH_AUTH_BASIC,
    IMH_AUTH_HEADER,
    IMH_AUTH_OAUTH1_SHA1, /* one- or two-legged; a fresh nonce and time per attempt */
    IMH_AUTH_OAUTH1_SHA256,
    IMH_AUTH_OAUTH2,     /* the token is fetched, used by all, renewed when it is refused */
    IMH_AUTH_HMAC_SHA256 /* a header with a digest over parts of the request */
};

/* What OAUTH1 servers compute a signature over. Those that know escapes and order from
 * elsewhere refuse RFC 5849 when a name has two digits, or path and values have marks. */
enum {
    IMH_OAUTH1_RFC,
    IMH_OAUTH1_LAMINAS, /* Magento to 2.4.7: names in natural order, the path unescaped */
    IMH_OAUTH1_MAGENTO  /* 2.4.8: names in plain order, values of `a[b]` escaped twice */
};

/* What HMAC takes for its key. */
enum {
    IMH_HMAC_TEXT,  /* the secret as it stands */
    IMH_HMAC_BASE64 /* the bytes it is the base64 of, also behind whsec_ */
};

/* How OAUTH2 asks for a token. */
enum {
    IMH_GRANT_CLIENT,   /* client credentials; when `token` has a value, refresh token */
    IMH_GRANT_PASSWORD, /* of `username` and `password` */
    IMH_GRANT_JWT       /* an assertion of `user` for `username`, signed by RS256 */
};
enum { IMH_CLIENT_BASIC, IMH_CLIENT_BODY }; /* where OAUTH2 puts client and secret */

/* In `token_url`, `scope` and `audience`, {name} stands for the value of that option. */
typedef struct imh_auth {
    const char *name;         /* what imh_request.auth says */
    const char *user;         /* option: user, OAUTH1 consumer key, OAUTH2 client */
    const char *secret;       /* option: token, password, consumer or client secret, or the
                                 private key (PEM) of IMH_GRANT_JWT */
    const char *token;        /* option: OAUTH1 token, OAUTH2 refresh token; or NULL. A new
                                 refresh token is stored by the host */
    const char *token_secret; /* option: OAUTH1; or NULL */
    const char *header;       /* HEADER, HMAC: its name */
    const char *token_url;    /* OAUTH2: relative as imh_request.url, or absolute at the
                                 server of an IMH_URL option */
    uint32_t type;            /* IMH_AUTH_* */
    uint32_t variant;         /* IMH_OAUTH1_*, IMH_HMAC_* */
    const char *username;     /* option: OAUTH2, IMH_GRANT_PASSWORD and _JWT */
    const char *password;     /* option: OAUTH2, IMH_GRANT_PASSWORD */
    const char *scope;        /* OAUTH2: what to ask for; or NULL */
    const char *audience;     /* OAUTH2: whom the token is for; or NULL. JWT: NULL means the
                                 token_url */
    const char *base;         /* OAUTH2: JSON Pointer into the token's answer to the address
                                 that requests with this auth are relative to; or NULL */
    const char *message;      /* HMAC: what is signed, with {method} {path} {query} {body}
                                 {time} {user} and {header.NAME}, of a header of the
                                 request; the path is that below the base address.
                                 OAUTH1: words of a 401 that refuses the signature: then
                                 the other of LAMINAS and MAGENTO is tried; or NULL */
    const char *value;        /* HMAC: of the header, with {user} {time} {hex} {base64}; in
                                 base64(...) also {raw} */
    uint32_t grant;           /* OAUTH2: IMH_GRANT_* */
    uint32_t client;          /* OAUTH2: IMH_CLIENT_* */
} imh_auth;

enum {
    IMH_KEYED = 1 << 0, /* the first segment is a key: {$shop.product.KEY.title} */
    IMH_DEEP = 1 << 1,  /* resolve the whole path here, not only the variable */
    IMH_PART = 1 << 2   /* only references lead there: not shown to people */
};

/* A personalization variable: {$identifier.name.rest.of.path}. You answer with the value
 * of `name` (or of one key of it) and the host walks the rest. One question for each key
 * and each value of the `subject` fields, however many messages and paths ask. */
typedef struct imh_variable {
    const char *name;
    const char *help;
    const char *example; /* JSON, shown in the editor and used by the contract tests */
    const char *subject; /* the recipient's fields it needs, "email language"; or NULL */
    uint32_t type;       /* IMH_TEXT .. IMH_ARRAY */
    uint32_t flags;      /* IMH_KEYED | IMH_DEEP */
    uint32_t ttl_s;      /* how long an answer may be reused; 0 for never */
    uint32_t reserved;
} imh_variable;

enum { IMH_OPT_IN = 1 << 0, IMH_OPT_OUT = 1 << 1 }; /* the subject's `email` said so */
/* Something that happens over there and can start a campaign here. */
typedef struct imh_event_type {
    const char *name; /* [a-z][a-z0-9-]*, as actions and entities: "order-create" */
    const char *help;
    const char *example; /* JSON of imh_event.data */
    uint32_t flags;
    uint32_t reserved;
} imh_event_type;

/* How a source keeps clear of rows the remote commits late. Overlap: the span ends now
 * and begins `margin_s` before the last end; repeats are dropped by event key. Lag: the
 * span ends `margin_s` before now and spans never overlap. */
enum { IMH_MARGIN_OVERLAP, IMH_MARGIN_LAG };
/* FIRST: just linked; learn the state, events are dropped. SKIP: the next record makes a
 * page fail: go on behind it. */
enum { IMH_FIRST = 1 << 0, IMH_SKIP = 1 << 1 };

/* The span [from_ms, to_ms) to ask the remote for; the margin is already in it. With
 * IMH_MARGIN_OVERLAP events come twice: give them a stable key, the host keeps one. */
typedef struct imh_span {
    uint32_t size;
    uint32_t flags; /* IMH_FIRST, IMH_SKIP */
    int64_t from_ms;
    int64_t to_ms;
    imh_str cursor; /* what imh_cursor() last stored with `more`; empty in a new span */
    uint32_t most;  /* records before imh_cursor(), 0: as you like; after failures fewer */
    uint32_t reserved;
} imh_span;

/* Where events come from. Each source has its own pace, margin and cursor, so that a
 * broken one does not hold the others. */
typedef struct imh_source {
    const char *name;
    const char *help;
    uint32_t every_s;  /* 0 for 60 */
    uint32_t margin_s; /* 0 for the host's, 600 unless configured */
    uint32_t margin;   /* IMH_MARGIN_* */
    uint32_t reserved;
    imh_status (*poll)(void *self, imh_call *call, const imh_span *span);
} imh_source;

enum {
    IMH_LISTS = 1 << 0,
    IMH_UPSERTS = 1 << 1,
    IMH_REMOVES = 1 << 2,
    IMH_REWRITES = 1 << 3 /* to write or remove a record twice does no harm: after
                             IMH_UNKNOWN it is done again */
};

/* A kind of record that is kept equal on both sides. */
typedef struct imh_entity {
    const char *name;
    const char *help;
    const char *schema; /* JSON Schema of imh_record.data */
    uint32_t flags;     /* IMH_LISTS | IMH_UPSERTS | IMH_REMOVES | IMH_REWRITES */
    uint32_t batch_max; /* most records per upsert or remove, to 256; 0 for 100 */
    uint32_t margin_s;  /* as in imh_source */
    uint32_t margin;
} imh_entity;

/* A request the platform asks you to handle, as the remote sent it. */
typedef struct imh_hook {
    uint32_t size;
    uint32_t route; /* index in imh_plugin.routes */
    imh_str body;
    imh_str query;
    imh_str headers; /* JSON object, names in lower case */
} imh_hook;

enum { IMH_SIGN_NONE, IMH_SIGN_HMAC_SHA256_HEX, IMH_SIGN_HMAC_SHA256_BASE64 };

/* A webhook address: /hooks/<account>/<identifier>/<path>. imh-net limits the size and
 * checks the signature, the host stores it, 202 is answered, and only then is `handle`
 * called, from the queue, as often as needed. */
typedef struct imh_route {
    const char *path;
    const char *help;
    const char *signature_header; /* e.g. "x-signature" */
    const char *secret;           /* name of the option that holds the key */
    uint32_t signature;           /* IMH_SIGN_* */
    uint32_t reserved;
    imh_status (*handle)(void *self, imh_call *call, const imh_hook *hook);
} imh_route;

enum { IMH_REPEATABLE = 1 << 0 }; /* doing it twice does no harm */

/* A command a campaign or a person can run, e.g. "create-coupon". Give the result with
 * imh_result(). The same idempotency key means: the same command again. */
typedef struct imh_action {
    const char *name;
    const char *help;
    const char *params; /* JSON Schema of args; the host validates before calling */
    const char *stream; /* JSON Pointer into args: equal values keep their order */
    uint32_t flags;     /* IMH_REPEATABLE: IMH_UNKNOWN may be tried again */
    uint32_t reserved;
    imh_status (*run)(void *self, imh_call *call, imh_str args, imh_str idempotency_key);
} imh_action;

/* ---- 3. What travels ------------------------------------------------------------ */

typedef struct imh_lookup {
    uint32_t size;
    uint32_t variable;   /* index in imh_plugin.variables */
    uint64_t token;      /* the host's; pass the lookup back, leave this alone */
    imh_str subject;     /* JSON object: the fields that imh_variable.subject names */
    const imh_str *path; /* segments after the name: the key first when IMH_KEYED */
    uint32_t path_count;
    uint32_t reserved;
    /* Of a list (an IMH_ARRAY without keys), what the template asks of it, so that the
     * remote can do the work; empty for all of it. JSON, every member may be absent:
     *
     *     {"filter": [["price", "<", "15"], ["sku", "given", null]],
     *      "orderby": [["price", "desc"], ["id", "asc"]],  the first decides first
     *      "limit": 5,      more than so many are not needed
     *      "count": true,   only "$total" is wanted
     *      "after": "2"}    the part behind this one: an answer's "$next"
     *
     * Conditions: == != < <= > >= contains given. Values are text, a boolean, or null.
     * Answer one part, as much as the remote gives at once: {"$items": [...],
     * "$next": "2", "$total": 312, "$done": ["filter", "orderby"]}. "$next" is left out of
     * the last part, "$total" when it is not known. In "$done" stands what was applied as
     * a whole; the host does the rest, and it asks for no more parts than it needs.
     * Conditions of a "$filter" come first, and are yours. */
    imh_str query;
} imh_lookup;

typedef struct imh_event {
    uint32_t size;
    uint32_t type;   /* index in imh_plugin.event_types */
    imh_str key;     /* unique per occurrence, e.g. "order/100031/paid" */
    imh_str subject; /* JSON object: who it is about */
    imh_str data;    /* JSON object */
    int64_t at_ms;   /* when it happened; 0 for now */
} imh_event;

enum { IMH_GONE = 1 << 0 };

typedef struct imh_record {
    uint32_t size;
    uint32_t flags;  /* IMH_GONE: deleted over there */
    imh_str id;      /* the remote's identifier; empty for a new record */
    imh_str version; /* etag, revision or timestamp; stops our own echo */
    imh_str data;    /* JSON object by imh_entity.schema */
    imh_str key;     /* upsert, remove: what the host knows the record by, e.g. a customer
                        number; at most 255 bytes, never twice in one call */
} imh_record;

typedef struct imh_job {
    uint32_t size;
    uint32_t delay_s; /* not before now plus this */
    imh_str kind;     /* yours, e.g. "push_order" */
    imh_str key;      /* a waiting job with this key is replaced; empty for none */
    imh_str payload;  /* JSON */
} imh_job;

/* One HTTP request. Credentials are named, not shown: imh-net puts the secret in the
 * request and keeps it out of logs and of plugin memory. */
typedef struct imh_request {
    uint32_t size;
    uint32_t flags;     /* IMH_REPEATABLE; GET, HEAD, PUT, DELETE always are */
    const char *method; /* NULL for GET */
    imh_str url;        /* absolute, or relative to the first IMH_URL option */
    imh_str headers;    /* JSON object; empty for none */
    imh_str body;
    const char *auth;    /* an imh_auth, or a secret option sent as bearer; NULL for none */
    uint32_t timeout_ms; /* 0 for what is left of the call */
    uint32_t reserved;
} imh_request;

typedef struct imh_reply {
    uint32_t size;
    uint32_t code; /* 0 when no answer came */
    imh_str body;
    imh_str headers; /* JSON object, names in lower case */
    imh_status
        status; /* what `http` returns for it: each reply of `http_many` has its own */
    uint32_t after_s; /* with IMH_WAIT: how long the remote wants to rest */
    imh_str text;     /* what happened, unless status is IMH_OK */
} imh_reply;

enum {
    IMH_JSON_NONE, /* not there, or not JSON */
    IMH_JSON_NULL,
    IMH_JSON_BOOLEAN,
    IMH_JSON_NUMBER,
    IMH_JSON_STRING,
    IMH_JSON_ARRAY,
    IMH_JSON_OBJECT
};

/* One member of a JSON object or element of an array. This struct never grows. */
typedef struct imh_item {
    imh_str key;   /* decoded; empty in an array */
    imh_str value; /* a string decoded, anything else its JSON */
    imh_str json;  /* as it stands, a string with its quotes */
    uint32_t type; /* IMH_JSON_* */
    uint32_t reserved;
} imh_item;

/* ---- 4. What the host offers ---------------------------------------------------- */

enum { IMH_DEBUG, IMH_INFO, IMH_NOTICE, IMH_WARNING, IMH_ERROR };

/* Append only. Test what is newer than the host you need with IMH_HAS(). */
struct imh_host {
    uint32_t size;
    uint16_t major, minor;
    const char *name, *version;

    void (*log)(imh_call *call, uint32_t level, imh_str text); /* [any] */
    imh_status (*fail)(imh_call *call, imh_status status, uint32_t after_s, imh_str text);
    void *(*alloc)(imh_call *call, size_t bytes); /* lent like the rest; never NULL */
    int64_t (*now_ms)(imh_call *call);            /* [any] */
    int64_t (*left_ms)(imh_call *call);           /* [any] until the deadline; <= 0: stop */

    imh_str (*option)(imh_call *call, const char *name); /* as text */
    /* A stand-in, good for this call only, where no imh_auth fits (a password in a body):
     * put it in url, headers or body; imh-net replaces it, escaped for its place. */
    imh_status (*secret)(imh_call *call, const char *name, imh_str *stand_in);
    imh_status (*secret_put)(imh_call *call, const char *name, imh_str value); /* at once */
    imh_status (*state)(imh_call *call, imh_str key, imh_str *value); /* IMH_MISSING */
    imh_status (*state_put)(imh_call *call, imh_str key, imh_str value);

    /* `http` maps the answer: 2xx OK; 404, 410 MISSING; 429 and Retry-After WAIT; 408,
     * 425, 5xx RETRY; 401, 403 DENIED; 413 TOO_LARGE; 3xx and other 4xx REJECTED; no answer
     * RETRY, or UNKNOWN when it was sent and is not repeatable. *reply is set in all cases.
     * `http_many` runs them side by side and returns the first status that is not OK. */
    imh_status (*http)(imh_call *call, const imh_request *request, const imh_reply **reply);
    imh_status (*http_many)(imh_call *call, const imh_request *const *requests,
                            uint32_t count, const imh_reply **replies);
    /* JSON as text. A string comes decoded, anything else as its JSON; what is not there
     * is empty. `json_at` reads from the start each time: for many fields of one object,
     * and for lists, ask `json_items` once. */
    imh_str (*json_at)(imh_call *call, imh_str json, imh_str pointer);    /* RFC 6901 */
    uint32_t (*json_type)(imh_call *call, imh_str json, imh_str pointer); /* IMH_JSON_* */
    uint32_t (*json_items)(imh_call *call, imh_str json, const imh_item **items);
    imh_str (*json_quote)(imh_call *call, imh_str text); /* a JSON string, quotes and all */
    imh_str (*urlencode)(imh_call *call, imh_str text);

    /* `ttl_s` 0 is what imh_variable says. An answer is a value by the object model; the
     * remote's own fields, untouched, go below its member "attributes". In it
     * {"$value": 19.95, "currency": "EUR"} prints as 19.95, {"$time": "2026-11-21
     * 19:50:59"} as that time, with .timestamp and .local (a time that is not UTC has its
     * seconds beside it: "$utc": 1709161200), {"$ref": ["customer", "17"]}
     * is the variable `customer` of key 17, asked for when a template goes there (more
     * texts behind the key go on into it), {"$ref": ["orders"], "$filter": [["customer",
     * "==", "17"]]} a part of a list. */
    imh_status (*answer)(imh_call *call, const imh_lookup *lookup, imh_str json,
                         uint32_t ttl_s, imh_str tag);
    /* One lookup has no answer, and why; the others are not touched by it. */
    imh_status (*unanswered)(imh_call *call, const imh_lookup *lookup, imh_status status,
                             uint32_t after_s, imh_str text);
    imh_status (*forget)(imh_call *call, imh_str tag); /* drop cached answers so tagged */
    imh_status (*emit)(imh_call *call, const imh_event *event);
    imh_status (*cursor)(imh_call *call, imh_str cursor, uint32_t more);
    imh_status (*change)(imh_call *call, const imh_record *record);
    /* What became of record number `index` of an upsert or remove; the last word counts.
     * `id` and `version` are the remote's, as far as it tells them; `text` says why it was
     * not done, empty for that of the last failure. */
    imh_status (*done)(imh_call *call, uint32_t index, imh_status status, imh_str id,
                       imh_str version, imh_str text);
    imh_status (*result)(imh_call *call, imh_str json);
    imh_status (*enqueue)(imh_call *call, const imh_job *job);

    const void *(*extension)(imh_call *call, const char *id); /* "vendor.name/1" or NULL */

    /* The wall clock of a time zone at a moment, in milliseconds as if the wall were
     * UTC: the day over there is *local_ms / 86400000. `zone` is a name of the tz database,
     * "Europe/Amsterdam"; IMH_REJECTED: there is no such zone, *local_ms is 0. */
    imh_status (*local_ms)(imh_call *call, imh_str zone, int64_t utc_ms, int64_t *local_ms);

    /* The reverse: the moment at which the wall clock shows `local_ms`. An hour that the
     * clock skips in spring is read by the offset before it (02:30 is 03:30 there); an hour
     * that it shows twice in autumn is mostly the second one east of Greenwich and the
     * first one west of it, as PHP has it. Errors as those of local_ms. */
    imh_status (*utc_ms)(imh_call *call, imh_str zone, int64_t local_ms, int64_t *utc_ms);

    /* `release` gives back the memory that the call took since that `mark`: what was lent,
     * replies too, is gone. For what is done again and again, as a page or an answer. Marks
     * stand in each other. A reply for which a worker has no memory left is IMH_RETRY, "the
     * answer is larger than the memory left for it": work on fewer, and release them. */
    void *(*mark)(imh_call *call);
    void (*release)(imh_call *call, void *mark);
};

struct imh_call {
    uint32_t size;
    uint32_t attempt; /* 1 for the first try */
    const imh_host *host;
    void *host_data;    /* the host's */
    imh_str account;    /* whose instance this is, e.g. "acme" */
    imh_str identifier; /* the configured identifier of this instance, e.g. "shop_nl" */
    imh_str trace;      /* goes into every log line and outgoing request */
};

#define IMH_HAS(call, service)                                                            \
    ((call)->host->size >= offsetof(imh_host, service) + sizeof((call)->host->service) && \
     (call)->host->service)

/* Does the struct that the host passed have this field? `IMH_KNOWS(lookup, query)` */
#define IMH_KNOWS(pointer, field) \
    ((pointer)->size >=           \
     (size_t)((const char *)(&(pointer)->field + 1) - (const char *)(pointer)))

/* ---- 5. The plugin -------------------------------------------------------------- */

/* First in imh_plugin and never changed, so that any host can read any plugin's. */
typedef struct imh_abi {
    uint32_t magic;
    uint16_t major;
    uint16_t minor;       /* of the header it was built with */
    uint16_t needs_minor; /* oldest host it runs on; 0 unless you use newer services */
    uint16_t reserved;
    uint32_t size; /* of imh_plugin as built */
} imh_abi;

#define IMH_ABI                                                   \
    {                                                             \
        IMH_MAGIC, IMH_MAJOR, IMH_MINOR, 0, 0, sizeof(imh_plugin) \
    }

enum { IMH_CONCURRENT = 1 << 0 }; /* calls on one instance may overlap: no mutable state */

/* Append only. A NULL function means: this plugin does not do that.
 *
 * Life of an instance:  create -> work ... -> destroy
 * `create` may not use the network; `check` may. `destroy` follows every `create`, also a
 * failed one, with whatever *self was set to. */
typedef struct imh_plugin {
    imh_abi abi;
    const char *name; /* [a-z][a-z0-9_]*, what a configuration section refers to */
    const char *version;
    const char *vendor;
    const char *summary;
    uint32_t flags;         /* IMH_CONCURRENT */
    uint32_t parallel;      /* requests at once to one remote; 0 for 4; the INI overrides */
    uint32_t rate_a_minute; /* most requests to one remote; 0 for no limit; as above */
    uint32_t reserved;

    IMH_LIST_OF(imh_option) options;
    IMH_LIST_OF(imh_auth) auths;
    IMH_LIST_OF(imh_variable) variables;
    IMH_LIST_OF(imh_event_type) event_types;
    IMH_LIST_OF(imh_source) sources;
    IMH_LIST_OF(imh_route) routes;
    IMH_LIST_OF(imh_entity) entities;
    IMH_LIST_OF(imh_action) actions;

    imh_status (*create)(imh_call *call, void **self);
    void (*destroy)(void *self, imh_call *call);
    imh_status (*check)(void *self, imh_call *call); /* "test connection" */

    /* One answer, or all answers of a mailing together. With both, the host prefers
     * `resolve_many`. Answers given stay; a lookup left without one gets the returned
     * status, or IMH_MISSING when that is IMH_OK. */
    imh_status (*resolve)(void *self, imh_call *call, const imh_lookup *lookup);
    imh_status (*resolve_many)(void *self, imh_call *call, const imh_lookup *const *lookups,
                               uint32_t count);

    /* Give every change with imh_change() and the way on with imh_cursor(). */
    imh_status (*list_changes)(void *self, imh_call *call, uint32_t entity,
                               const imh_span *span);
    /* Writes fields of records: those in `data`; others stay as they are over there, so
     * that two writes that wait can become one. A record that is not there is made. In
     * `remove`, `data` is empty, and IMH_MISSING is as good as IMH_OK. Records of a call
     * are of one entity. Report each with imh_done(): one that is refused does not spoil
     * the others. One left unreported gets the returned status, or IMH_RETRY when that is
     * IMH_OK; IMH_TOO_LARGE sends those again in halves. */
    imh_status (*upsert)(void *self, imh_call *call, uint32_t entity,
                         const imh_record *const *records, uint32_t count);
    imh_status (*remove)(void *self, imh_call *call, uint32_t entity,
                         const imh_record *const *records, uint32_t count);

    imh_status (*job)(void *self, imh_call *call, const imh_job *job);
    const void *(*extension)(const char *id);
} imh_plugin;

/* The one exported symbol. */
IMH_EXPORT extern const imh_plugin imh_plugin_entry;

#ifdef __cplusplus
}
#endif

/* ---- 6. Shorthand --------------------------------------------------------------- */

#include <imh/shorthand.h>

#endif /* IMH_IMH_H */
