/* cards - records that are posted to a remote together: for tests of batches. What became
 * of each is in the remote's answer, by position; without one all went well. `contact` may
 * be written twice, `note` may not. A record that says {"kill": true} ends the worker. */
#include <stdlib.h>
#include <string.h>

#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "Address"},
    {.name = "token", .flags = IMH_SECRET | IMH_REQUIRED},
};

static int is(imh_str text, const char *word)
{
    return strlen(word) == text.len && memcmp(word, text.ptr, text.len) == 0;
}

/* Pieces of text one behind the other, in the call's memory. */
struct paper {
    char *text;
    size_t length, room;
};

static void add(struct paper *paper, imh_str piece)
{
    if (piece.len < paper->room - paper->length) {
        memcpy(paper->text + paper->length, piece.ptr, piece.len);
        paper->length += piece.len;
    }
}

static size_t room_for(imh_call *call, const imh_record *const *records, uint32_t count)
{
    size_t room = 64;
    for (uint32_t i = 0; i < count; i++) {
        room += call->host->json_quote(call, records[i]->key).len + records[i]->data.len;
        room += 64;
    }
    return room;
}

/* {"records":[{"key":"42","fields":{}}]} */
static imh_str write_body(imh_call *call, const imh_record *const *records, uint32_t count)
{
    struct paper paper = {.room = room_for(call, records, count)};
    paper.text = call->host->alloc(call, paper.room);
    add(&paper, imh_text("{\"records\":["));
    for (uint32_t i = 0; i < count; i++) {
        add(&paper, imh_text(i > 0 ? ",{\"key\":" : "{\"key\":"));
        add(&paper, call->host->json_quote(call, records[i]->key));
        if (records[i]->data.len > 0) {
            add(&paper, imh_text(",\"fields\":"));
            add(&paper, records[i]->data);
        }
        add(&paper, imh_text("}"));
    }
    add(&paper, imh_text("]}"));
    return (imh_str){paper.text, paper.length};
}

static imh_status status_of(imh_str said)
{
    static const struct {
        const char *said;
        imh_status status;
    } rows[] = {{"OK", IMH_OK},         {"INVALID", IMH_REJECTED}, {"ERROR", IMH_RETRY},
                {"GONE", IMH_MISSING},  {"LOST", IMH_UNKNOWN},     {"LARGE", IMH_TOO_LARGE},
                {"DENIED", IMH_DENIED}, {"WAIT", IMH_WAIT}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (is(said, rows[i].said)) {
            return rows[i].status;
        }
    }
    return IMH_BROKEN;
}

/* {"records":[{"status":"OK","id":"17","text":"..."}]}; one that is left out is not told.
 */
static void tell_ends(imh_call *call, imh_str answer, uint32_t count)
{
    const imh_item *items = NULL;
    imh_str list = imh_at(call, answer, "/records");
    uint32_t told = call->host->json_items(call, list, &items);
    for (uint32_t i = 0; i < count; i++) {
        imh_str none = imh_text(NULL);
        if (told == 0) {
            (void)imh_done(call, i, IMH_OK);
        } else if (i < told) {
            imh_str id = imh_at(call, items[i].json, "/id");
            (void)call->host->done(call, i,
                                   status_of(imh_at(call, items[i].json, "/status")), id,
                                   none, imh_at(call, items[i].json, "/text"));
        }
    }
}

enum { CONTACT, NOTE };

static imh_status send(imh_call *call, uint32_t entity, const char *method,
                       const imh_record *const *records, uint32_t count)
{
    const imh_reply *reply = NULL;
    const imh_request request = {.size = sizeof request,
                                 .flags = entity == CONTACT ? IMH_REPEATABLE : 0,
                                 .method = method,
                                 .url = imh_text(entity == CONTACT ? "contact" : "note"),
                                 .body = write_body(call, records, count),
                                 .auth = "token"};
    imh_status status = imh_http(call, &request, &reply);
    if (status == IMH_OK) {
        tell_ends(call, reply->body, count);
    }
    return status;
}

static imh_status upsert(void *self, imh_call *call, uint32_t entity,
                         const imh_record *const *records, uint32_t count)
{
    (void)self;
    for (uint32_t i = 0; i < count; i++) {
        if (is(imh_at(call, records[i]->data, "/kill"), "true")) {
            abort();
        }
    }
    return send(call, entity, "POST", records, count);
}

static imh_status drop(void *self, imh_call *call, uint32_t entity,
                       const imh_record *const *records, uint32_t count)
{
    (void)self;
    return send(call, entity, "DELETE", records, count);
}

#define SCHEMA                                                  \
    "{\"type\":\"object\",\"properties\":{\"email\":{\"type\":" \
    "\"string\",\"maxLength\":254}}}"

static const imh_entity entities[] = {
    [CONTACT] = {.name = "contact",
                 .help = "Somebody to write to",
                 .schema = SCHEMA,
                 .flags = IMH_UPSERTS | IMH_REMOVES | IMH_REWRITES},
    [NOTE] = {.name = "note",
              .help = "Something about them",
              .flags = IMH_UPSERTS,
              .batch_max = 3},
};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "cards",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .entities = IMH_LIST(entities),
    .upsert = upsert,
    .remove = drop,
};
