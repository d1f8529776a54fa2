#include "fake_player.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "plugin/descriptor.h"

#include "fake_crew.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CHANNEL_FD = 3 };

/* ---- what both do ---- */

void player_note(const struct player *player, const char *who, struct text *line)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%s/%s.heard", player->folder, who);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct str whole = text_str(line);
    if (fd < 0 || write(fd, whole.ptr, whole.len) != (ssize_t)whole.len) {
        _exit(99);
    }
    (void)close(fd);
}

void player_say(const struct player *player, uint32_t kind, uint64_t id,
                struct text *payload)
{
    if (!channel_send(player->channel, kind, id, payload, -1)) {
        _exit(0);
    }
}

static void end_pile(struct player *player);

/* Serves until the other side is gone. */
static void serve(struct player *player,
                  void (*take)(struct player *player, const struct frame *frame))
{
    struct frame frame;
    enum channel_state state;
    for (;;) {
        struct pollfd fd = {.fd = channel_fd(player->channel),
                            .events = channel_events(player->channel)};
        enum { SILENCE_MS = 300 };
        if (poll(&fd, 1, player->piled > 0 ? SILENCE_MS : -1) == 0) {
            end_pile(player);
        }
        while ((state = channel_receive(player->channel, &frame)) == CHANNEL_FRAME) {
            take(player, &frame);
        }
        if (state == CHANNEL_CLOSED || !channel_flush(player->channel)) {
            _exit(0);
        }
    }
}

/* ---- a worker's deeds, by key ---- */

struct deed {
    const char *key;
    void (*act)(struct player *player, uint64_t call, const struct call_lookup *lookup);
};

void player_answer(struct player *player, uint64_t call, const struct call_lookup *lookup,
                   const char *json, uint32_t ttl_s)
{
    struct text payload;
    struct answer message = {
        .token = lookup->token, .json = str_from(json), .tag = STR(""), .ttl_s = ttl_s};
    text_init(&payload, WIRE_FRAME_BYTES);
    answer_put(&payload, &message);
    player_say(player, MESSAGE_ANSWER, call, &payload);
    text_done(&payload);
}

static void answer_well(struct player *player, uint64_t call,
                        const struct call_lookup *lookup)
{
    struct text json;
    text_init(&json, 100000);
    text_add_cstr(&json, "{\"key\":");
    json_add_string(&json, lookup->has_key ? lookup->key : STR_OF("none"));
    text_print(&json, ",\"call\":%u,\"subject\":", player->calls);
    text_add(&json, lookup->subject.len > 0 ? lookup->subject : STR_OF("null"));
    text_add_char(&json, '}');
    player_answer(player, call, lookup, text_cstr(&json), 0);
    text_done(&json);
}

static void unanswer(struct player *player, uint64_t call, const struct call_lookup *lookup,
                     const struct outcome *outcome)
{
    struct text payload;
    struct unanswered message = {.token = lookup->token, .outcome = *outcome};
    text_init(&payload, WIRE_FRAME_BYTES);
    unanswered_put(&payload, &message);
    player_say(player, MESSAGE_UNANSWERED, call, &payload);
    text_done(&payload);
}

static void give_up(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)player;
    (void)call;
    (void)lookup;
    abort();
}

static void leave(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)player;
    (void)call;
    (void)lookup;
    _exit(3);
}

static void end_well(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)player;
    (void)call;
    (void)lookup;
    _exit(0);
}

static void keep_silent(struct player *player, uint64_t call,
                        const struct call_lookup *lookup)
{
    (void)player;
    (void)call;
    (void)lookup;
}

static void miss(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    unanswer(player, call, lookup,
             &(struct outcome){.status = IMH_MISSING, .text = STR("no such thing")});
}

static void deny(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    unanswer(player, call, lookup,
             &(struct outcome){.status = IMH_DENIED, .text = STR("no right to see it")});
}

static void ask_for_rest(struct player *player, uint64_t call,
                         const struct call_lookup *lookup)
{
    unanswer(player, call, lookup,
             &(struct outcome){
                 .status = IMH_WAIT, .after_s = 30, .text = STR("too many requests")});
}

