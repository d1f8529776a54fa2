/* sweep_base [STRIDE [SCENARIO]] - host/base, with each allocation failing in turn. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <imh/imh.h>

#include "base/arena.h"
#include "base/channel.h"
#include "base/inbox.h"
#include "base/json.h"
#include "base/log.h"
#include "base/message.h"
#include "base/path.h"
#include "base/zone.h"
#include "scenarios.h"

static bool no_memory(struct error *error)
{
    return error_set(error, IMH_RETRY, "out of memory");
}

/* ---- text and arena ---- */

static bool run_text(struct error *error)
{
    struct text text;
    text_init(&text, 1 << 20);
    for (int i = 0; i < 300; i++) {
        text_print(&text, "%d %s;", i, "a growing text");
        text_add_char(&text, '.');
    }
    bool good = text_ok(&text, "the text", error);
    must(!good || text_str(&text).len == 5890);
    must(text_cstr(&text));
    text_done(&text);
    return good;
}

static bool run_arena(struct error *error)
{
    struct arena arena;
    bool good = true;
    arena_init(&arena, 256, 0);
    for (int i = 0; i < 60 && good; i++) {
        struct str copy = arena_copy(&arena, STR_OF("some words that are kept"));
        char *zero = arena_zero(&arena, 3, 100);
        good = copy.ptr && zero;
        must(!good || (str_is(copy, "some words that are kept") && zero[299] == 0));
        if (i == 30) {
            arena_clear(&arena);
        }
    }
    arena_done(&arena);
    return good || no_memory(error);
}

/* ---- JSON ---- */

static const char document[] =
    "{\"a\": [1, 2.50, \"caf\\u00e9 \\\"quoted\\\"\", null], \"b\": {\"c\": {\"d\": true}},"
    " \"e\\u0301\": \"a longer text, so that decoding it needs memory \\n of its own\"}";

static bool run_json_check(struct error *error)
{
    return json_check(STR_OF(document), &json_limits_input, error);
}

static bool run_json_rewrite(struct error *error)
{
    struct text out;
    text_init(&out, 1 << 20);
    bool good = json_rewrite(STR_OF(document), &json_limits_input, &out, error);
    must(!good || str_starts(text_str(&out), STR_OF("{\"a\":[1,2.50,")));
    text_done(&out);
    return good;
}

/* Many members of one object: more names than fit into a first table. */
static bool run_json_wide(struct error *error)
{
    static char wide[64 << 10];
    size_t length = 1;
    wide[0] = '{';
    for (int i = 0; i < 3000; i++) {
        length += (size_t)snprintf(wide + length, sizeof wide - length,
                                   "%s\"member %d\":%d", i > 0 ? "," : "", i, i);
    }
    wide[length++] = '}';
    return json_check((struct str){wide, length}, &json_limits_input, error);
}

static bool run_json_find(struct error *error)
{
    struct arena arena;
    struct str whole = STR("");
    arena_init(&arena, 64, 0);
    enum json_event event =
        json_find(STR_OF(document), STR_OF("/e\xCC\x81"), &arena, &whole);
    must(event == JSON_STRING || event == JSON_PROBLEM);
    struct str text = STR("");
    if (event == JSON_STRING) {
        text = json_decode(str_before(str_after(whole, 1), whole.len - 2), true, &arena);
        must(!text.ptr || str_ends(text, STR_OF(" \n of its own")));
    }
    bool good = event == JSON_STRING && text.ptr;
    arena_done(&arena);
    return good || no_memory(error);
}

static bool run_json_add(struct error *error)
{
    struct text out;
    text_init(&out, 1 << 20);
    for (int i = 0; i < 50; i++) {
        json_add_string(&out, STR_OF("\"\\\n caf\xC3\xA9 \xFF"));
    }
    bool good = text_ok(&out, "the JSON", error);
    text_done(&out);
    return good;
}

/* ---- between threads and processes ---- */

static bool run_inbox(struct error *error)
{
    struct inbox_item items[3];
    OWN(inbox) inbox = inbox_make();
    if (!inbox) {
        return no_memory(error);
    }
    for (int i = 0; i < 3; i++) {
        inbox_put(inbox, &items[i]);
    }
    for (int i = 0; i < 3; i++) {
        must(inbox_wait(inbox, 1000) == &items[i]);
    }
    return true;
}

/* Frames through the pair; one that could not be queued closes the channel, or is whole. */
static bool send_and_receive(struct channel *from, struct channel *to, struct error *error)
{
    for (uint64_t id = 1; id <= 20; id++) {
        struct text payload;
        struct frame frame;
        text_init(&payload, 1 << 20);
        for (int i = 0; i < 200; i++) {
            wire_put_str(&payload, STR_OF("a field of a frame"));
        }
        bool sent = text_ok(&payload, "the frame", error);
        size_t length = payload.len;
        sent = sent && (channel_send(from, MESSAGE_LOG, id, &payload,
                                     id == 3 ? STDIN_FILENO : -1) ||
                        no_memory(error));
        text_done(&payload);
        if (!sent) {
            return false;
        }
        if (channel_receive(to, &frame) != CHANNEL_FRAME) {
            return no_memory(error);
        }
        must(frame.id == id && frame.payload.len == length);
    }
    return true;
}

