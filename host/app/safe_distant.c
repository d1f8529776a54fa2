#include "app/safe_distant.h"

#include <stdio.h>

#include <jansson.h>

static json_t *ask_place(struct control_client *daemon, const char *operation,
                         const struct seal_place *place, struct str secret,
                         struct error *error)
{
    json_t *arguments =
        json_pack("{s:s%,s:s%,s:s%}", "account", place->account.ptr, place->account.len,
                  "integration", place->integration.ptr, place->integration.len, "name",
                  place->name.ptr, place->name.len);
    return control_ask_json(daemon, operation, arguments, secret, error);
}

bool safe_distant_has(struct control_client *daemon, const struct seal_place *place,
                      struct error *error)
{
    json_auto_t *answer = ask_place(daemon, "vault has", place, STR_OF(""), error);
    return answer != NULL;
}

bool safe_distant_set(struct control_client *daemon, const struct seal_place *place,
                      const struct secret *value, bool *made_key, struct error *error)
{
    json_auto_t *answer =
        ask_place(daemon, "vault set", place, secret_reveal(value), error);
    *made_key = answer && json_is_true(json_object_get(answer, "made_key"));
    return answer != NULL;
}

bool safe_distant_unset(struct control_client *daemon, const struct seal_place *place,
                        struct error *error)
{
    json_auto_t *answer = ask_place(daemon, "vault unset", place, STR_OF(""), error);
    return answer != NULL;
}

/* ---- lists ---- */

static bool read_place(json_t *item, struct seal_place *place)
{
    return json_unpack(item, "{s:s%,s:s%,s:s%}", "account", &place->account.ptr,
                       &place->account.len, "integration", &place->integration.ptr,
                       &place->integration.len, "name", &place->name.ptr,
                       &place->name.len) == 0;
}

bool safe_distant_list(struct control_client *daemon,
                       void (*each)(void *self, const struct vault_record *record),
                       void *self, struct error *error)
{
    json_auto_t *answer =
        control_ask_json(daemon, "vault list", json_object(), STR_OF(""), error);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        struct vault_record record = {
            .updated_at_ms = json_integer_value(json_object_get(item, "updated_at_ms"))};
        if (read_place(item, &record.place)) {
            each(self, &record);
        }
    }
    return answer != NULL;
}

bool safe_distant_rekey(struct control_client *daemon, const char *source,
                        struct safe_change *change, struct error *error)
{
    json_t *item;
    size_t i;
    json_auto_t *answer = control_ask_json(
        daemon, "vault rekey", json_pack("{s:s?}", "source", source), STR_OF(""), error);
    json_array_foreach(json_object_get(answer, "unopened"), i, item)
    {
        struct seal_place place;
        if (change->rekey.refuse && read_place(item, &place)) {
            change->rekey.refuse(change->rekey.self, &place);
        }
    }
    const char *old_path = json_string_value(json_object_get(answer, "old_path"));
    (void)snprintf(change->old_path, sizeof change->old_path, "%s",
                   old_path ? old_path : "");
    change->rekey.sealed = (unsigned)json_integer_value(json_object_get(answer, "sealed"));
    change->rekey.refused =
        (unsigned)json_integer_value(json_object_get(answer, "refused"));
    return answer != NULL;
}

bool safe_distant_halts(struct control_client *daemon,
                        void (*each)(void *self, const struct halt *halt), void *self,
                        struct error *error)
{
    json_auto_t *answer =
        control_ask_json(daemon, "integration halts", json_object(), STR_OF(""), error);
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(answer, "items"), i, item)
    {
        struct halt halt = {.paused = json_is_true(json_object_get(item, "paused")),
                            .since_ms =
                                json_integer_value(json_object_get(item, "since_ms"))};
        if (json_unpack(item, "{s:s%,s:s%,s:s%,s:s%}", "account", &halt.account.ptr,
                        &halt.account.len, "integration", &halt.integration.ptr,
                        &halt.integration.len, "part", &halt.part.ptr, &halt.part.len,
                        "why", &halt.why.ptr, &halt.why.len) == 0) {
            each(self, &halt);
        }
    }
    return answer != NULL;
}