static void answer_another(struct player *player, uint64_t call,
                           const struct call_lookup *lookup)
{
    struct call_lookup other = *lookup;
    other.token = 5000;
    player_answer(player, call, &other, "{}", 0);
}

static void answer_half(struct player *player, uint64_t call,
                        const struct call_lookup *lookup)
{
    player_answer(player, call, lookup, "{\"key\":", 0);
}

static void answer_twice(struct player *player, uint64_t call,
                         const struct call_lookup *lookup)
{
    player_answer(player, call, lookup, "{\"key\":\"first\"}", 0);
    player_answer(player, call, lookup, "{\"key\":\"second\"}", 0);
}

/* Good for seven seconds, whatever the descriptor says. */
static void answer_shortly(struct player *player, uint64_t call,
                           const struct call_lookup *lookup)
{
    player_answer(player, call, lookup, "{\"key\":\"short\"}", 7);
}

static void take_time(struct player *player, uint64_t call,
                      const struct call_lookup *lookup)
{
    (void)lookup;
    player->kept = call;
}

static void never_end(struct player *player, uint64_t call,
                      const struct call_lookup *lookup)
{
    take_time(player, call, lookup);
    player->stubborn = true;
}

/* Ended when no more calls come, with a note of how many came together. */
static void join_pile(struct player *player, uint64_t call,
                      const struct call_lookup *lookup)
{
    if (player->piled == COUNT(player->pile)) {
        _exit(98);
    }
    player->pile[player->piled++] = call;
    player->kept = call;
    answer_well(player, call, lookup);
}

static void log_a_line(struct player *player, uint64_t call,
                       const struct call_lookup *lookup)
{
    struct text payload;
    struct log_line line = {.level = IMH_ERROR, .text = STR("seen \x1b[31m it")};
    text_init(&payload, 4096);
    log_line_put(&payload, &line);
    player_say(player, MESSAGE_LOG, call, &payload);
    text_done(&payload);
    answer_well(player, call, lookup);
}

static void raise_unknown_event(struct player *player, uint64_t call,
                                const struct call_lookup *lookup)
{
    struct text payload;
    struct call_event event = {.type = 99, .key = STR("k"), .data = STR("{}")};
    (void)lookup;
    text_init(&payload, 4096);
    event_put(&payload, &event);
    player_say(player, MESSAGE_EVENT, call, &payload);
    text_done(&payload);
}

/* What only imh-net may say. */
static void play_net(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    (void)lookup;
    player_say(player, MESSAGE_SPENT, call, NULL);
}

static void speak_of_another_call(struct player *player, uint64_t call,
                                  const struct call_lookup *lookup)
{
    player_answer(player, call + 1000, lookup, "{}", 0);
}

/* Well at first, and then not any more. */
static void answer_once(struct player *player, uint64_t call,
                        const struct call_lookup *lookup)
{
    const struct outcome closed = {.status = IMH_RETRY,
                                   .text = STR_OF("the shop is closed")};
    if (player->calls == 1) {
        answer_well(player, call, lookup);
    } else {
        unanswer(player, call, lookup, &closed);
    }
}

/* Wants a second's rest at first, and is well then. */
static void rest_once(struct player *player, uint64_t call,
                      const struct call_lookup *lookup)
{
    if (player->calls == 1) {
        unanswer(player, call, lookup,
                 &(struct outcome){
                     .status = IMH_WAIT, .after_s = 1, .text = STR("too many requests")});
    } else {
        answer_well(player, call, lookup);
    }
}

static const struct deed deeds[] = {
    {"crash", give_up},      {"leave", leave},
    {"silent", keep_silent}, {"missing", miss},
    {"denied", deny},        {"rest", ask_for_rest},
    {"lie", answer_another}, {"half", answer_half},
    {"twice", answer_twice}, {"short", answer_shortly},
    {"slow", take_time},     {"stubborn", never_end},
    {"log", log_a_line},     {"event", raise_unknown_event},
    {"spent", play_net},     {"foreign", speak_of_another_call},
    {"unmade", never_end},   {"nap", rest_once},
    {"tires", answer_once},  {"pile0", join_pile},
    {"pile500", join_pile},  {"pile1000", join_pile},
    {"pile1500", join_pile}, {"well", end_well},
};

