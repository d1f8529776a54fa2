#include "app/operation_action.h"

static struct str str_at(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

json_t *operation_action_run(const struct operation *operation, struct error *error)
{
    const json_t *arguments = operation->arguments;
    const struct command_wanted wanted = {.account = str_at(arguments, "account"),
                                          .identifier = str_at(arguments, "integration"),
                                          .action = str_at(arguments, "action"),
                                          .args = str_at(arguments, "args"),
                                          .once_key = str_at(arguments, "key")};
    int64_t id = 0;
    bool was_there = false;
    bool good =
        deliver_command(operation->daemon->deliver, &wanted, &id, &was_there, error);
    json_t *answer = good ? operation_done(error) : NULL;
    (void)json_object_set_new(answer, "job", json_integer(id));
    (void)json_object_set_new(answer, "was_there", json_boolean(was_there));
    return answer;
}
