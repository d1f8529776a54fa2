#include "engine/posting.h"

#include <stdlib.h>

#include "engine/veil.h"

enum { WORDS_BYTES = 4096 };

struct posting {
    struct posting *next;
    uint64_t id;
    const struct integration *integration;
    struct call_watcher watcher;
    bool unsafe; /* the server may have it */
    bool over;
    imh_status status;
    uint32_t after_s;
    struct text words;
    struct spent spent;
};

static struct posting *find(const struct supervisor *supervisor, uint64_t id)
{
    struct posting *posting = supervisor->postings;
    while (posting && posting->id != id) {
        posting = posting->next;
    }
    return posting;
}

static void end(struct posting *posting, imh_status status, struct str words)
{
    posting->over = true;
    posting->status = status;
    text_clear(&posting->words);
    text_add(&posting->words, str_before(words, WORDS_BYTES));
}

/* ---- starting ---- */

static bool send(struct supervisor *supervisor, const struct posting *posting,
                 struct mail *mail, struct error *error)
{
    struct text payload;
    if (!crew_start_net(supervisor, error)) {
        return false;
    }
    text_init(&payload, WIRE_FRAME_BYTES);
    mail->instance = posting->integration->id;
    mail_put(&payload, mail);
    bool good =
        !payload.failed && crew_tell_net(supervisor, posting->integration) &&
        channel_send(supervisor->net.channel, MESSAGE_MAIL, posting->id, &payload, -1);
    text_done(&payload);
    return good || error_set(error, IMH_RETRY, "imh-net does not take the mail");
}

void supervisor_mail(struct supervisor *supervisor, const struct integration *integration,
                     struct mail *mail, const struct call_watcher *watcher)
{
    struct error error;
    struct posting *posting = calloc(1, sizeof *posting);
    struct posting **last = &supervisor->postings;
    if (!posting) {
        const struct outcome outcome = {IMH_RETRY, 0, STR_OF("no memory for a mail")};
        const struct spent spent = {0};
        watcher->end(watcher->self, &outcome, &spent);
        return;
    }
    while (*last) {
        last = &(*last)->next;
    }
    *last = posting;
    posting->id = ++supervisor->last_id;
    posting->integration = integration;
    posting->watcher = *watcher;
    text_init(&posting->words, WORDS_BYTES);
    if (!send(supervisor, posting, mail, &error)) {
        end(posting, error.status, str_from(error.text));
        posting->after_s = error.after_s;
    }
}

/* ---- ending ---- */

void posting_unsafe(struct supervisor *supervisor, uint64_t id)
{
    struct posting *posting = find(supervisor, id);
    if (posting) {
        posting->unsafe = true;
        posting->spent.requests = 1;
    }
}

bool posting_mailed(struct supervisor *supervisor, const struct frame *frame)
{
    struct posting *posting = find(supervisor, frame->id);
    struct frame shown = *frame;
    struct mailed mailed;
    struct text room;
    if (!posting || posting->over || !mailed_get(frame->payload, &mailed)) {
        return posting && posting->over;
    }
    posting->spent.code = mailed.outcome.text.len > 0 ? mailed.code : 0;
    if (!veil_payload(posting->integration, &shown.payload, &room)) {
        end(posting, mailed.outcome.status, STR_OF("no memory for what the server said"));
    } else if (mailed_get(shown.payload, &mailed)) {
        posting->after_s = mailed.outcome.after_s;
        end(posting, mailed.outcome.status, mailed.outcome.text);
    }
    text_wipe(&room);
    return true;
}

void posting_end_all(struct supervisor *supervisor, imh_status status, const char *why)
{
    for (struct posting *at = supervisor->postings; at; at = at->next) {
        if (!at->over) {
            end(at, at->unsafe ? IMH_UNKNOWN : status, str_from(why));
        }
    }
}

static void posting_free(struct posting *posting)
{
    text_done(&posting->words);
    free(posting);
}

void posting_tell_ended(struct supervisor *supervisor)
{
    struct posting **at = &supervisor->postings;
    while (*at) {
        struct posting *posting = *at;
        if (!posting->over) {
            at = &posting->next;
            continue;
        }
        struct outcome outcome = {.status = posting->status,
                                  .after_s = posting->after_s,
                                  .text = text_str(&posting->words)};
        *at = posting->next;
        posting->watcher.end(posting->watcher.self, &outcome, &posting->spent);
        posting_free(posting);
        at = &supervisor->postings; /* the watcher may have started others */
    }
}

void posting_free_all(struct supervisor *supervisor)
{
    while (supervisor->postings) {
        struct posting *posting = supervisor->postings;
        supervisor->postings = posting->next;
        posting_free(posting);
    }
}
