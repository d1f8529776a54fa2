#include "app/operation_action.h"

#include "app/presence.h"

static struct str str_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

static void tell(void *self, uint64_t peer, uint64_t id, const struct command_made *made,
                 const struct error *error)
{
    const struct daemon *daemon = self;
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    if (error) {
        control_failure_put(&payload, error);
    } else {
        text_print(&payload, "{\"job\":%lld,\"was_there\":%s}", (long long)made->job,
                   made->was_there ? "true" : "false");
    }
    control_server_send(daemon->control, peer, error ? CONTROL_FAILURE : CONTROL_ANSWER, id,
                        &payload);
    text_done(&payload);
}

static bool begin(struct daemon *daemon, const struct control_question *question,
                  struct error *error)
{
    struct str text = question->arguments;
    json_auto_t *arguments = json_loadb(text.ptr, text.len, 0, NULL);
    const struct command_wanted wanted = {.account = str_at(arguments, "account"),
                                          .identifier = str_at(arguments, "integration"),
                                          .action = str_at(arguments, "action"),
                                          .args = str_at(arguments, "args"),
                                          .once_key = str_at(arguments, "key")};
    const struct target target = {.account = wanted.account,
                                  .identifier = wanted.identifier,
                                  .action = wanted.action};
    const struct command_asker asker = {
        .self = daemon, .peer = question->peer, .id = question->id, .told = tell};
    return presence_check(&daemon->site->config, &target, error) &&
           deliver_command_soon(daemon->deliver, &wanted, &asker, error);
}

void operation_action_run(struct daemon *daemon, const struct control_question *question)
{
    const struct command_made none = {.job = 0};
    struct error error;
    if (!begin(daemon, question, &error)) {
        tell(daemon, question->peer, question->id, &none, &error);
    }
}
