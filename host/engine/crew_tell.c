#include "engine/crew.h"

#include <stdlib.h>

#include "engine/builtin.h"
#include "plugin/options.h"

/* ---- who was told ---- */

static struct told *find_told(struct told *told, uint64_t id)
{
    while (told && told->id != id) {
        told = told->next;
    }
    return told;
}

static bool was_told(struct told *told, uint64_t id)
{
    return find_told(told, id) != NULL;
}

struct told *crew_told(struct worker_process *worker, const struct integration *integration)
{
    return find_told(worker->instances, integration->id);
}

static bool note_told(struct told **list, const struct integration *integration)
{
    struct told *told = calloc(1, sizeof *told);
    if (told) {
        *told =
            (struct told){.next = *list, .id = integration->id, .integration = integration};
        *list = told;
    }
    return told != NULL;
}

void crew_forget_told(struct told **list)
{
    while (*list) {
        struct told *told = *list;
        *list = told->next;
        free(told);
    }
}

/* ---- telling about integrations ---- */

static struct remote_auth secret_auth(const struct integration *integration,
                                      const imh_option *option)
{
    struct str name = str_from(option->name);
    return (struct remote_auth){.name = name,
                                .type = IMH_AUTH_BEARER,
                                .is_option = true,
                                .secret = integration_value(integration, name)};
}

/* The pattern with the values of the options that its places name. */
static struct str filled(const struct integration *integration, const char *pattern,
                         struct arena *arena)
{
    struct str rest = str_from(pattern);
    struct str before;
    struct str name;
    struct text text;
    text_init(&text, OPTION_BYTES);
    while (options_place(&rest, &before, &name)) {
        text_add(&text, before);
        text_add(&text, integration_value(integration, name));
    }
    text_add(&text, rest);
    struct str kept = text.failed ? STR_OF("") : arena_copy(arena, text_str(&text));
    text_done(&text);
    return kept.ptr ? kept : STR_OF("");
}

static struct remote_auth declared_auth(const struct integration *integration,
                                        const imh_auth *auth, struct arena *arena)
{
    struct remote_auth out = {.name = str_from(auth->name),
                              .type = auth->type,
                              .variant = auth->variant,
                              .grant = auth->grant,
                              .client = auth->client,
                              .header = str_from(auth->header),
                              .base = str_from(auth->base),
                              .message = str_from(auth->message),
                              .value = str_from(auth->value),
                              .token_option = str_from(auth->token)};
    const struct {
        const char *option;
        struct str *value;
    } values[] = {{auth->user, &out.user},         {auth->secret, &out.secret},
                  {auth->token, &out.token},       {auth->token_secret, &out.token_secret},
                  {auth->username, &out.username}, {auth->password, &out.password}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        *values[i].value = integration_value(integration, str_from(values[i].option));
    }
    out.token_url = filled(integration, auth->token_url, arena);
    out.scope = filled(integration, auth->scope, arena);
    out.audience = filled(integration, auth->audience, arena);
    return out;
}

/* The addresses of URL options, in the plugin's order; the secrets, as it declares them,
 * and each under its own name as a bearer token. */
static bool fill_remote(const struct integration *integration,
                        const struct descriptor *descriptor, struct arena *arena,
                        struct remote *remote)
{
    uint32_t most = descriptor->option_count + descriptor->auth_count;
    remote->addresses = arena_zero(arena, most, sizeof *remote->addresses);
    remote->auths = arena_zero(arena, most, sizeof *remote->auths);
    if (!remote->addresses || !remote->auths) {
        return false;
    }
    for (uint32_t i = 0; i < descriptor->auth_count; i++) {
        remote->auths[remote->auth_count++] =
            declared_auth(integration, &descriptor->auths[i], arena);
    }
    for (uint32_t i = 0; i < descriptor->option_count; i++) {
        const imh_option *option = &descriptor->options[i];
        struct str value = integration_value(integration, str_from(option->name));
        if (option->flags & IMH_SECRET) {
            remote->auths[remote->auth_count++] = secret_auth(integration, option);
        } else if (option->type == IMH_URL && value.len > 0) {
            remote->addresses[remote->address_count++] = value;
        }
    }
    return true;
}

