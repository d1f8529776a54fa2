/* Hostile to the host: what is sent to it, and to imh-net, by the channels of the worker.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/message.h"
#include "rogue.h"

enum { HOST = 3, NET = 4, PAYLOAD_BYTES = 4096 };

/* ---- frames, by hand ---- */

struct frame_bytes {
    char bytes[WIRE_HEADER_BYTES + PAYLOAD_BYTES];
    size_t length; /* of the payload */
};

static void add(struct frame_bytes *frame, const void *bytes, size_t length)
{
    memcpy(frame->bytes + WIRE_HEADER_BYTES + frame->length, bytes, length);
    frame->length += length;
}

static void add_int(struct frame_bytes *frame, int64_t number)
{
    add(frame, "i", 1);
    add(frame, &number, sizeof number);
}

static void add_str(struct frame_bytes *frame, const char *text)
{
    uint32_t length = (uint32_t)strlen(text);
    add(frame, "s", 1);
    add(frame, &length, sizeof length);
    add(frame, text, length);
}

static void set_head(char head[WIRE_HEADER_BYTES], uint32_t length, uint32_t kind,
                     uint64_t id)
{
    memcpy(head, &length, sizeof length);
    memcpy(head + 4, &kind, sizeof kind);
    memcpy(head + 8, &id, sizeof id);
}

/* All of it; false when the other side takes no more. The sockets do not wait. */
static bool send_all(int fd, const char *bytes, size_t length)
{
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t sent = 0; sent < length;) {
        ssize_t now = write(fd, bytes + sent, length - sent);
        if (now < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        }
        sent += now > 0 ? (size_t)now : 0;
    }
    return true;
}

static bool send_frame(int fd, struct frame_bytes *frame, uint32_t kind, uint64_t id)
{
    set_head(frame->bytes, (uint32_t)frame->length, kind, id);
    return send_all(fd, frame->bytes, WIRE_HEADER_BYTES + frame->length);
}

static uint64_t call_id(void)
{
    const char *dash = strrchr(rogue_target.call->trace.ptr, '-');
    return dash ? strtoull(dash + 1, NULL, 10) : 0;
}

/* ---- junk ---- */

static int send_junk(int fd)
{
    char junk[4096];
    memset(junk, 0xa5, sizeof junk);
    (void)send_all(fd, junk, sizeof junk);
    rogue_wait();
}

static int junk_to_host(void)
{
    return send_junk(HOST);
}

static int junk_to_net(void)
{
    return send_junk(NET);
}

static int send_head(int fd, uint32_t length, uint32_t kind)
{
    char head[WIRE_HEADER_BYTES];
    set_head(head, length, kind, call_id());
    (void)send_all(fd, head, sizeof head);
    rogue_wait();
}

static int too_much_to_host(void)
{
    return send_head(HOST, WIRE_FRAME_BYTES + 1, MESSAGE_LOG);
}

static int too_much_to_net(void)
{
    return send_head(NET, UINT32_MAX, MESSAGE_REQUEST);
}

static int half_a_frame_to_host(void)
{
    return send_head(HOST, 100, MESSAGE_LOG);
}

static int half_a_frame_to_net(void)
{
    return send_head(NET, WIRE_FRAME_BYTES, MESSAGE_REQUEST);
}

/* ---- lies ---- */

static int end_call(uint64_t id)
{
    struct frame_bytes frame = {.length = 0};
    add_int(&frame, IMH_OK);
    add_int(&frame, 0);
    add_str(&frame, "");
    (void)send_frame(HOST, &frame, MESSAGE_END, id);
    rogue_wait();
}

static int end_foreign_call(void)
{
    return end_call(call_id() + 1);
}

static int end_no_call(void)
{
    return end_call(0);
}

static int answer_foreign_calls(void)
{
    for (uint64_t id = 1; id < 1000; id++) {
        struct frame_bytes frame = {.length = 0};
        add_int(&frame, 0);
        add_str(&frame, "{\"name\":\"stolen\"}");
        add_str(&frame, "");
        add_int(&frame, 60);
        if (id != call_id()) {
            (void)send_frame(HOST, &frame, MESSAGE_ANSWER, id);
        }
    }
    rogue_wait();
}

static int answer_what_nobody_asked(void)
{
    struct frame_bytes frame = {.length = 0};
    add_int(&frame, 7777);
    add_str(&frame, "{}");
    add_str(&frame, "");
    add_int(&frame, 60);
    (void)send_frame(HOST, &frame, MESSAGE_ANSWER, call_id());
    rogue_wait();
}

/* What only imh-net may say. */
static int speak_as_net(void)
{
    struct frame_bytes frame = {.length = 0};
    add_int(&frame, 0);
    add_int(&frame, 0);
    (void)send_frame(HOST, &frame, MESSAGE_SPENT, call_id());
    rogue_wait();
}