static void do_deed(struct player *player, uint64_t call, const struct call_lookup *lookup)
{
    for (size_t i = 0; i < COUNT(deeds); i++) {
        if (lookup->has_key && str_is(lookup->key, deeds[i].key)) {
            deeds[i].act(player, call, lookup);
            return;
        }
    }
    if (!player_is_hostile(player, call, lookup)) {
        answer_well(player, call, lookup);
    }
}

/* How a call ends, by the key of its first lookup. */
static struct outcome outcome_of(const struct call_lookup *first)
{
    static const struct {
        const char *key;
        struct outcome outcome;
    } rows[] = {
        {"closed", {.status = IMH_RETRY, .text = STR("the shop is closed")}},
        {"vague", {.status = IMH_BROKEN, .text = STR("")}},
        {"invent", {.status = 4711, .text = STR("who knows")}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (str_is(first->key, rows[i].key)) {
            return rows[i].outcome;
        }
    }
    return (struct outcome){.status = IMH_OK, .text = STR("")};
}

static void end_call(struct player *player, uint64_t call, struct outcome outcome)
{
    struct text payload;
    text_init(&payload, 4096);
    outcome_put(&payload, &outcome);
    player_say(player, MESSAGE_END, call, &payload);
    text_done(&payload);
}

static void end_pile(struct player *player)
{
    struct text line;
    text_init(&line, 100);
    text_print(&line, "together=%u\n", player->piled);
    player_note(player, "worker", &line);
    text_done(&line);
    for (unsigned i = 0; i < player->piled; i++) {
        end_call(player, player->pile[i], (struct outcome){.text = STR("")});
    }
    player->piled = 0;
}

static void take_call(struct player *player, const struct frame *frame)
{
    struct arena arena;
    struct call_order order;
    arena_init(&arena, 64 << 10, 0);
    if (!order_get(frame->payload, &arena, &order) || order.lookup_count == 0) {
        _exit(98);
    }
    player->calls++;
    if (!str_is(order.lookups[0].key, "unmade")) {
        player_say(player, MESSAGE_CREATED, frame->id, NULL);
    }
    struct outcome outcome = outcome_of(&order.lookups[0]);
    for (uint32_t i = 0; outcome.status == IMH_OK && i < order.lookup_count; i++) {
        do_deed(player, frame->id, &order.lookups[i]);
    }
    if (player->kept != frame->id) {
        end_call(player, frame->id, outcome);
    }
    arena_done(&arena);
}

static void note_instance(const struct player *player, const struct frame *frame)
{
    struct arena arena;
    struct text line;
    struct worker_instance instance;
    arena_init(&arena, 4096, 0);
    text_init(&line, 64 << 10);
    if (!instance_get(frame->payload, &arena, &instance)) {
        _exit(98);
    }
    text_print(&line, "instance %.*s/%.*s parallel=%u", STR_ARGS(instance.account),
               STR_ARGS(instance.identifier), instance.parallel);
    for (uint32_t i = 0; i < instance.options.count; i++) {
        const struct name_value *option = &instance.options.items[i];
        text_print(&line, " %.*s=%.*s", STR_ARGS(option->name), STR_ARGS(option->value));
    }
    text_add_char(&line, '\n');
    player_note(player, "worker", &line);
    text_done(&line);
    arena_done(&arena);
}

static void take_as_worker(struct player *player, const struct frame *frame)
{
    if (frame->kind == MESSAGE_INSTANCE) {
        note_instance(player, frame);
    } else if (frame->kind == MESSAGE_CALL) {
        take_call(player, frame);
    } else if (frame->kind == MESSAGE_CANCEL && !player->stubborn) {
        end_call(player, frame->id,
                 (struct outcome){.status = IMH_CANCELED, .text = STR("canceled")});
    }
}

/* ---- a worker, by plugin ---- */

static void introduce(struct player *player)
{
    static imh_option options[] = {
        {.name = "url", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "its address"},
        {.name = "token", .flags = IMH_REQUIRED | IMH_SECRET, .help = "its token"},
        {.name = "size", .type = IMH_INTEGER, .min = 1, .max = 10, .fallback = "5"},
        {.name = "color", .type = IMH_CHOICE, .choices = "red green"},
    };
    static imh_auth auths[] = {
        {.name = "login", .type = IMH_AUTH_BASIC, .user = "color", .secret = "token"},
        {.name = "crm",
         .type = IMH_AUTH_OAUTH2,
         .user = "color",
         .secret = "token",
         .token = "token",
         .token_url = "{url}{color}/token"},
    };
    static imh_variable variables[] = {
        {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60},
        {.name = "plain", .type = IMH_OBJECT, .ttl_s = 60},
        {.name = "mine",
         .type = IMH_OBJECT,
         .flags = IMH_KEYED,
         .ttl_s = 60,
         .subject = "email city"},
        {.name = "fresh", .type = IMH_OBJECT, .flags = IMH_KEYED},
    };
    struct descriptor descriptor = {
        .name = "good",
        .version = "1.2.3",
        .summary = "for tests",
        .abi_major = IMH_MAJOR,
        .abi_minor = IMH_MINOR,
        .flags = IMH_CONCURRENT,
        .parallel = 3,
        .rate_a_minute = 120,
        .can_resolve = true,
        .options = options,
        .option_count = COUNT(options),
        .auths = auths,
        .auth_count = COUNT(auths),
        .variables = variables,
        .variable_count = COUNT(variables),
    };
    struct text json;
    text_init(&json, 64 << 10);
    if (!descriptor_to_json(&descriptor, &json)) {
        _exit(98);
    }
    player_say(player, MESSAGE_DESCRIPTOR, 0, &json);
    text_done(&json);
}

static void die(struct player *player)
{
    (void)player;
    _exit(3);
}

static void refuse(struct player *player)
{
    struct text payload;
    struct outcome outcome = {.status = IMH_REJECTED, .text = STR("refused.so: too old")};
    text_init(&payload, 4096);
    outcome_put(&payload, &outcome);
    player_say(player, MESSAGE_REFUSED, 0, &payload);
    _exit(0);
}

static void lie(struct player *player)
{
    struct text json;
    text_init(&json, 100);
    text_add_cstr(&json, "{\"name\":7}");
    player_say(player, MESSAGE_DESCRIPTOR, 0, &json);
    text_done(&json);
}

static void babble(struct player *player)
{
    player_say(player, 999, 0, NULL);
}

static void keep_mute(struct player *player)
{
    (void)player;
}

static void play_worker(struct player *player)
{
    static const struct {
        const char *plugin;
        void (*begin)(struct player *player);
    } beginnings[] = {
        {"good", introduce}, {"dies", die},       {"refused", refuse},
        {"liar", lie},       {"babbles", babble}, {"mute", keep_mute},
    };
    for (size_t i = 0; i < COUNT(beginnings); i++) {
        if (strcmp(beginnings[i].plugin, player->plugin) == 0) {
            beginnings[i].begin(player);
        }
    }
    serve(player, take_as_worker);
}

/* ---- the beginning of a child ---- */

static const char *read_word(const struct player *player)
{
    static struct text word;
    char path[4200];
    struct error error;
    text_init(&word, 100);
    (void)snprintf(path, sizeof path, "%s/net.word", player->folder);
    return path_read(path, 100, &word, &error) ? text_cstr(&word) : "";
}

bool fake_crew_plays(int argc, char **argv, int *status)
{
    static struct player player;
    static char plugin[256];
    struct str name = path_name(str_from(argv[0]));
    if (!str_is(name, "imh-net") && !str_is(name, "imh-worker")) {
        return false;
    }
    *status = 97;
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* deeds abort on purpose */
    (void)snprintf(player.folder, sizeof player.folder, "%.*s",
                   (int)(strlen(argv[0]) - name.len - 1), argv[0]);
    player.channel = channel_make(CHANNEL_FD, str_is(name, "imh-net"));
    player.word = read_word(&player);
    if (argc == 3 && str_is(name, "imh-worker")) {
        struct str file = path_name(str_from(argv[2]));
        (void)snprintf(plugin, sizeof plugin, "%.*s",
                       STR_ARGS(str_before(file, file.len - 3)));
        player.plugin = plugin;
        play_worker(&player);
    } else if (argc == 2) {
        serve(&player, player_as_net);
    }
    return true;
}
