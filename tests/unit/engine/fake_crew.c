#include "fake_crew.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CALL_MS = 20000, TURN_MS = 1000, TURNS_MOST = 20000 };

static const char *const plugins[] = {"good", "dies", "refused", "liar", "babbles", "mute"};

static void write_file(const struct fake_crew *crew, const char *name, const char *content)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", crew->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(close(fd), 0);
}

static void link_program(const struct fake_crew *crew, const char *name)
{
    char self[4096];
    char path[128];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", crew->folder, name);
    assert_int_equal(symlink(self, path), 0);
}

static void set_integration(struct fake_crew *crew)
{
    struct error error;
    static struct name_value options[] = {{STR("url"), STR("https://shop.example/")},
                                          {STR("color"), STR("red")}};
    crew->token =
        (struct secret_value){STR_OF("token"), secret_copy(STR_OF("s3cret"), &error)};
    crew->integration = (struct integration){.id = 7,
                                             .account = "acme",
                                             .identifier = "shop",
                                             .plugin = "good",
                                             .file = "acme.ini",
                                             .line = 3,
                                             .enabled = true,
                                             .cache_s = -1,
                                             .rate_a_minute = -1,
                                             .timeout_ms = CALL_MS,
                                             .options = {options, COUNT(options)},
                                             .secrets = {&crew->token, 1}};
}

int fake_crew_setup(void **state)
{
    struct error error;
    char path[128];
    struct fake_crew *crew = calloc(1, sizeof *crew);
    if (!crew) {
        return -1;
    }
    (void)snprintf(crew->folder, sizeof crew->folder, "/tmp/imh-crew-XXXXXX");
    assert_non_null(mkdtemp(crew->folder));
    link_program(crew, "imh-net");
    link_program(crew, "imh-worker");
    for (size_t i = 0; i < COUNT(plugins); i++) {
        (void)snprintf(path, sizeof path, "%s.so", plugins[i]);
        write_file(crew, path, "");
    }
    (void)snprintf(path, sizeof path, "%s/log.heard", crew->folder);
    crew->log = (struct log){.least = IMH_DEBUG,
                             .fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                             .for_people = true,
                             .clock = &clock_real};
    crew->settings = (struct supervisor_settings){
        .programs = crew->folder, .plugins = crew->folder, .log = &crew->log};
    set_integration(crew);
    crew->supervisor = supervisor_make(&crew->settings, &error);
    *state = crew;
    return crew->supervisor && crew->log.fd >= 0 ? 0 : -1;
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int fake_crew_teardown(void **state)
{
    struct fake_crew *crew = *state;
    struct dirent **entries = NULL;
    supervisor_free(crew->supervisor);
    secret_free(crew->token.value);
    (void)close(crew->log.fd);
    int count = scandir(crew->folder, &entries, is_file, alphasort);
    for (int i = 0; entries && i < count; i++) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", crew->folder, entries[i]->d_name);
        (void)unlink(path);
        free(entries[i]);
    }
    free(entries);
    int gone = rmdir(crew->folder);
    free(crew);
    return gone;
}

void fake_crew_net(const struct fake_crew *crew, const char *word)
{
    write_file(crew, "net.word", word);
}

void fake_crew_heard(const struct fake_crew *crew, const char *who, struct text *out)
{
    char path[128];
    struct error error;
    (void)snprintf(path, sizeof path, "%s/%s.heard", crew->folder, who);
    text_clear(out);
    if (!path_read(path, 1 << 20, out, &error)) {
        assert_int_equal(error.status, IMH_MISSING); /* nothing was heard yet */
    }
}

unsigned fake_crew_count(const struct fake_crew *crew, const char *who, const char *word)
{
    struct text heard;
    unsigned count = 0;
    text_init(&heard, 1 << 21);
    fake_crew_heard(crew, who, &heard);
    struct str all = text_str(&heard);
    size_t at = str_find(all, str_from(word), 0);
    while (at < all.len) {
        count++;
        at = str_find(all, str_from(word), at + 1);
    }
    text_done(&heard);
    return count;
}

/* ---- calls ---- */

void seen_init(struct seen *seen)
{
    *seen = (struct seen){0};
    text_init(&seen->answers, 1 << 20);
}

void seen_done(struct seen *seen)
{
    text_done(&seen->answers);
}

static void see_answer(void *self, const struct answer *answer)
{
    struct seen *seen = self;
    text_print(&seen->answers, "%u=%.*s;", (unsigned)answer->token, STR_ARGS(answer->json));
}

static void see_unanswered(void *self, const struct unanswered *unanswered)
{
    struct seen *seen = self;
    text_print(&seen->answers, "%u!%s;", (unsigned)unanswered->token,
               error_status_name(unanswered->outcome.status));
}

static void see_end(void *self, const struct outcome *outcome, const struct spent *spent)
{
    struct seen *seen = self;
    seen->ended++;
    seen->outcome = *outcome;
    seen->spent = *spent;
    (void)snprintf(seen->why, sizeof seen->why, "%.*s", STR_ARGS(outcome->text));
}

void fake_crew_ask(struct fake_crew *crew, const struct integration *integration,
                   const char *keys, struct seen *seen)
{
    struct call_lookup lookups[16];
    struct call_order order = {.kind = CALL_RESOLVE, .lookups = lookups};
    const struct call_watcher watcher = {
        .self = seen, .answer = see_answer, .unanswered = see_unanswered, .end = see_end};
    struct str rest = str_from(keys);
    struct str key;
    while (str_word(&rest, &key)) {
        assert_true(order.lookup_count < COUNT(lookups));
        lookups[order.lookup_count] = (struct call_lookup){.token = order.lookup_count,
                                                           .has_key = true,
                                                           .key = key,
                                                           .subject = STR(""),
                                                           .query = STR("")};
        order.lookup_count++;
    }
    supervisor_call(crew->supervisor, integration, &order, CALL_MS, &watcher);
}

void fake_crew_wait(struct fake_crew *crew)
{
    unsigned turns = 0;
    while (supervisor_is_busy(crew->supervisor)) {
        assert_true(turns++ < TURNS_MOST);
        supervisor_turn(crew->supervisor, TURN_MS);
    }
}

void fake_crew_call(struct fake_crew *crew, const char *keys, struct seen *seen)
{
    seen_init(seen);
    fake_crew_ask(crew, &crew->integration, keys, seen);
    fake_crew_wait(crew);
}

void fake_crew_rested(struct fake_crew *crew)
{
    crew->supervisor->net.rest_until_ms = 0;
    for (struct worker_process *at = crew->supervisor->workers; at; at = at->next) {
        at->rest_until_ms = 0;
    }
}