/* What only the host may say to imh-net. */
static int speak_as_host(void)
{
    struct frame_bytes frame = {.length = 0};
    add_str(&frame, "0123456789abcdef");
    add_str(&frame, "trace");
    add_int(&frame, 1);
    add_int(&frame, 1);
    add_int(&frame, 60000);
    (void)send_frame(NET, &frame, MESSAGE_TICKET, call_id());
    rogue_wait();
}

static int introduce_again(void)
{
    struct frame_bytes frame = {.length = 0};
    add(&frame, "{}", 2);
    (void)send_frame(HOST, &frame, MESSAGE_DESCRIPTOR, 0);
    rogue_wait();
}

static int send_unknown_kind(void)
{
    struct frame_bytes frame = {.length = 0};
    (void)send_frame(HOST, &frame, 4711, call_id());
    rogue_wait();
}

/* ---- floods ---- */

static int flood(int fd, struct frame_bytes *frame, uint32_t kind, uint64_t id)
{
    while (send_frame(fd, frame, kind, id)) {
    }
    rogue_wait();
}

static int flood_host(void)
{
    struct frame_bytes frame = {.length = 0};
    add_int(&frame, IMH_DEBUG);
    add_str(&frame, "");
    return flood(HOST, &frame, MESSAGE_LOG, call_id());
}

static int flood_net(void)
{
    struct frame_bytes frame = {.length = 0};
    add_str(&frame, "0123456789abcdef");
    add_int(&frame, 0);
    add_str(&frame, "GET");
    add_str(&frame, "https://example.com/");
    add_str(&frame, "");
    add_str(&frame, "");
    add_str(&frame, "");
    add_int(&frame, 1000);
    return flood(NET, &frame, MESSAGE_REQUEST, 1);
}

static int flood_with_answers(void)
{
    while (call_id() > 0) {
        (void)imh_answer(rogue_target.call, rogue_target.lookup,
                         imh_text("{\"name\":\"again\"}"));
    }
    return 0;
}

static int flood_with_words(void)
{
    while (call_id() > 0) {
        imh_log(rogue_target.call, IMH_ERROR, "look at me");
    }
    return 0;
}

static int flood_with_large_answers(void)
{
    enum { BYTES = 4 << 20 };
    char *json = malloc(BYTES + 3);
    memset(json, 'a', BYTES + 2);
    json[0] = '"';
    json[BYTES + 1] = '"';
    json[BYTES + 2] = '\0';
    while (call_id() > 0) {
        (void)imh_answer(rogue_target.call, rogue_target.lookup,
                         (imh_str){json, BYTES + 2});
    }
    return 0;
}

/* Descriptors with frames, which nobody asked for. */
static int send_descriptors(void)
{
    struct frame_bytes frame = {.length = 0};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    add_int(&frame, IMH_DEBUG);
    add_str(&frame, "here");
    set_head(frame.bytes, (uint32_t)frame.length, MESSAGE_LOG, call_id());
    struct iovec part = {frame.bytes, WIRE_HEADER_BYTES + frame.length};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memset(CMSG_DATA(header), 0, sizeof(int));
    for (unsigned i = 0; i < 150;) {
        i += sendmsg(HOST, &message, MSG_NOSIGNAL) > 0;
    }
    return 0;
}

/* ---- hanging up ---- */

static int close_to_host(void)
{
    (void)close(HOST);
    rogue_wait();
}

static int close_to_net(void)
{
    (void)close(NET);
    rogue_wait();
}

static int close_everything(void)
{
    for (int fd = 0; fd < 256; fd++) {
        (void)close(fd);
    }
    rogue_wait();
}

static const struct rogue_act acts[] = {
    {"junk-to-host", junk_to_host, false},
    {"junk-to-net", junk_to_net, false},
    {"too-much-to-host", too_much_to_host, false},
    {"too-much-to-net", too_much_to_net, false},
    {"half-a-frame-to-host", half_a_frame_to_host, false},
    {"half-a-frame-to-net", half_a_frame_to_net, false},
    {"end-foreign-call", end_foreign_call, false},
    {"end-no-call", end_no_call, false},
    {"answer-foreign-calls", answer_foreign_calls, false},
    {"answer-what-nobody-asked", answer_what_nobody_asked, false},
    {"speak-as-net", speak_as_net, false},
    {"speak-as-host", speak_as_host, false},
    {"introduce-again", introduce_again, false},
    {"send-unknown-kind", send_unknown_kind, false},
    {"flood-host", flood_host, false},
    {"flood-net", flood_net, false},
    {"flood-with-answers", flood_with_answers, false},
    {"flood-with-large-answers", flood_with_large_answers, false},
    {"flood-with-words", flood_with_words, false},
    {"send-descriptors", send_descriptors, false},
    {"close-to-host", close_to_host, false},
    {"close-to-net", close_to_net, false},
    {"close-everything", close_everything, false},
};

const struct rogue_table rogue_hostile = {acts, sizeof acts / sizeof *acts};
