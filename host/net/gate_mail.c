#include "net/gate_mail.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/inbox.h"
#include "net/gate_rest.h"
#include "net/smtp.h"

struct gate_mail {
    struct inbox_item item; /* first: when its thread is over */
    struct gate_mail *next;
    struct inbox *to; /* the gate's */
    uint64_t id;
    struct gate_remote *remote;
    struct arena arena;
    struct text password;
    struct smtp_mail mail; /* its texts lie in the arena */
    struct smtp_result result;
    int64_t deadline_ms;
    pthread_t thread;
    bool running;
    bool tries; /* its server, which is left alone by all others */
    atomic_bool given_up;
};

static void mail_free(struct gate *gate, struct gate_mail *mail)
{
    struct gate_mail **at = &gate->mails;
    while (*at && *at != mail) {
        at = &(*at)->next;
    }
    *at = *at ? mail->next : NULL;
    text_done(&mail->password);
    arena_done(&mail->arena);
    free(mail);
}

static void answer(struct gate *gate, uint64_t id, const struct mailed *mailed)
{
    struct text payload;
    text_init(&payload, WIRE_FRAME_BYTES);
    mailed_put(&payload, mailed);
    (void)channel_send(gate->supervisor, MESSAGE_MAILED, id, &payload, -1);
    text_done(&payload);
}

/* Of one that did not leave. */
static void refuse(struct gate *gate, uint64_t id, const char *words)
{
    const struct mailed mailed = {
        .outcome = {.status = IMH_RETRY, .text = str_from(words)}};
    answer(gate, id, &mailed);
}

/* ---- arriving ---- */

static const struct remote_auth *auth_of(const struct remote *remote)
{
    uint32_t i = 0;
    while (i < remote->auth_count && remote->auths[i].type != IMH_AUTH_BASIC) {
        i++;
    }
    return i < remote->auth_count ? &remote->auths[i] : NULL;
}

/* "example.com" of "anna@example.com" */
static struct str domain_of(struct str mailbox)
{
    return str_after(mailbox, str_find_char(mailbox, '@') + 1);
}

/* The settings may change while it is under way: it has its own copies. */
static bool keep(struct gate_mail *kept, const struct mail *mail)
{
    const struct remote *remote = &kept->remote->remote;
    const struct remote_auth *auth = auth_of(remote);
    struct smtp_mail *to = &kept->mail;
    const struct {
        struct str *to, from;
    } texts[] = {{&to->server, remote->address_count ? remote->addresses[0] : STR_OF("")},
                 {&to->hello, domain_of(mail->from)},
                 {&to->user, auth ? auth->user : STR_OF("")},
                 {&to->from, mail->from},
                 {&to->to, mail->to},
                 {&to->body, mail->body},
                 {&to->ca, remote->ca}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i].to = arena_copy(&kept->arena, texts[i].from);
        if (!texts[i].to->ptr) {
            return false;
        }
    }
    text_add(&kept->password, auth ? auth->secret : STR_OF(""));
    to->password = text_str(&kept->password);
    to->allow_private = remote->allow_private;
    to->plain = mail->plain;
    to->given_up = &kept->given_up;
    return !kept->password.failed;
}

static unsigned count_mails(const struct gate *gate, bool running)
{
    unsigned count = 0;
    for (const struct gate_mail *at = gate->mails; at; at = at->next) {
        count += at->running == running;
    }
    return count;
}

/* An address that could be more than one line of the protocol is nobody's. */
static bool is_line(struct str mailbox)
{
    bool good = mailbox.len > 0 && mailbox.len <= 254;
    for (size_t i = 0; good && i < mailbox.len; i++) {
        char c = mailbox.ptr[i];
        good = c > ' ' && c < 0x7f && c != '<' && c != '>';
    }
    return good;
}

