#include "net/smtp.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"

/* ---- a mail server that does as it is told ---- */

enum stage { GREETING, HELLO, LOGIN, FROM, TO, DATA, DOT, STAGES };

/* What it says at that stage instead of what a good one says; NULL: it hangs up. */
struct script {
    enum stage stage;
    const char *says;
    bool hangs; /* it says nothing, and stays */
};

static const char *const usual[STAGES] = {
    "220 fake\r\n",  "250-fake\r\n250 AUTH PLAIN LOGIN\r\n",
    "235 ok\r\n",    "250 ok\r\n",
    "250 ok\r\n",    "354 go on\r\n",
    "250 queued\r\n"};

struct server {
    int listener;
    char url[64];
    struct script script;
    pthread_t thread;
    struct text heard;
    unsigned mails; /* that came to their end */
    bool ended;     /* QUIT came */
    bool ignores_quit;
};

static enum stage stage_of(struct str line)
{
    static const struct {
        const char *begin;
        enum stage stage;
    } commands[] = {{"EHLO", HELLO},      {"HELO", HELLO},  {"AUTH", LOGIN},
                    {"MAIL FROM:", FROM}, {"RCPT TO:", TO}, {"DATA", DATA},
                    {".\r\n", DOT}};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (str_starts(line, str_from(commands[i].begin))) {
            return commands[i].stage;
        }
    }
    return STAGES;
}

/* false: it hung up. */
static bool say(const struct server *server, FILE *peer, enum stage stage)
{
    const struct script *script = &server->script;
    const char *says = script->stage == stage ? script->says : usual[stage];
    if (script->stage == stage && script->hangs) {
        return true;
    }
    return says && dprintf(fileno(peer), "%s", says) >= 0;
}

static void serve(struct server *server, FILE *peer)
{
    char line[4096];
    bool in_body = false;
    bool good = say(server, peer, GREETING);
    while (good && fgets(line, sizeof line, peer)) {
        struct str said = str_from(line);
        enum stage stage = in_body && !str_is(said, ".\r\n") ? STAGES : stage_of(said);
        text_add(&server->heard, said);
        server->mails += stage == DOT;
        if (!in_body && str_is(said, "QUIT\r\n")) {
            server->ended = true;
            good = server->ignores_quit || dprintf(fileno(peer), "221 bye\r\n") < 0;
        } else {
            good = stage == STAGES || say(server, peer, stage);
        }
        in_body = stage == DATA || (in_body && stage != DOT);
    }
}

static void *serve_once(void *self)
{
    struct server *server = self;
    int peer = accept(server->listener, NULL, NULL);
    FILE *stream = peer >= 0 ? fdopen(peer, "r") : NULL;
    if (stream) {
        serve(server, stream);
        (void)fclose(stream);
    }
    return NULL;
}

static void start(struct server *server, struct script script)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    *server =
        (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0), .script = script};
    text_init(&server->heard, 1 << 20);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (void *)&address, bytes), 0);
    assert_int_equal(listen(server->listener, 5), 0);
    assert_int_equal(getsockname(server->listener, (void *)&address, &bytes), 0);
    (void)snprintf(server->url, sizeof server->url, "smtp://127.0.0.1:%d",
                   ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve_once, server), 0);
}

static void stop(struct server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR); /* if nobody came */
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    (void)close(server->listener);
    text_done(&server->heard);
}

static atomic_bool given_up;

static struct smtp_mail mail_to(const struct server *server)
{
    return (struct smtp_mail){.server = str_from(server->url),
                              .hello = STR_OF("example.com"),
                              .user = STR_OF("anna"),
                              .password = STR_OF("hush-hush-hush"),
                              .from = STR_OF("shop@example.com"),
                              .to = STR_OF("anna@example.com"),
                              .body = STR_OF("Subject: x\r\n\r\n.dot\r\nend\r\n"),
                              .timeout_ms = 20000,
                              .allow_private = true,
                              .plain = true,
                              .given_up = &given_up};
}

/* ---- what becomes of a mail ---- */

static void hands_it_over(void **state)
{
    struct server server;
    struct smtp_result result;
    (void)state;
    start(&server, (struct script){.stage = STAGES});
    struct smtp_mail mail = mail_to(&server);
    smtp_send(&mail, &result);
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    struct str heard = text_str(&server.heard);
    assert_int_equal(result.status, IMH_OK);
    assert_int_equal(result.code, 250);
    assert_string_equal(result.text, "the mail server said: 250 queued");
    assert_int_equal(server.mails, 1);
    assert_true(server.ended);
    assert_true(str_starts(heard, STR_OF("EHLO example.com\r\nAUTH PLAIN ")));
    assert_true(str_find(heard, STR_OF("MAIL FROM:<shop@example.com>"), 0) < heard.len);
    assert_true(str_find(heard, STR_OF("RCPT TO:<anna@example.com>"), 0) < heard.len);
    assert_true(str_find(heard, STR_OF("\r\n\r\n..dot\r\nend\r\n.\r\n"), 0) < heard.len);
    (void)close(server.listener);
    text_done(&server.heard);
}

