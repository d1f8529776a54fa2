#include "base/message.h"

#include "base/message_parts.h"

/* ---- small parts ---- */

/* Room for a list's elements; a list longer than `most` makes the frame bad. */
static void *get_list(struct wire_reader *reader, struct arena *arena, uint32_t most,
                      size_t bytes, uint32_t *count)
{
    *count = wire_list(reader);
    void *items = *count <= most ? arena_zero(arena, *count, bytes) : NULL;
    if (!items) {
        reader->bad = true;
        *count = 0;
    }
    return items;
}

/* ---- outcomes ---- */

void outcome_put(struct text *payload, const struct outcome *outcome)
{
    add_outcome(payload, outcome);
}

bool outcome_get(struct str payload, struct outcome *outcome)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    *outcome = get_outcome(&reader);
    return wire_close(&reader);
}

/* ---- remotes ---- */

/* The texts of a credential, in their order on the wire. */
enum { AUTH_TEXTS = 15 };

#define AUTH_FIELDS(auth)                                                                  \
    {                                                                                      \
        &(auth)->name, &(auth)->user, &(auth)->secret, &(auth)->token,                     \
            &(auth)->token_secret, &(auth)->header, &(auth)->token_url, &(auth)->username, \
            &(auth)->password, &(auth)->scope, &(auth)->audience, &(auth)->base,           \
            &(auth)->message, &(auth)->value, &(auth)->token_option                        \
    }

static void add_auth(struct text *payload, const struct remote_auth *auth)
{
    const struct str *const texts[AUTH_TEXTS] = AUTH_FIELDS(auth);
    wire_put_int(payload, auth->type);
    wire_put_int(payload, auth->variant);
    wire_put_int(payload, auth->grant);
    wire_put_int(payload, auth->client);
    wire_put_int(payload, auth->is_option);
    for (size_t i = 0; i < AUTH_TEXTS; i++) {
        wire_put_str(payload, *texts[i]);
    }
}

static void get_auth(struct wire_reader *reader, struct remote_auth *auth)
{
    struct str *const texts[AUTH_TEXTS] = AUTH_FIELDS(auth);
    auth->type = get_uint(reader);
    auth->variant = get_uint(reader);
    auth->grant = get_uint(reader);
    auth->client = get_uint(reader);
    auth->is_option = get_bool(reader);
    for (size_t i = 0; i < AUTH_TEXTS; i++) {
        *texts[i] = wire_str(reader);
    }
}

void remote_put(struct text *payload, const struct remote *remote)
{
    wire_put_str(payload, remote->account);
    wire_put_str(payload, remote->identifier);
    wire_put_list(payload, remote->address_count);
    for (uint32_t i = 0; i < remote->address_count; i++) {
        wire_put_str(payload, remote->addresses[i]);
    }
    wire_put_list(payload, remote->auth_count);
    for (uint32_t i = 0; i < remote->auth_count; i++) {
        add_auth(payload, &remote->auths[i]);
    }
    wire_put_int(payload, remote->parallel);
    wire_put_int(payload, remote->rate_a_minute);
    wire_put_int(payload, remote->timeout_ms);
    wire_put_int(payload, remote->allow_private);
    wire_put_str(payload, remote->ca);
}

bool remote_get(struct str payload, struct arena *arena, struct remote *remote)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    remote->account = wire_str(&reader);
    remote->identifier = wire_str(&reader);
    remote->addresses = get_list(&reader, arena, MESSAGE_OPTIONS_MOST,
                                 sizeof *remote->addresses, &remote->address_count);
    for (uint32_t i = 0; i < remote->address_count; i++) {
        remote->addresses[i] = wire_str(&reader);
    }
    remote->auths = get_list(&reader, arena, MESSAGE_OPTIONS_MOST, sizeof *remote->auths,
                             &remote->auth_count);
    for (uint32_t i = 0; i < remote->auth_count; i++) {
        get_auth(&reader, &remote->auths[i]);
    }
    remote->parallel = get_uint(&reader);
    remote->rate_a_minute = get_uint(&reader);
    remote->timeout_ms = get_uint(&reader);
    remote->allow_private = get_bool(&reader);
    remote->ca = wire_str(&reader);
    return wire_close(&reader);
}

void renewal_put(struct text *payload, const struct renewal *renewal)
{
    wire_put_str(payload, renewal->option);
    wire_put_str(payload, renewal->value);
}

bool renewal_get(struct str payload, struct renewal *renewal)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    renewal->option = wire_str(&reader);
    renewal->value = wire_str(&reader);
    return wire_close(&reader);
}

/* ---- tickets ---- */

