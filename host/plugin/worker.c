#include "plugin/worker.h"

#include <poll.h>
#include <stdlib.h>

#include "base/channel.h"
#include "plugin/instance.h"

enum {
    CLOGGED_BYTES = 16 << 20, /* while so much waits to be read, no more is sent */
    LANES_KEPT = 64           /* beyond that those with nothing to do end */
};

/* A request under way: whom its reply is for. */
struct awaited {
    struct awaited *next;
    uint64_t id; /* on the channel to imh-net */
    struct call *call;
    uint64_t request; /* number in the call */
};

struct known {
    struct known *next;
    struct instance *instance;
    uint64_t last_call; /* the worker's count then; 0: none */
};

struct worker {
    struct entry *entry;
    struct channel *supervisor, *net;
    struct inbox *outbox; /* what the lanes send */
    struct known *instances;
    struct awaited *awaited;
    uint64_t last_request, last_call;
    struct purse purse; /* of all calls */
    uint32_t lanes;     /* of all instances */
    bool over;
};

static void send_frame(struct channel *channel, struct worker *worker, uint32_t message,
                       uint64_t id, struct text *payload)
{
    if (!channel_send(channel, message, id, payload, -1)) {
        worker->over = true;
    }
}

static void send_outcome(struct worker *worker, uint32_t message, uint64_t id,
                         const struct outcome *outcome)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    outcome_put(&payload, outcome);
    send_frame(worker->supervisor, worker, message, id, &payload);
    text_done(&payload);
}

static struct known *find_known(const struct worker *worker, uint64_t id)
{
    struct known *known = worker->instances;
    while (known && instance_id(known->instance) != id) {
        known = known->next;
    }
    return known;
}

/* ---- lanes ---- */

static void count_lanes(struct worker *worker, const struct instance *instance,
                        uint32_t before)
{
    worker->lanes += instance_lanes(instance) - before;
}

/* Ends what is idle of the instance that was called longest ago. false: all is busy. */
static bool end_oldest_lanes(struct worker *worker)
{
    const struct known *oldest = NULL;
    for (const struct known *at = worker->instances; at; at = at->next) {
        bool older = !oldest || at->last_call < oldest->last_call;
        oldest = older && instance_idles(at->instance) ? at : oldest;
    }
    if (oldest) {
        uint32_t before = instance_lanes(oldest->instance);
        instance_rest(oldest->instance);
        count_lanes(worker, oldest->instance, before);
    }
    return oldest != NULL;
}

/* Each lane is a thread with a descriptor and a stack, and there may be thousands of
 * instances: a new one takes the place of one that has nothing to do. */
static void run_call(struct worker *worker, struct known *known, struct call *call)
{
    uint32_t before = instance_lanes(known->instance);
    while (before == 0 && worker->lanes >= LANES_KEPT && end_oldest_lanes(worker)) {
    }
    known->last_call = ++worker->last_call;
    instance_run(known->instance, call);
    count_lanes(worker, known->instance, before);
}

/* ---- from the lanes ---- */

static void send_request(struct worker *worker, const struct parcel *parcel)
{
    struct awaited *awaited = calloc(1, sizeof *awaited);
    if (!awaited) {
        abort();
    }
    awaited->id = ++worker->last_request;
    awaited->call = parcel->call;
    awaited->request = parcel->id;
    awaited->next = worker->awaited;
    worker->awaited = awaited;
    struct text payload = parcel->payload;
    send_frame(worker->net, worker, MESSAGE_REQUEST, awaited->id, &payload);
}

static void forget_requests(struct worker *worker, const struct call *call)
{
    struct awaited **at = &worker->awaited;
    while (*at) {
        struct awaited *awaited = *at;
        if (awaited->call == call) {
            *at = awaited->next;
            free(awaited);
        } else {
            at = &awaited->next;
        }
    }
}

static void end_call(struct worker *worker, struct parcel *parcel)
{
    struct call *call = parcel->call;
    forget_requests(worker, call);
    send_frame(worker->supervisor, worker, MESSAGE_END, call->id, &parcel->payload);
    uint32_t before = instance_lanes(call->instance);
    instance_over(call->instance, call);
    count_lanes(worker, call->instance, before);
    call_free(call);
}

/* The others have more to do than to read: what the lanes say waits where it is, since a
 * channel that is full would be the end of this worker. */