/* What is no reply is waited for longer. */
static bool takes_all_its_time(const struct script *script)
{
    struct str says = str_from(script->says);
    return script->hangs || (says.len > 0 && (says.ptr[0] < '0' || says.ptr[0] > '9' ||
                                              !str_ends(says, STR_OF("\n"))));
}

static void try_script(const struct script *script, imh_status status, unsigned mails,
                       const char *words)
{
    struct server server;
    struct smtp_result result;
    start(&server, *script);
    struct smtp_mail mail = mail_to(&server);
    mail.timeout_ms = takes_all_its_time(script) ? 700 : mail.timeout_ms;
    smtp_send(&mail, &result);
    struct str text = str_from(result.text);
    if (result.status != status || str_find(text, str_from(words), 0) == text.len) {
        fail_msg("at %d '%s': %d %s", script->stage, script->says ? script->says : "",
                 result.status, result.text);
    }
    assert_true(utf8_is_valid(text));
    stop(&server);
    assert_int_equal(server.mails, mails);
}

/* Before the end of a mail nothing has happened; behind it only an answer says what did. */
static void tells_what_became_of_it(void **state)
{
    static const struct {
        struct script script;
        imh_status status;
        unsigned mails;
        const char *words;
    } cases[] = {
        {{GREETING, "421 not now\r\n", false}, IMH_RETRY, 0, "421 not now"},
        {{GREETING, "554 no service\r\n", false}, IMH_RETRY, 0, "554 no service"},
        {{GREETING, NULL, false}, IMH_RETRY, 0, ""},
        {{GREETING, "HTTP/1.1 400 Bad Request\r\n\r\n", false}, IMH_RETRY, 0, ""},
        {{HELLO, "421 busy\r\n", false}, IMH_RETRY, 0, "421 busy"},
        {{LOGIN, "504 not that way\r\n", false}, IMH_RETRY, 0, "504 not that way"},
        {{HELLO, NULL, false}, IMH_RETRY, 0, ""},
        {{LOGIN, "535 5.7.8 bad credentials\r\n", false}, IMH_DENIED, 0, "bad credentials"},
        {{LOGIN, "454 later\r\n", false}, IMH_RETRY, 0, ""},
        {{LOGIN, NULL, false}, IMH_RETRY, 0, ""},
        {{FROM, "451 greylisted\r\n", false}, IMH_RETRY, 0, "451 greylisted"},
        {{FROM, "530 say who you are\r\n", false}, IMH_DENIED, 0, "530 say who"},
        {{FROM, "550 not from you\r\n", false}, IMH_REJECTED, 0, "550 not from you"},
        {{FROM, NULL, false}, IMH_RETRY, 0, ""},
        {{TO, "450 mailbox busy\r\n", false}, IMH_RETRY, 0, "450 mailbox busy"},
        {{TO, "550-5.1.1 no such\r\n550 5.1.1 user\r\n", false},
         IMH_REJECTED,
         0,
         "said: 550-5.1.1 no such 5.1.1 user"},
        {{TO, NULL, false}, IMH_RETRY, 0, ""},
        {{DATA, "452 disk full\r\n", false}, IMH_RETRY, 0, "452 disk full"},
        {{DATA, "554 no\r\n", false}, IMH_REJECTED, 0, "554 no"},
        {{DATA, NULL, false}, IMH_RETRY, 0, ""},
        {{DOT, "451 try again\r\n", false}, IMH_RETRY, 1, "451 try again"},
        {{DOT, "552 too large\r\n", false}, IMH_REJECTED, 1, "552 too large"},
        {{DOT, "354 go on\r\n", false}, IMH_UNKNOWN, 1, "said: 354 go on"},
        {{DOT, "150 wait\r\n", false}, IMH_UNKNOWN, 1, "said: 150 wait"},
        {{DOT, NULL, false}, IMH_UNKNOWN, 1, "did not say"},
        {{DOT, "what?\r\n", false}, IMH_UNKNOWN, 1, "did not say"},
        {{DOT, "25", false}, IMH_UNKNOWN, 1, ""},
        {{TO, "", true}, IMH_RETRY, 0, "timed out"},
        {{DATA, "", true}, IMH_RETRY, 0, "timed out"},
        {{DOT, "", true}, IMH_UNKNOWN, 1, "did not say"},
        {{TO, "550 \x1b[2J\xff hush-hush-hush AGFubmEAaHVzaC1odXNoLWh1c2g=\r\n", false},
         IMH_REJECTED,
         0,
         "550 \\u001B[2J\\xFF [secret] [secret]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try_script(&cases[i].script, cases[i].status, cases[i].mails, cases[i].words);
    }
}

/* Lines without end are heard so far. */
static void hears_no_endless_reply(void **state)
{
    struct text flood;
    (void)state;
    text_init(&flood, 1 << 20);
    for (int i = 0; i < 10000; i++) {
        text_add_cstr(&flood, "250-and so on\r\n");
    }
    const struct script script = {.stage = FROM, .says = text_cstr(&flood)};
    try_script(&script, IMH_RETRY, 0, "says too much");
    const struct script last = {.stage = DOT, .says = text_cstr(&flood)};
    try_script(&last, IMH_UNKNOWN, 1, "did not say");
    text_done(&flood);
}

static void goes_nowhere_without_leave(void **state)
{
    struct server server;
    struct smtp_result result;
    (void)state;
    start(&server, (struct script){.stage = STAGES});
    struct smtp_mail mail = mail_to(&server);
    mail.allow_private = false;
    smtp_send(&mail, &result);
    assert_int_equal(result.status, IMH_REJECTED);
    assert_string_equal(result.text, "127.0.0.1 is not public: 'allow_private = yes' lets "
                                     "mail go there");
    mail.allow_private = true;
    mail.server = STR_OF("smtp://192.0.32.7:25"); /* public: never without TLS */
    mail.timeout_ms = 2000;
    smtp_send(&mail, &result);
    assert_int_equal(result.status, IMH_REJECTED);
    assert_string_equal(result.text,
                        "192.0.32.7 is public: there no mail goes without TLS");
    stop(&server);
    assert_int_equal(server.heard.len, 0);
}

/* A server that does not offer it may be one in between that wants to listen. */
static void says_nothing_without_tls(void **state)
{
    struct server server;
    struct smtp_result result;
    (void)state;
    start(&server, (struct script){.stage = STAGES});
    struct smtp_mail mail = mail_to(&server);
    mail.plain = false;
    smtp_send(&mail, &result);
    assert_int_equal(result.status, IMH_RETRY);
    assert_true(str_starts(str_from(result.text), STR_OF("the server offers no STARTTLS")));
    assert_int_equal(pthread_join(server.thread, NULL), 0);
    struct str heard = text_str(&server.heard);
    assert_true(str_find(heard, STR_OF("AUTH"), 0) == heard.len);
    assert_true(str_find(heard, STR_OF("MAIL"), 0) == heard.len);
    (void)close(server.listener);
    text_done(&server.heard);
}

/* What became of the mail is known then. */
static void waits_for_no_goodbye(void **state)
{
    struct server server;
    struct smtp_result result;
    (void)state;
    start(&server, (struct script){.stage = STAGES});
    server.ignores_quit = true;
    struct smtp_mail mail = mail_to(&server);
    int64_t began = clock_mono_ms(&clock_real);
    smtp_send(&mail, &result);
    assert_int_equal(result.status, IMH_OK);
    assert_true(clock_mono_ms(&clock_real) - began < mail.timeout_ms / 2);
    stop(&server);
    assert_true(server.ended);
}

static void can_be_given_up(void **state)
{
    const struct script silent = {.stage = TO, .says = "", .hangs = true};
    struct server server;
    struct smtp_result result;
    (void)state;
    start(&server, silent);
    struct smtp_mail mail = mail_to(&server);
    atomic_store(&given_up, true);
    int64_t began = clock_mono_ms(&clock_real);
    smtp_send(&mail, &result);
    atomic_store(&given_up, false);
    assert_int_equal(result.status, IMH_RETRY);
    assert_true(clock_mono_ms(&clock_real) - began < mail.timeout_ms);
    stop(&server);
}

static void knows_its_servers(void **state)
{
    static const char *const good[] = {"smtp://mail.example.com", "smtp://mail:587",
                                       "smtps://[::1]:465"};
    static const char *const bad[] = {
        "",           "mail.example.com",       "http://mail",       "smtp://",
        "smtp://a/b", "smtp://anna:pw@example", "smtp://a?b",        "smtp://a#b",
        "smtp://a b", "smtp://a\r\nb",          "smtp://caf\xc3\xa9"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(smtp_is_server(str_from(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(smtp_is_server(str_from(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_it_over),
        cmocka_unit_test(tells_what_became_of_it),
        cmocka_unit_test(hears_no_endless_reply),
        cmocka_unit_test(goes_nowhere_without_leave),
        cmocka_unit_test(says_nothing_without_tls),
        cmocka_unit_test(waits_for_no_goodbye),
        cmocka_unit_test(can_be_given_up),
        cmocka_unit_test(knows_its_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