bool mail_take(struct gate *gate, struct gate_remote *remote, uint64_t id,
               const struct mail *mail)
{
    struct gate_mail **last = &gate->mails;
    if (!remote || !is_line(mail->from) || !is_line(mail->to)) {
        return false;
    }
    struct gate_mail *kept =
        count_mails(gate, false) < GATE_MAILS_WAITING ? calloc(1, sizeof *kept) : NULL;
    if (!kept) {
        refuse(gate, id, "imh-net has no room for a mail");
        return true;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = kept;
    kept->id = id;
    kept->to = gate->mailed;
    kept->remote = remote;
    kept->deadline_ms = clock_mono_ms(&clock_real) + mail->left_ms;
    arena_init(&kept->arena, GATE_ARENA_BYTES, GATE_MEMORY_BYTES);
    text_init_wiped(&kept->password, GATE_ARENA_BYTES);
    if (!keep(kept, mail)) {
        refuse(gate, id, "imh-net has no memory for a mail");
        mail_free(gate, kept);
    }
    return true;
}

/* ---- going out ---- */

static void *run(void *self)
{
    struct gate_mail *mail = self;
    smtp_send(&mail->mail, &mail->result);
    inbox_put(mail->to, &mail->item);
    return NULL;
}

/* Of all its servers' turns, one; the supervisor has to know first. */
static void start_now(struct gate *gate, struct gate_mail *mail, int64_t now)
{
    struct budget *budget = &mail->remote->leader->budget;
    if (count_mails(gate, true) >= GATE_MAILS_MOST || !channel_is_heard(gate->supervisor) ||
        !budget_take(budget, now)) {
        return;
    }
    mail->mail.timeout_ms = mail->deadline_ms - now;
    mail->running = channel_send(gate->supervisor, MESSAGE_UNSAFE, mail->id, NULL, -1) &&
                    channel_is_heard(gate->supervisor) &&
                    pthread_create(&mail->thread, NULL, run, mail) == 0;
    if (mail->running) {
        mail->tries = breaker_start(&mail->remote->breaker, mail->id);
    } else {
        budget_give_back(budget);
        refuse(gate, mail->id, "imh-net cannot start a mail now");
        mail_free(gate, mail);
    }
}

static void start(struct gate *gate, struct gate_mail *mail, int64_t now)
{
    struct error error;
    if (rest_asks(mail->remote, mail->id, now, &error) != BREAKER_STOP) {
        start_now(gate, mail, now);
        return;
    }
    const struct mailed mailed = {.outcome = {.status = error.status,
                                              .after_s = error.after_s,
                                              .text = str_from(error.text)}};
    answer(gate, mail->id, &mailed);
    mail_free(gate, mail);
}

/* A server that takes one mail later, and says so, is well; 421 is its own end. Without the
 * half of its time an answer can be late, and the server not be slow. */
static enum breaker_result result_of(const struct gate_mail *mail)
{
    enum { CLOSING = 421, LATER = 400, NEVER = 500 };
    const struct smtp_result *result = &mail->result;
    bool timely = mail->mail.timeout_ms >= mail->remote->remote.timeout_ms / 2;
    bool failed = result->status == IMH_RETRY || result->status == IMH_UNKNOWN;
    bool later = result->code >= LATER && result->code < NEVER && result->code != CLOSING;
    if (!failed || later) {
        return result->code > 0 ? BREAKER_WELL : BREAKER_NOTHING;
    }
    return timely ? BREAKER_FAILED : BREAKER_NOTHING;
}

static void take_one(struct gate *gate, struct gate_mail *mail)
{
    const struct mailed mailed = {
        .outcome = {.status = mail->result.status, .text = str_from(mail->result.text)},
        .code = mail->result.code};
    const struct rest_met met = {
        .tried = mail->tries, .result = result_of(mail), .sentence = mail->result.text};
    rest_take(gate, mail->remote, &met, clock_mono_ms(&clock_real));
    answer(gate, mail->id, &mailed);
    mail_free(gate, mail);
}

static void take_ended(struct gate *gate)
{
    struct inbox_item *item;
    while ((item = inbox_take(gate->mailed)) != NULL) {
        struct gate_mail *mail = (struct gate_mail *)(void *)item;
        (void)pthread_join(mail->thread, NULL);
        budget_give_back(&mail->remote->leader->budget);
        take_one(gate, mail);
    }
}

void mail_turn(struct gate *gate)
{
    int64_t now = clock_mono_ms(&clock_real);
    struct gate_mail *next;
    take_ended(gate);
    for (struct gate_mail *mail = gate->mails; mail; mail = next) {
        next = mail->next;
        if (mail->running) {
            continue;
        }
        if (now >= mail->deadline_ms) {
            refuse(gate, mail->id, "no turn for a mail within the time");
            mail_free(gate, mail);
        } else {
            start(gate, mail, now);
        }
    }
}

int64_t mail_next_ms(const struct gate *gate, int64_t most_ms)
{
    int64_t next = most_ms;
    for (const struct gate_mail *mail = gate->mails; mail; mail = mail->next) {
        int64_t turn = budget_next_ms(&mail->remote->leader->budget);
        if (!mail->running) {
            next = mail->deadline_ms < next ? mail->deadline_ms : next;
            next = turn > 0 && turn < next ? turn : next;
        }
    }
    return next;
}

void mail_free_all(struct gate *gate)
{
    for (struct gate_mail *mail = gate->mails; mail; mail = mail->next) {
        atomic_store(&mail->given_up, true);
    }
    while (gate->mails) {
        struct gate_mail *mail = gate->mails;
        if (mail->running) {
            (void)pthread_join(mail->thread, NULL);
        }
        mail_free(gate, mail);
    }
    inbox_free(gate->mailed);
}