static uint32_t parallel_of(const struct integration *integration,
                            const struct descriptor *descriptor)
{
    enum { PARALLEL = 4 };
    uint32_t declared = descriptor->parallel ? descriptor->parallel : PARALLEL;
    return integration->parallel ? integration->parallel : declared;
}

static bool tell_net(struct supervisor *supervisor, const struct descriptor *descriptor,
                     const struct integration *integration)
{
    int64_t rate = integration->rate_a_minute;
    struct arena arena;
    struct text payload;
    struct remote remote = {.account = str_from(integration->account),
                            .identifier = str_from(integration->identifier),
                            .parallel = parallel_of(integration, descriptor),
                            .rate_a_minute =
                                rate < 0 ? descriptor->rate_a_minute : (uint32_t)rate,
                            .timeout_ms = integration->timeout_ms,
                            .allow_private = integration->allow_private,
                            .ca = integration->ca};
    arena_init(&arena, 4096, 0);
    text_init_wiped(&payload, WIRE_FRAME_BYTES);
    bool good = fill_remote(integration, descriptor, &arena, &remote);
    if (good) {
        remote_put(&payload, &remote);
        good = channel_send(supervisor->net.channel, MESSAGE_REMOTE, integration->id,
                            &payload, -1);
    }
    text_done(&payload);
    arena_done(&arena);
    return good;
}

static bool tell_worker(struct worker_process *worker,
                        const struct integration *integration)
{
    struct text payload;
    struct worker_instance instance = {.account = str_from(integration->account),
                                       .identifier = str_from(integration->identifier),
                                       .parallel =
                                           parallel_of(integration, worker->descriptor),
                                       .options = integration->options};
    text_init(&payload, WIRE_FRAME_BYTES);
    instance_put(&payload, &instance);
    bool good =
        channel_send(worker->channel, MESSAGE_INSTANCE, integration->id, &payload, -1);
    text_done(&payload);
    return good && note_told(&worker->instances, integration);
}

static const struct descriptor *described(const struct supervisor *supervisor,
                                          const char *plugin)
{
    const struct descriptor *own = builtin_descriptor(plugin);
    const struct worker_process *worker = supervisor->workers;
    while (!own && worker && !(worker->descriptor && strcmp(worker->plugin, plugin) == 0)) {
        worker = worker->next;
    }
    return own ? own : worker ? worker->descriptor : NULL;
}

static bool tell_net_once(struct supervisor *supervisor,
                          const struct integration *integration)
{
    const struct descriptor *descriptor = described(supervisor, integration->plugin);
    return was_told(supervisor->net.remotes, integration->id) ||
           (descriptor && tell_net(supervisor, descriptor, integration) &&
            note_told(&supervisor->net.remotes, integration));
}

/* With one of an account imh-net learns of all that may follow: the strictest limits of
 * those that share a server hold from the first request on. */
bool crew_tell_net(struct supervisor *supervisor, const struct integration *integration)
{
    if (was_told(supervisor->net.remotes, integration->id)) {
        return true;
    }
    for (const struct told *at = supervisor->expected; at; at = at->next) {
        if (strcmp(at->integration->account, integration->account) == 0 &&
            !tell_net_once(supervisor, at->integration)) {
            return false;
        }
    }
    return tell_net_once(supervisor, integration);
}

void crew_expect(struct supervisor *supervisor, const struct integration *integration)
{
    if (!was_told(supervisor->expected, integration->id)) {
        (void)note_told(&supervisor->expected, integration); /* else its first call tells */
    }
}

bool crew_tell(struct supervisor *supervisor, struct worker_process *worker,
               const struct integration *integration)
{
    return crew_tell_net(supervisor, integration) &&
           (was_told(worker->instances, integration->id) ||
            tell_worker(worker, integration));
}

void crew_tell_change(struct supervisor *supervisor, const struct integration *integration)
{
    if (!supervisor->net.channel || !was_told(supervisor->net.remotes, integration->id)) {
        return;
    }
    const struct descriptor *descriptor = described(supervisor, integration->plugin);
    if (!descriptor || !tell_net(supervisor, descriptor, integration)) {
        /* The next call tells it, or fails for the same reason. */
        crew_forget_told(&supervisor->net.remotes);
    }
}