static bool is_clogged(const struct worker *worker)
{
    return channel_waiting(worker->supervisor) > CLOGGED_BYTES ||
           channel_waiting(worker->net) > CLOGGED_BYTES;
}

static void send_words(struct worker *worker, struct parcel *parcel)
{
    struct call *call = parcel->call;
    size_t bytes = parcel->payload.len;
    send_frame(worker->supervisor, worker, parcel->message, call->id, &parcel->payload);
    if (call_was_sent(call, bytes)) {
        instance_wake(call->instance, call);
    }
    if (parcel->message == MESSAGE_CREATED) {
        uint32_t before = instance_lanes(call->instance);
        instance_is_created(call->instance);
        count_lanes(worker, call->instance, before);
    }
}

static void read_outbox(struct worker *worker)
{
    while (!is_clogged(worker)) {
        struct parcel *parcel = (struct parcel *)inbox_take(worker->outbox);
        if (!parcel) {
            return;
        }
        if (parcel->kind == PARCEL_FRAME) {
            send_words(worker, parcel);
        } else if (parcel->kind == PARCEL_REQUEST) {
            send_request(worker, parcel);
        } else {
            end_call(worker, parcel);
        }
        parcel_free(parcel);
    }
}

/* ---- from imh-net ---- */

static void take_reply(struct worker *worker, const struct frame *frame)
{
    struct awaited **at = &worker->awaited;
    while (*at && (*at)->id != frame->id) {
        at = &(*at)->next;
    }
    struct awaited *awaited = *at;
    if (!awaited || frame->kind != MESSAGE_REPLY) {
        return; /* for a call that is over */
    }
    struct parcel *parcel = parcel_of_reply(awaited->call, &worker->purse, frame->payload);
    parcel->id = awaited->request;
    *at = awaited->next;
    free(awaited);
    instance_reply(parcel->call->instance, parcel);
}

/* ---- from the supervisor ---- */

static bool take_instance(struct worker *worker, const struct frame *frame)
{
    struct known *known = calloc(1, sizeof *known);
    struct instance *instance =
        known && !find_known(worker, frame->id)
            ? instance_make(frame->id, worker->entry, frame->payload, worker->outbox)
            : NULL;
    if (!instance) {
        free(known);
        return false;
    }
    known->instance = instance;
    known->next = worker->instances;
    worker->instances = known;
    return true;
}

static bool take_call(struct worker *worker, const struct frame *frame)
{
    struct call *call = call_make(frame->id, frame->payload, &worker->purse);
    struct known *known = call ? find_known(worker, call->order.instance) : NULL;
    if (!known) {
        call_free(call);
        return false;
    }
    run_call(worker, known, call);
    return true;
}

static bool take_cancel(struct worker *worker, const struct frame *frame)
{
    static const struct outcome canceled = {.status = IMH_CANCELED,
                                            .text = STR("canceled")};
    for (struct known *at = worker->instances; at; at = at->next) {
        struct call *waiting = instance_cancel(at->instance, frame->id);
        if (waiting) {
            send_outcome(worker, MESSAGE_END, frame->id, &canceled);
            call_free(waiting);
        }
    }
    return true;
}

/* Its call may be over by now. */
static bool take_state(struct worker *worker, const struct frame *frame)
{
    struct state_answer answer;
    struct call *call = NULL;
    if (!state_answer_get(frame->payload, &answer)) {
        return false;
    }
    for (struct known *at = worker->instances; at && !call; at = at->next) {
        call = instance_call(at->instance, frame->id);
    }
    struct parcel *parcel = call ? parcel_make(PARCEL_REPLY, call) : NULL;
    if (call && !parcel) {
        abort();
    }
    if (parcel) {
        parcel->id = answer.number;
        text_add(&parcel->payload, frame->payload);
        instance_reply(call->instance, parcel);
    }
    return true;
}

static void read_supervisor(struct worker *worker)
{
    static const struct {
        uint32_t kind;
        bool (*take)(struct worker *worker, const struct frame *frame);
    } orders[] = {{MESSAGE_INSTANCE, take_instance},
                  {MESSAGE_CALL, take_call},
                  {MESSAGE_STATE_IS, take_state},
                  {MESSAGE_CANCEL, take_cancel}};
    struct frame frame;
    enum channel_state state;
    while ((state = channel_receive(worker->supervisor, &frame)) == CHANNEL_FRAME) {
        bool good = false;
        for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
            good = good || (orders[i].kind == frame.kind && orders[i].take(worker, &frame));
        }
        worker->over = worker->over || !good;
    }
    worker->over = worker->over || state == CHANNEL_CLOSED;
}

