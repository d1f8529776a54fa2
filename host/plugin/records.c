#include "plugin/records.h"

#include <stdlib.h>

#include "plugin/schema.h"

enum { NAME_BYTES = 255 /* of what a remote calls a record, and its version */ };

/* The records that the plugin sees, and their places in the order. */
struct given {
    const imh_record **list;
    uint32_t *places;
    uint32_t count;
};

static imh_status send_done(struct call *call, uint32_t place,
                            const struct outcome *outcome, struct str id,
                            struct str version)
{
    struct text payload;
    const struct call_done done = {
        .index = place, .outcome = *outcome, .id = id, .version = version};
    text_init(&payload, WIRE_FRAME_BYTES);
    done_put(&payload, &done);
    return call_send(call, MESSAGE_DONE, &payload);
}

imh_status records_done(imh_call *api, uint32_t index, imh_status status, imh_str id,
                        imh_str version, imh_str text)
{
    struct call *call = call_of(api);
    if (index >= call->given_count) {
        return call_fail(call, IMH_BROKEN, 0, "the end of record %" PRIu32 " of %" PRIu32,
                         index, call->given_count);
    }
    if (str_of(id).len > NAME_BYTES || str_of(version).len > NAME_BYTES) {
        return call_fail(call, IMH_BROKEN, 0,
                         "an id or a version of a record with more than 255 bytes");
    }
    struct outcome outcome = {.status = IMH_OK, .text = str_of(text)};
    if (status != IMH_OK) {
        outcome = call_outcome(call, status, 0, str_of(text));
    }
    return send_done(call, call->given_places[index], &outcome, str_of(id),
                     str_of(version));
}

static imh_str keep(struct call *call, struct str text)
{
    struct str copy = arena_copy(&call->arena, text);
    if (!copy.ptr) {
        abort();
    }
    return imh_str_of(copy);
}

static bool fits(struct call *call, const imh_entity *entity, uint32_t place)
{
    struct error error;
    struct str data = call->order.records[place].data;
    if (call->order.kind == CALL_REMOVE ||
        schema_accepts(str_from(entity->schema ? entity->schema : "{}"), data, &error)) {
        return true;
    }
    const struct outcome outcome = {.status = error.status, .text = str_from(error.text)};
    (void)send_done(call, place, &outcome, STR_OF(""), STR_OF(""));
    return false;
}

static struct given give(struct call *call, const imh_entity *entity)
{
    uint32_t count = call->order.record_count;
    imh_record *records = arena_zero(&call->arena, count, sizeof *records);
    struct given given = {.list = arena_zero(&call->arena, count, sizeof *given.list),
                          .places = arena_zero(&call->arena, count, sizeof *given.places)};
    if (!records || !given.list || !given.places) {
        abort();
    }
    for (uint32_t place = 0; place < count; place++) {
        const struct call_record *from = &call->order.records[place];
        if (!fits(call, entity, place)) {
            continue;
        }
        records[place] = (imh_record){.size = sizeof *records,
                                      .id = keep(call, from->id),
                                      .version = keep(call, from->version),
                                      .data = keep(call, from->data),
                                      .key = keep(call, from->key)};
        given.places[given.count] = place;
        given.list[given.count++] = &records[place];
    }
    return given;
}

imh_status records_run(struct call *call, const imh_plugin *plugin, void *self)
{
    bool removes = call->order.kind == CALL_REMOVE;
    imh_status (*write)(void *, imh_call *, uint32_t, const imh_record *const *, uint32_t) =
        removes ? plugin->remove : plugin->upsert;
    uint32_t entity = call->order.entity;
    if (entity >= plugin->entities.count || !write) {
        return call_fail(call, IMH_BROKEN, 0, "records of an entity there is not");
    }
    const struct given given = give(call, &plugin->entities.items[entity]);
    call->given_places = given.places;
    call->given_count = given.count;
    return given.count > 0 ? write(self, &call->api, entity, given.list, given.count)
                           : IMH_OK;
}
