/* What a call says of its lookups: answers, and that there is none. */
#include <stdlib.h>

#include "base/json.h"
#include "plugin/instance.h"

enum { ANSWER_TTL_MOST_S = 86400 };

/* ---- JSON that may go on ---- */

/* Reads over the value of a member; what follows it. */
static enum json_event skip_value(struct json_reader *reader)
{
    struct str ignored;
    return json_whole(reader, json_next(reader), &ignored) ? json_next(reader)
                                                           : JSON_PROBLEM;
}

/* The host takes the value of `$raw` for the remote's and looks at nothing in it. Members
 * beside it came out of a text that is no JSON and broke out of its place. */
static bool raw_is_alone(struct str json, struct arena *arena)
{
    struct json_reader reader;
    enum json_event before = JSON_END;
    json_open(&reader, json, &json_limits_reply);
    enum json_event event = json_next(&reader);
    while (event != JSON_END && event != JSON_PROBLEM) {
        bool first = before == JSON_OBJECT;
        before = event;
        struct str key = {"", 0};
        if (event == JSON_KEY) {
            key = json_decode(reader.token, reader.escaped, arena);
        }
        bool is_raw = str_is(key, "$raw");
        bool is_closed = is_raw || str_is(key, "attributes");
        event = is_closed ? skip_value(&reader) : json_next(&reader);
        if (is_raw && (!first || event != JSON_OBJECT_END)) {
            return false;
        }
    }
    return true;
}

/* What imh_answer_raw() makes: the remote's text between two pieces of its own. */
static const struct str raw_before = STR("{\"$raw\":");

static bool is_raw(struct str json)
{
    return str_starts(json, raw_before) && str_ends(json, STR_OF("}"));
}

/* The remote's text must be JSON by itself, whatever it begins with: then nothing in it
 * ends early and goes on outside. */
static imh_status write_raw(struct call *call, struct str json, struct text *clean)
{
    struct error error;
    struct str inside = str_after(str_before(json, json.len - 1), raw_before.len);
    text_add(clean, raw_before);
    if (!json_rewrite(inside, &json_limits_reply, clean, &error)) {
        return call_fail(call, IMH_REJECTED, 0, "the remote's answer is %s", error.text);
    }
    text_add_char(clean, '}');
    return IMH_OK;
}

static imh_status write_composed(struct call *call, struct str json, struct text *clean)
{
    struct error error;
    if (!json_rewrite(json, &json_limits_reply, clean, &error)) {
        return call_fail(call, IMH_BROKEN, 0, "an answer that is %s", error.text);
    }
    bool has_raw = str_find(text_str(clean), STR_OF("$raw"), 0) < clean->len;
    if (has_raw && !raw_is_alone(text_str(clean), &call->arena)) {
        return call_fail(call, IMH_BROKEN, 0, "an answer with other members beside $raw");
    }
    return IMH_OK;
}

/* More than what is read of a remote: whose things are so large does not ask for less. */
static imh_status refuse_size(struct call *call, const imh_lookup *lookup)
{
    enum { KEY_SHOWN = 64 };
    const imh_plugin *plugin = instance_plugin(call->instance);
    bool known = lookup->variable < plugin->variables.count;
    struct str key = lookup->path_count > 0 ? str_of(lookup->path[0]) : STR_OF("");
    key = key.len > KEY_SHOWN ? str_before(key, KEY_SHOWN) : key;
    return call_fail(call, IMH_REJECTED, 0,
                     "the value of '%s%s%.*s' is larger than 8 MiB: make its texts shorter "
                     "over there",
                     known ? plugin->variables.items[lookup->variable].name : "",
                     key.len > 0 ? "." : "", STR_ARGS(key));
}

/* Only JSON that passed the scan goes on, and it is written anew. */
static imh_status send_answer(struct call *call, const imh_lookup *lookup, imh_str json,
                              uint32_t ttl_s, imh_str tag)
{
    struct text clean;
    struct text payload;
    if (json.len > json_limits_reply.bytes) {
        return refuse_size(call, lookup);
    }
    text_init(&clean, WIRE_FRAME_BYTES);
    imh_status status = is_raw(str_of(json)) ? write_raw(call, str_of(json), &clean)
                                             : write_composed(call, str_of(json), &clean);
    if (status != IMH_OK) {
        text_done(&clean);
        return status;
    }
    struct answer answer = {.token = lookup->token,
                            .json = text_str(&clean),
                            .tag = str_of(tag),
                            .ttl_s = ttl_s < ANSWER_TTL_MOST_S ? ttl_s : ANSWER_TTL_MOST_S};
    text_init(&payload, WIRE_FRAME_BYTES);
    answer_put(&payload, &answer);
    text_done(&clean);
    return call_send(call, MESSAGE_ANSWER, &payload);
}

/* ---- refusals ---- */

/* An answer that was refused: the plugin may give a smaller one, or say that there is none.
 */
struct refusal {
    struct refusal *next;
    uint64_t token;
    struct error why;
};

static void forget(struct call *call, uint64_t token)
{
    for (struct refusal **at = &call->refusals; *at; at = &(*at)->next) {
        struct refusal *refusal = *at;
        if (refusal->token == token) {
            *at = refusal->next;
            free(refusal);
            return;
        }
    }
}

static bool is_asked(const struct call *call, uint64_t token)
{
    uint32_t i = 0;
    while (i < call->order.lookup_count && call->order.lookups[i].token != token) {
        i++;
    }
    return i < call->order.lookup_count;
}

static void remember(struct call *call, uint64_t token)
{
    struct refusal *refusal = is_asked(call, token) ? calloc(1, sizeof *refusal) : NULL;
    forget(call, token);
    if (refusal) {
        *refusal = (struct refusal){call->refusals, token, call->failure};
        call->refusals = refusal;
    }
}

void call_free_refusals(struct call *call)
{
    while (call->refusals) {
        forget(call, call->refusals->token);
    }
}

static imh_status send_unanswered(struct call *call, uint64_t token,
                                  const struct outcome *outcome)
{
    struct text payload;
    struct unanswered unanswered = {.token = token, .outcome = *outcome};
    text_init(&payload, WIRE_FRAME_BYTES);
    unanswered_put(&payload, &unanswered);
    return call_send(call, MESSAGE_UNANSWERED, &payload);
}

void call_tell_refusals(struct call *call)
{
    for (const struct refusal *at = call->refusals; at; at = at->next) {
        struct outcome outcome = {.status = at->why.status,
                                  .after_s = at->why.after_s,
                                  .text = str_from(at->why.text)};
        (void)send_unanswered(call, at->token, &outcome);
    }
}

/* ---- the services ---- */

imh_status call_answer(imh_call *api, const imh_lookup *lookup, imh_str json,
                       uint32_t ttl_s, imh_str tag)
{
    struct call *call = call_of(api);
    imh_status status = send_answer(call, lookup, json, ttl_s, tag);
    if (status == IMH_OK) {
        forget(call, lookup->token);
    } else {
        remember(call, lookup->token);
    }
    return status;
}

/* Without a text of its own, the lookup gets that of the last failure. */
imh_status call_unanswered(imh_call *api, const imh_lookup *lookup, imh_status status,
                           uint32_t after_s, imh_str text)
{
    struct call *call = call_of(api);
    status = status == IMH_OK ? IMH_MISSING : status;
    struct outcome outcome = call_outcome(call, status, after_s, str_of(text));
    forget(call, lookup->token);
    return send_unanswered(call, lookup->token, &outcome);
}
