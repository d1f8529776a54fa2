#include "net/smtp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "net/address.h"
#include "net/redact.h"
#include "net/sign_digest.h"
#include "net/trust.h"

enum {
    CONNECT_MS = 5000,
    QUIT_MS = 1000,      /* the mail's fate is known then: we only say goodbye */
    COMMAND_BYTES = 1024 /* of what libcurl is given as text */
};

struct exchange {
    const struct smtp_mail *mail;
    CURL *easy;
    struct curl_slist *to;
    bool named;       /* the server was told whose mail it is */
    size_t given;     /* bytes of the body so far */
    bool given_all;   /* and its end may be on its way, without libcurl asking again */
    bool answered;    /* the server said what becomes of it */
    uint32_t code;    /* of the server's last reply, or of that answer */
    bool reply_ended; /* the next line begins another one */
    struct text words;
    size_t heard;
    int64_t quit_ms; /* when we said goodbye; 0: not yet */
    char refused[INET6_ADDRSTRLEN];
    char problem[CURL_ERROR_SIZE];
};

static const struct str tls_scheme = STR("smtps://");
static const struct str scheme = STR("smtp://");

bool smtp_is_server(struct str address)
{
    size_t skipped = str_starts(address, tls_scheme) ? tls_scheme.len : scheme.len;
    struct str host = str_after(address, skipped);
    bool good = str_starts(address, tls_scheme) || str_starts(address, scheme);
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        good = good && c > ' ' && c < 0x7f && !strchr("/?#@\\\"<>%", c);
    }
    return good && host.len > 0 && host.len < 300;
}

/* ---- what is sent and said ---- */

static size_t give_body(char *room, size_t size, size_t count, void *self)
{
    struct exchange *exchange = self;
    struct str rest = str_after(exchange->mail->body, exchange->given);
    struct str part = str_before(rest, size * count);
    memcpy(room, part.ptr, part.len);
    exchange->given += part.len;
    exchange->given_all = exchange->given == exchange->mail->body.len;
    return part.len;
}

/* "250-first line", "250 last line" */
static void take_line(struct exchange *exchange, struct str line)
{
    int64_t code = 0;
    bool last = line.len < 4 || line.ptr[3] != '-';
    if (exchange->reply_ended) {
        text_clear(&exchange->words);
    }
    text_add_cstr(&exchange->words, exchange->words.len > 0 ? " " : "");
    text_add(&exchange->words, exchange->words.len > 0 ? str_after(line, 4) : line);
    exchange->words.failed = false; /* what fits is enough */
    exchange->reply_ended = last;
    if (last && str_to_int64(str_before(line, 3), 100, 599, &code)) {
        exchange->code = (uint32_t)code;
        exchange->answered = exchange->given_all;
    }
}

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t take_reply(char *bytes, size_t size, size_t count, void *self)
{
    struct exchange *exchange = self;
    struct str line = {bytes, size * count};
    exchange->heard += line.len;
    if (exchange->heard > SMTP_REPLIES_BYTES) {
        return 0;
    }
    if (!exchange->answered && exchange->quit_ms == 0) {
        take_line(exchange, str_trim(line));
    }
    return line.len;
}

/* Nothing of it is kept: commands may hold the password. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int watch(CURL *easy, curl_infotype kind, char *bytes, size_t count, void *self)
{
    struct exchange *exchange = self;
    struct str command = {bytes, count};
    (void)easy;
    if (kind == CURLINFO_HEADER_OUT && str_starts(command, STR_OF("QUIT"))) {
        exchange->quit_ms = clock_mono_ms(&clock_real);
    }
    exchange->named = exchange->named ||
                      (kind == CURLINFO_HEADER_OUT && str_starts(command, STR_OF("MAIL ")));
    return 0;
}

static int go_on(void *self, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct exchange *exchange = self;
    (void)(a + b + c + d);
    bool lingers =
        exchange->quit_ms > 0 && clock_mono_ms(&clock_real) - exchange->quit_ms > QUIT_MS;
    return lingers || atomic_load(exchange->mail->given_up);
}

/* ---- where it may go ---- */