static bool run_channel(struct error *error)
{
    int fds[2];
    if (!channel_pair(fds, error)) {
        return false;
    }
    OWN(channel) from = channel_make(fds[0], false);
    OWN(channel) to = channel_make(fds[1], true);
    if (!from || !to) {
        (void)(from || close(fds[0]));
        (void)(to || close(fds[1]));
        return no_memory(error);
    }
    bool good = send_and_receive(from, to, error);
    int file = channel_take_file(to);
    must(!good || file >= 0);
    if (file >= 0) {
        (void)close(file);
    }
    return good;
}

static bool run_message(struct error *error)
{
    struct call_lookup lookups[40] = {{.key = STR("24-MB01"), .has_key = true}};
    struct call_order order = {.kind = CALL_RESOLVE,
                               .instance = 7,
                               .ticket = STR("0123456789abcdef"),
                               .trace = STR("trace"),
                               .lookups = lookups,
                               .lookup_count = 40};
    struct call_order got;
    struct text payload;
    struct arena arena;
    text_init(&payload, 1 << 20);
    arena_init(&arena, 512, 0);
    order_put(&payload, &order);
    bool good = text_ok(&payload, "the order", error) &&
                (order_get(text_str(&payload), &arena, &got) || no_memory(error));
    must(!good || (got.lookup_count == 40 && str_is(got.lookups[0].key, "24-MB01")));
    arena_done(&arena);
    text_done(&payload);
    return good;
}

static bool run_remote(struct error *error)
{
    struct str addresses[3] = {STR("https://a.example/"), STR("https://b.example/"),
                               STR("https://c.example/")};
    struct remote_auth auths[2] = {{.name = STR("token"), .secret = STR("s")}};
    struct remote remote = {.account = STR("acme"),
                            .identifier = STR("shop"),
                            .addresses = addresses,
                            .address_count = 3,
                            .auths = auths,
                            .auth_count = 2};
    struct remote got;
    struct text payload;
    struct arena arena;
    text_init(&payload, 1 << 20);
    arena_init(&arena, 64, 0);
    remote_put(&payload, &remote);
    bool good = text_ok(&payload, "the remote", error) &&
                (remote_get(text_str(&payload), &arena, &got) || no_memory(error));
    must(!good || (got.address_count == 3 && got.auth_count == 2));
    arena_done(&arena);
    text_done(&payload);
    return good;
}

/* ---- files and time ---- */

static bool run_path(struct error *error)
{
    struct text bytes;
    struct text beside;
    text_init(&bytes, 1 << 20);
    text_init(&beside, 4096);
    path_beside(&beside, "/proc/self/status", STR_OF("limits"));
    bool good = text_ok(&beside, "the path", error) &&
                path_read("/proc/self/status", 1 << 20, &bytes, error);
    must(!good || (str_is(text_str(&beside), "/proc/self/limits") && bytes.len > 100));
    text_done(&beside);
    text_done(&bytes);
    return good;
}

static bool run_zone(struct error *error)
{
    OWN(zone) zone = zone_open("Europe/Amsterdam", error);
    must(!zone || zone_at(zone, 1751328000).seconds == 7200);
    return zone != NULL;
}

/* A line that finds no memory is shorter, or is not there. */
static bool run_log(struct error *error)
{
    struct log log = {.least = IMH_DEBUG, .clock = &clock_real};
    log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (log.fd < 0) {
        return no_memory(error);
    }
    for (int i = 0; i < 2; i++) {
        log.for_people = i == 1;
        log_info(&log, "something happened", "name", "with \"quotes\"", "other",
                 "a value that is somewhat longer than the first, to make the line grow",
                 NULL);
    }
    (void)close(log.fd);
    return true;
}

int main(int argc, char **argv)
{
    static const struct scenario items[] = {
        {"text", run_text, NULL},
        {"arena", run_arena, NULL},
        {"json_check", run_json_check, NULL},
        {"json_rewrite", run_json_rewrite, NULL},
        {"json_check of many members", run_json_wide, NULL},
        {"json_find and json_decode", run_json_find, NULL},
        {"json_add_string", run_json_add, NULL},
        {"inbox", run_inbox, NULL},
        {"channel", run_channel, NULL},
        {"message: an order", run_message, NULL},
        {"message: a remote", run_remote, NULL},
        {"path", run_path, NULL},
        {"zone", run_zone, NULL},
        {"log", run_log, NULL},
    };
    static const struct scenarios all = {items, sizeof items / sizeof *items};
    return scenarios_main(&all, argc, argv);
}