static void read_net(struct worker *worker)
{
    struct frame frame;
    enum channel_state state;
    while ((state = channel_receive(worker->net, &frame)) == CHANNEL_FRAME) {
        take_reply(worker, &frame);
    }
    worker->over = worker->over || state == CHANNEL_CLOSED;
}

/* ---- the loop ---- */

static void serve_once(struct worker *worker)
{
    struct pollfd fds[] = {
        {.fd = channel_fd(worker->supervisor),
         .events = channel_events(worker->supervisor)},
        {.fd = channel_fd(worker->net), .events = channel_events(worker->net)},
        {.fd = is_clogged(worker) ? -1 : inbox_fd(worker->outbox), .events = POLLIN},
    };
    (void)poll(fds, sizeof fds / sizeof *fds, -1);
    read_outbox(worker);
    read_net(worker);
    read_supervisor(worker);
    if (!channel_flush(worker->supervisor) || !channel_flush(worker->net)) {
        worker->over = true;
    }
}

/* What opens files comes before the seal: the loader, and jansson, which reads a seed when
 * it makes its first object. */
static bool load(struct worker *worker, const char *path, bool (*seal)(struct error *error),
                 struct text *descriptor, struct text *refusal)
{
    struct error error;
    worker->entry = entry_open(path, refusal);
    if (!worker->entry || !descriptor_to_json(worker->entry->descriptor, descriptor)) {
        return false;
    }
    if (seal && !seal(&error)) {
        text_add_cstr(refusal, error.text);
        return false;
    }
    return true;
}

static void refuse(struct worker *worker, struct str why)
{
    struct outcome outcome = {.status = IMH_REJECTED, .text = str_trim(why)};
    send_outcome(worker, MESSAGE_REFUSED, 0, &outcome);
    worker->over = true;
}

/* Step 8 of loading: what was found, or why not. */
static bool introduce(struct worker *worker, const char *path,
                      bool (*seal)(struct error *error))
{
    struct text payload;
    struct text refusal;
    text_init(&payload, WIRE_FRAME_BYTES);
    text_init(&refusal, REFUSAL_BYTES);
    if (load(worker, path, seal, &payload, &refusal)) {
        send_frame(worker->supervisor, worker, MESSAGE_DESCRIPTOR, 0, &payload);
    } else if (refusal.len > 0) {
        refuse(worker, text_str(&refusal));
    } else {
        abort(); /* no memory, not even to say so */
    }
    text_done(&refusal);
    text_done(&payload);
    return !worker->over;
}

static void free_all(struct worker *worker)
{
    while (worker->instances) {
        struct known *known = worker->instances;
        worker->instances = known->next;
        instance_free(known->instance);
        free(known);
    }
    for (struct inbox_item *item; worker->outbox && (item = inbox_take(worker->outbox));) {
        struct parcel *parcel = (struct parcel *)item;
        if (parcel->kind == PARCEL_OVER) {
            call_free(parcel->call);
        }
        parcel_free(parcel);
    }
    while (worker->awaited) {
        struct awaited *awaited = worker->awaited;
        worker->awaited = awaited->next;
        free(awaited);
    }
    entry_free(worker->entry);
    inbox_free(worker->outbox);
    channel_free(worker->supervisor);
    channel_free(worker->net);
}

void worker_serve(const char *plugin_path, int supervisor_fd, int net_fd,
                  bool (*seal)(struct error *error))
{
    struct worker worker = {.supervisor = channel_make(supervisor_fd, false),
                            .net = channel_make(net_fd, false),
                            .outbox = inbox_make(),
                            .purse = {.most = CALL_MEMORY_BYTES}};
    if (worker.supervisor && worker.net && worker.outbox &&
        introduce(&worker, plugin_path, seal)) {
        channel_gather(worker.supervisor);
        channel_gather(worker.net);
        while (!worker.over) {
            serve_once(&worker);
        }
    }
    free_all(&worker);
}

void worker_refuse(const char *why, int supervisor_fd)
{
    struct worker worker = {.supervisor = channel_make(supervisor_fd, false)};
    if (worker.supervisor) {
        refuse(&worker, str_from(why));
    }
    channel_free(worker.supervisor);
}