/* Asked for each address that the server's name stands for. */
static curl_socket_t open_socket(void *self, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct exchange *exchange = self;
    const struct smtp_mail *mail = exchange->mail;
    char room[INET6_ADDRSTRLEN];
    bool is_public = address_is_public(&address->addr);
    bool bare = mail->plain && !str_starts(mail->server, tls_scheme);
    (void)purpose;
    exchange->refused[0] = '\0'; /* another one of the same name may do */
    if (is_public ? !bare : mail->allow_private) {
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    }
    (void)snprintf(exchange->refused, sizeof exchange->refused, "%s",
                   address_text(&address->addr, room, sizeof room));
    return CURL_SOCKET_BAD;
}

/* ---- libcurl's settings ---- */

static bool set_text(CURL *easy, CURLoption option, struct str value)
{
    struct text copy;
    text_init_wiped(&copy, COMMAND_BYTES);
    text_add(&copy, value);
    bool good =
        !copy.failed && curl_easy_setopt(easy, option, text_cstr(&copy)) == CURLE_OK;
    text_done(&copy);
    return good;
}

/* The name we give stands where others have a path. */
static bool set_server(const struct exchange *exchange)
{
    const struct smtp_mail *mail = exchange->mail;
    struct text url;
    text_init(&url, COMMAND_BYTES);
    text_print(&url, "%.*s/%.*s", STR_ARGS(mail->server), STR_ARGS(mail->hello));
    bool good = smtp_is_server(mail->server) && !url.failed &&
                set_text(exchange->easy, CURLOPT_URL, text_str(&url));
    text_done(&url);
    return good;
}

static bool set_people(struct exchange *exchange)
{
    const struct smtp_mail *mail = exchange->mail;
    struct text to;
    text_init(&to, COMMAND_BYTES);
    text_add(&to, mail->to);
    exchange->to = to.failed ? NULL : curl_slist_append(NULL, text_cstr(&to));
    text_done(&to);
    (void)curl_easy_setopt(exchange->easy, CURLOPT_MAIL_RCPT, exchange->to);
    bool good = exchange->to && set_text(exchange->easy, CURLOPT_MAIL_FROM, mail->from);
    return good && (mail->user.len == 0 ||
                    (set_text(exchange->easy, CURLOPT_USERNAME, mail->user) &&
                     set_text(exchange->easy, CURLOPT_PASSWORD, mail->password)));
}

static void set_limits(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    long timeout_ms = (long)exchange->mail->timeout_ms;
    long connect_ms = timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS;
    long tls = exchange->mail->plain ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL;
    (void)curl_easy_setopt(easy, CURLOPT_USE_SSL, tls);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    (void)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    (void)curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->problem);
}

static void set_callbacks(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    (void)curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                           (curl_off_t)exchange->mail->body.len);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_reply);
    (void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, go_on);
    (void)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, exchange);
    (void)curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, watch);
    (void)curl_easy_setopt(easy, CURLOPT_DEBUGDATA, exchange);
}

/* ---- what it means ---- */

/* 4xx may be otherwise later, and 5xx, too, when it was not about the mail; who does not
 * believe our password wants another one. That a mail was taken is only said by 2xx:
 * another answer to all of it says nothing. */
static imh_status status_of(uint32_t code, bool named)
{
    static const imh_status statuses[] = {
        [1] = IMH_UNKNOWN, IMH_OK, IMH_UNKNOWN, IMH_RETRY, IMH_REJECTED};
    bool denied = code == 530 || code == 534 || code == 535 || code == 538;
    return denied ? IMH_DENIED : named ? statuses[code / 100] : IMH_RETRY;
}

/* The words as the password stands in none of them, and nobody's terminal is steered. */
static void write_words(const struct smtp_mail *mail, struct str words, struct text *out)
{
    struct redact redact = {.count = 0};
    struct arena arena;
    struct text room;
    struct text pair;
    struct text code;
    arena_init(&arena, 4096, 0);
    text_init_wiped(&room, 8 * SMTP_WORDS_BYTES);
    text_init_wiped(&pair, 2 * COMMAND_BYTES);
    text_init_wiped(&code, 4 * COMMAND_BYTES);
    text_add_char(&pair, '\0'); /* as AUTH PLAIN says it */
    text_add(&pair, mail->user);
    text_add_char(&pair, '\0');
    text_add(&pair, mail->password);
    sign_add_base64(&code, text_str(&pair));
    bool good = redact_add(&redact, &arena, text_str(&code));
    text_clear(&code);
    sign_add_base64(&code, mail->password);
    good = good && redact_add(&redact, &arena, text_str(&code)) &&
           redact_add(&redact, &arena, mail->password);
    if (good) {
        utf8_add_shown(out, redact_words(&redact, words, &room));
    }
    redact_wipe(&redact);
    text_done(&code);
    text_done(&pair);
    text_done(&room);
    arena_done(&arena);
}