void ticket_put(struct text *payload, const struct ticket *ticket)
{
    wire_put_str(payload, ticket->secret);
    wire_put_str(payload, ticket->trace);
    wire_put_int(payload, (int64_t)ticket->instance);
    wire_put_int(payload, (int64_t)ticket->worker);
    wire_put_int(payload, ticket->left_ms);
}

bool ticket_get(struct str payload, struct ticket *ticket)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    ticket->secret = wire_str(&reader);
    ticket->trace = wire_str(&reader);
    ticket->instance = (uint64_t)wire_int(&reader);
    ticket->worker = (uint64_t)wire_int(&reader);
    ticket->left_ms = wire_int(&reader);
    return wire_close(&reader) && ticket->secret.len == TICKET_BYTES;
}

void spent_put(struct text *payload, const struct spent *spent)
{
    wire_put_int(payload, spent->requests);
    for (unsigned i = 0; i < REQUEST_CLASSES; i++) {
        wire_put_int(payload, spent->answers[i]);
    }
    wire_put_int(payload, spent->unsafe);
    wire_put_int(payload, spent->done);
    wire_put_int(payload, spent->code);
}

static struct spent get_spent(struct wire_reader *reader)
{
    struct spent spent = {.requests = get_uint(reader)};
    for (unsigned i = 0; i < REQUEST_CLASSES; i++) {
        spent.answers[i] = get_uint(reader);
    }
    spent.unsafe = get_uint(reader);
    spent.done = get_uint(reader);
    spent.code = get_uint(reader);
    return spent;
}

bool spent_get(struct str payload, struct spent *spent)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    *spent = get_spent(&reader);
    return wire_close(&reader);
}

/* ---- requests ---- */

bool request_is_repeatable(const struct request *request)
{
    static const struct str methods[] = {STR("GET"), STR("HEAD"), STR("PUT"),
                                         STR("DELETE")};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (str_eq(request->method, methods[i])) {
            return true;
        }
    }
    return (request->flags & IMH_REPEATABLE) != 0;
}

void request_put(struct text *payload, const struct request *request)
{
    wire_put_str(payload, request->ticket);
    wire_put_int(payload, request->flags);
    wire_put_str(payload, request->method);
    wire_put_str(payload, request->url);
    wire_put_str(payload, request->headers);
    wire_put_str(payload, request->body);
    wire_put_str(payload, request->auth);
    wire_put_int(payload, request->timeout_ms);
}

bool request_get(struct str payload, struct request *request)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    request->ticket = wire_str(&reader);
    request->flags = get_uint(&reader);
    request->method = wire_str(&reader);
    request->url = wire_str(&reader);
    request->headers = wire_str(&reader);
    request->body = wire_str(&reader);
    request->auth = wire_str(&reader);
    request->timeout_ms = get_uint(&reader);
    return wire_close(&reader) && request->ticket.len == TICKET_BYTES;
}

void reply_put(struct text *payload, const struct reply *reply)
{
    add_outcome(payload, &reply->outcome);
    wire_put_int(payload, reply->code);
    wire_put_str(payload, reply->headers);
    wire_put_str(payload, reply->body);
}

bool reply_get(struct str payload, struct reply *reply)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    reply->outcome = get_outcome(&reader);
    reply->code = get_uint(&reader);
    reply->headers = wire_str(&reader);
    reply->body = wire_str(&reader);
    return wire_close(&reader);
}

/* ---- instances and calls ---- */

void instance_put(struct text *payload, const struct worker_instance *instance)
{
    wire_put_str(payload, instance->account);
    wire_put_str(payload, instance->identifier);
    wire_put_int(payload, instance->parallel);
    wire_put_list(payload, instance->options.count);
    for (uint32_t i = 0; i < instance->options.count; i++) {
        wire_put_str(payload, instance->options.items[i].name);
        wire_put_str(payload, instance->options.items[i].value);
    }
}

bool instance_get(struct str payload, struct arena *arena, struct worker_instance *instance)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    instance->account = wire_str(&reader);
    instance->identifier = wire_str(&reader);
    instance->parallel = get_uint(&reader);
    struct name_values *options = &instance->options;
    options->items = get_list(&reader, arena, MESSAGE_OPTIONS_MOST, sizeof *options->items,
                              &options->count);
    for (uint32_t i = 0; i < options->count; i++) {
        options->items[i].name = wire_str(&reader);
        options->items[i].value = wire_str(&reader);
    }
    return wire_close(&reader);
}

static void add_lookup(struct text *payload, const struct call_lookup *lookup)
{
    wire_put_int(payload, (int64_t)lookup->token);
    wire_put_int(payload, lookup->variable);
    wire_put_int(payload, lookup->has_key);
    wire_put_str(payload, lookup->key);
    wire_put_str(payload, lookup->subject);
    wire_put_str(payload, lookup->query);
}

