#include "app/operation_vault.h"

#include "app/answer.h"
#include "app/relay.h"

/* Texts of the place are lent from the arguments. */
static bool read_place(const struct operation *operation, struct seal_place *place,
                       struct error *error)
{
    json_error_t why;
    if (json_unpack_ex(operation->arguments, &why, JSON_STRICT, "{s:s%,s:s%,s:s%}",
                       "account", &place->account.ptr, &place->account.len, "integration",
                       &place->integration.ptr, &place->integration.len, "name",
                       &place->name.ptr, &place->name.len) != 0) {
        return error_set(error, IMH_REJECTED, "the question names no secret: %s", why.text);
    }
    return true;
}

/* ---- one secret ---- */

/* What follows from a change for the site at work; `value` empty: it is gone. */
static void apply(struct daemon *daemon, const struct seal_place *place, struct str value)
{
    struct configured *configured =
        site_find(daemon->site, place->account, place->integration);
    struct error error;
    OWN(secret) secret = value.len > 0 ? secret_copy(value, &error) : NULL;
    if (!configured || !configured->integration.enabled) {
        return;
    }
    if (secret && configured->usable &&
        integration_renew(&configured->integration, place->name, GIVE(secret))) {
        relay_forget(daemon->relay, configured);
        supervisor_changed(daemon->site->supervisor, &configured->integration);
        (void)deliver_resume(daemon->deliver, place->account, place->integration, &error);
        schedule_resume(daemon->schedule, place->account, place->integration);
    } else {
        daemon_read_anew(daemon, &configured->integration);
    }
}

json_t *operation_vault_has(const struct operation *operation, struct error *error)
{
    struct seal_place place;
    if (!read_place(operation, &place, error)) {
        return NULL;
    }
    OWN(secret) found = safe_get(operation->daemon->context->safe, &place, error);
    return found ? operation_done(error) : NULL;
}

json_t *operation_vault_set(const struct operation *operation, struct error *error)
{
    struct seal_place place;
    bool made_key = false;
    if (!read_place(operation, &place, error)) {
        return NULL;
    }
    OWN(secret) secret = secret_copy(operation->secret, error);
    if (!secret ||
        !safe_set(operation->daemon->context->safe, &place, secret, &made_key, error)) {
        return NULL;
    }
    apply(operation->daemon, &place, operation->secret);
    json_t *answer = operation_done(error);
    (void)json_object_set_new(answer, "made_key", json_boolean(made_key));
    return answer;
}

json_t *operation_vault_unset(const struct operation *operation, struct error *error)
{
    struct seal_place place;
    if (!read_place(operation, &place, error) ||
        !safe_unset(operation->daemon->context->safe, &place, error)) {
        return NULL;
    }
    apply(operation->daemon, &place, STR_OF(""));
    return operation_done(error);
}

/* ---- all of them ---- */

static json_t *place_of(const struct seal_place *place)
{
    return json_pack("{s:o,s:o,s:o}", "account", answer_text(place->account), "integration",
                     answer_text(place->integration), "name", answer_text(place->name));
}

/* Called by the store's thread while this one waits. */
static void add_record(void *self, const struct vault_record *record)
{
    json_t *place = place_of(&record->place);
    (void)json_object_set_new(place, "updated_at_ms", json_integer(record->updated_at_ms));
    (void)json_array_append_new(self, place);
}

json_t *operation_vault_list(const struct operation *operation, struct error *error)
{
    json_auto_t *items = json_array();
    if (!safe_list(operation->daemon->context->safe, add_record, items, error)) {
        return NULL;
    }
    json_t *answer = operation_done(error);
    (void)json_object_set(answer, "items", items);
    return answer;
}

static void add_unopened(void *self, const struct seal_place *place)
{
    if (place->account.len > 0) {
        (void)json_array_append_new(self, place_of(place));
    }
}

json_t *operation_vault_rekey(const struct operation *operation, struct error *error)
{
    const char *source = json_string_value(json_object_get(operation->arguments, "source"));
    json_auto_t *unopened = json_array();
    struct safe_change change = {.rekey = {.refuse = add_unopened, .self = unopened}};
    if (!safe_rekey(operation->daemon->context->safe, source, &change, error)) {
        return NULL;
    }
    json_t *answer = operation_done(error);
    (void)json_object_set_new(answer, "sealed", json_integer(change.rekey.sealed));
    (void)json_object_set_new(answer, "refused", json_integer(change.rekey.refused));
    (void)json_object_set_new(answer, "old_path", json_string(change.old_path));
    (void)json_object_set(answer, "unopened", unopened);
    return answer;
}