/* What libcurl calls it, and what it means. */
static const struct {
    CURLcode result;
    imh_status status;
    const char *what;
} known[] = {
    {CURLE_PEER_FAILED_VERIFICATION, IMH_RETRY, "the certificate is refused: "},
    {CURLE_SSL_CONNECT_ERROR, IMH_RETRY, "no secure connection: "},
    {CURLE_SSL_CACERT_BADFILE, IMH_REJECTED, "'ca_file' cannot be used: "},
    {CURLE_USE_SSL_FAILED, IMH_RETRY, "the server offers no STARTTLS: "},
    {CURLE_WEIRD_SERVER_REPLY, IMH_RETRY, "the answer is no SMTP: "},
    {CURLE_LOGIN_DENIED, IMH_DENIED, "the server takes no password from us: "},
};

static imh_status explain(const struct exchange *exchange, CURLcode result,
                          struct text *sentence)
{
    const char *detail =
        *exchange->problem ? exchange->problem : curl_easy_strerror(result);
    imh_status status = IMH_RETRY;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].result == result) {
            status = known[i].status;
            text_add_cstr(sentence, known[i].what);
        }
    }
    text_add_cstr(sentence, detail);
    return status;
}

static imh_status judge(struct exchange *exchange, CURLcode result, struct text *sentence)
{
    bool refused_reply = exchange->reply_ended && exchange->code >= 400;
    if (exchange->answered || (refused_reply && !exchange->given_all)) {
        text_print(sentence, "the mail server said: %.*s",
                   STR_ARGS(text_str(&exchange->words)));
        return status_of(exchange->code, exchange->named);
    }
    if (exchange->given_all) {
        text_print(sentence, "the mail was sent, and the server did not say whether it "
                             "took it: ");
        (void)explain(exchange, result, sentence);
        return IMH_UNKNOWN;
    }
    if (exchange->refused[0]) {
        text_print(sentence, "%s %s", exchange->refused,
                   exchange->mail->allow_private
                       ? "is public: there no mail goes without TLS"
                       : "is not public: 'allow_private = yes' lets mail go there");
        return IMH_REJECTED;
    }
    if (exchange->heard > SMTP_REPLIES_BYTES) {
        text_add_cstr(sentence, "the server says too much");
        return IMH_RETRY;
    }
    return explain(exchange, result, sentence);
}

static void tell(struct exchange *exchange, CURLcode result, struct smtp_result *told)
{
    struct text sentence;
    struct text words;
    text_init_wiped(&sentence, 4 * SMTP_WORDS_BYTES); /* it may have the password */
    text_init(&words, 32 * SMTP_WORDS_BYTES);
    told->status = judge(exchange, result, &sentence);
    told->code = exchange->code;
    write_words(exchange->mail, text_str(&sentence), &words);
    struct str shown = str_before(text_str(&words), sizeof told->text - 1);
    while (!utf8_is_valid(shown)) {
        shown = str_before(shown, shown.len - 1); /* a character was cut */
    }
    (void)snprintf(told->text, sizeof told->text, "%.*s", STR_ARGS(shown));
    text_done(&words);
    text_done(&sentence);
}

void smtp_send(const struct smtp_mail *mail, struct smtp_result *result)
{
    struct exchange exchange = {
        .mail = mail, .easy = curl_easy_init(), .reply_ended = true};
    CURLcode ended = CURLE_OUT_OF_MEMORY;
    *result = (struct smtp_result){.status = IMH_RETRY};
    text_init_wiped(&exchange.words, 2 * SMTP_WORDS_BYTES);
    if (exchange.easy && set_server(&exchange) && set_people(&exchange) &&
        trust_set(exchange.easy, mail->ca)) {
        set_limits(&exchange);
        set_callbacks(&exchange);
        ended = curl_easy_perform(exchange.easy);
    }
    tell(&exchange, ended, result);
    curl_easy_cleanup(exchange.easy);
    curl_slist_free_all(exchange.to);
    text_done(&exchange.words);
}