static void get_lookup(struct wire_reader *reader, struct call_lookup *lookup)
{
    lookup->token = (uint64_t)wire_int(reader);
    lookup->variable = get_uint(reader);
    lookup->has_key = get_bool(reader);
    lookup->key = wire_str(reader);
    lookup->subject = wire_str(reader);
    lookup->query = wire_str(reader);
}

static void add_span(struct text *payload, const struct call_span *span)
{
    wire_put_int(payload, span->source);
    wire_put_int(payload, span->flags);
    wire_put_int(payload, span->most);
    wire_put_int(payload, span->from_ms);
    wire_put_int(payload, span->to_ms);
    wire_put_str(payload, span->cursor);
}

static void get_span(struct wire_reader *reader, struct call_span *span)
{
    span->source = get_uint(reader);
    span->flags = get_uint(reader);
    span->most = get_uint(reader);
    span->from_ms = wire_int(reader);
    span->to_ms = wire_int(reader);
    span->cursor = wire_str(reader);
}

static void add_action(struct text *payload, const struct call_action *action)
{
    wire_put_int(payload, action->action);
    wire_put_str(payload, action->args);
    wire_put_str(payload, action->key);
}

static void get_action(struct wire_reader *reader, struct call_action *action)
{
    action->action = get_uint(reader);
    action->args = wire_str(reader);
    action->key = wire_str(reader);
}

static void add_record(struct text *payload, const struct call_record *record)
{
    wire_put_str(payload, record->key);
    wire_put_str(payload, record->id);
    wire_put_str(payload, record->version);
    wire_put_str(payload, record->data);
}

static void get_record(struct wire_reader *reader, struct call_record *record)
{
    record->key = wire_str(reader);
    record->id = wire_str(reader);
    record->version = wire_str(reader);
    record->data = wire_str(reader);
}

void order_put(struct text *payload, const struct call_order *order)
{
    wire_put_int(payload, order->kind);
    wire_put_int(payload, (int64_t)order->instance);
    wire_put_int(payload, order->attempt);
    wire_put_int(payload, order->left_ms);
    wire_put_str(payload, order->ticket);
    wire_put_str(payload, order->trace);
    wire_put_list(payload, order->lookup_count);
    for (uint32_t i = 0; i < order->lookup_count; i++) {
        add_lookup(payload, &order->lookups[i]);
    }
    add_span(payload, &order->span);
    add_action(payload, &order->action);
    wire_put_list(payload, order->record_count);
    for (uint32_t i = 0; i < order->record_count; i++) {
        add_record(payload, &order->records[i]);
    }
    wire_put_int(payload, order->entity);
}

bool order_get(struct str payload, struct arena *arena, struct call_order *order)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    uint32_t kind = get_uint(&reader);
    order->kind = (enum call_kind)kind;
    order->instance = (uint64_t)wire_int(&reader);
    order->attempt = get_uint(&reader);
    order->left_ms = wire_int(&reader);
    order->ticket = wire_str(&reader);
    order->trace = wire_str(&reader);
    order->lookups = get_list(&reader, arena, MESSAGE_LOOKUPS_MOST, sizeof *order->lookups,
                              &order->lookup_count);
    for (uint32_t i = 0; i < order->lookup_count; i++) {
        get_lookup(&reader, &order->lookups[i]);
    }
    get_span(&reader, &order->span);
    get_action(&reader, &order->action);
    order->records = get_list(&reader, arena, MESSAGE_RECORDS_MOST, sizeof *order->records,
                              &order->record_count);
    for (uint32_t i = 0; i < order->record_count; i++) {
        get_record(&reader, &order->records[i]);
    }
    order->entity = get_uint(&reader);
    return wire_close(&reader) && kind < CALL_KIND_COUNT &&
           order->ticket.len == TICKET_BYTES;
}

/* ---- errands ---- */

void errand_put(struct text *payload, const struct errand *errand)
{
    wire_put_str(payload, errand->account);
    wire_put_str(payload, errand->identifier);
    wire_put_int(payload, errand->time_ms);
    wire_put_str(payload, errand->order);
}

bool errand_get(struct str payload, struct errand *errand)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    errand->account = wire_str(&reader);
    errand->identifier = wire_str(&reader);
    errand->time_ms = wire_int(&reader);
    errand->order = wire_str(&reader);
    return wire_close(&reader);
}

void errand_end_put(struct text *payload, const struct errand_end *end)
{
    add_outcome(payload, &end->outcome);
    spent_put(payload, &end->spent);
    wire_put_int(payload, end->spent.kept);
}

bool errand_end_get(struct str payload, struct errand_end *end)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    end->outcome = get_outcome(&reader);
    end->spent = get_spent(&reader);
    end->spent.kept = get_uint(&reader);
    return wire_close(&reader);
}
