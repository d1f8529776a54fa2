#include "base/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdalign.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 64 << 10,
    QUEUE_BYTES = 64 << 20, /* most bytes that wait for a slow peer */
    FILES_MOST = 64         /* descriptors received and not taken yet, or not sent yet */
};

/* Descriptors in order of arrival, or of sending with the byte they go out with. */
struct files {
    int fd[FILES_MOST];
    size_t at[FILES_MOST]; /* sending: offset in `out` of the frame */
    unsigned count;
};

struct channel {
    int fd;
    bool takes_files;
    bool closed; /* nothing more comes in, nothing goes out */
    bool foul;   /* because of what came in */
    bool gathers;
    bool deaf; /* the other side takes nothing any more; what it said is still read */
    struct text in;
    size_t in_at; /* bytes of `in` that were handed out */
    struct text out;
    size_t out_at; /* bytes of `out` that were sent */
    struct files received;
    struct files sending;
};

struct channel *channel_make(int fd, bool takes_files)
{
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        (void)close(fd);
        free(channel);
        return NULL;
    }
    channel->fd = fd;
    channel->takes_files = takes_files;
    text_init(&channel->in, WIRE_FRAME_BYTES + WIRE_HEADER_BYTES + READ_BYTES);
    text_init(&channel->out, QUEUE_BYTES);
    return channel;
}

static void close_files(struct files *files)
{
    for (unsigned i = 0; i < files->count; i++) {
        (void)close(files->fd[i]);
    }
    files->count = 0;
}

static void drop_first_file(struct files *files)
{
    files->count--;
    memmove(files->fd, files->fd + 1, files->count * sizeof *files->fd);
    memmove(files->at, files->at + 1, files->count * sizeof *files->at);
}

void channel_free(struct channel *channel)
{
    if (!channel) {
        return;
    }
    (void)close(channel->fd);
    close_files(&channel->received);
    close_files(&channel->sending);
    text_done(&channel->in);
    text_done(&channel->out);
    free(channel);
}

void channel_wipe(struct channel *channel)
{
    channel->in.wiped = true;
    channel->out.wiped = true;
}

void channel_gather(struct channel *channel)
{
    channel->gathers = true;
}

/* The first bytes of a buffer were used. */
static void drop_front(struct text *buffer, size_t count)
{
    buffer->len -= count;
    if (buffer->len > 0 && count > 0) {
        memmove(buffer->ptr, buffer->ptr + count, buffer->len);
    }
    if (buffer->wiped && count > 0) {
        explicit_bzero(buffer->ptr + buffer->len, count);
    }
}

bool channel_pair(int fds[2], struct error *error)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return error_set(error, IMH_RETRY, "no socket pair: %s", strerror(errno));
    }
    return true;
}

/* How much may go out in one message: up to the next frame that carries a descriptor, so
 * that each descriptor travels with the first byte of its own frame. */
static size_t sendable(const struct channel *channel, int *file)
{
    const struct files *sending = &channel->sending;
    bool due = sending->count > 0 && sending->at[0] == channel->out_at;
    *file = due ? sending->fd[0] : -1;
    unsigned next = due ? 1 : 0;
    size_t stop = next < sending->count ? sending->at[next] : channel->out.len;
    return stop - channel->out_at;
}

static ssize_t send_some(const struct channel *channel, size_t bytes, int file)
{
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {channel->out.ptr + channel->out_at, bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (file >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &file, sizeof file);
    }
    return sendmsg(channel->fd, &message, MSG_NOSIGNAL);
}

/* A buffer that grew for one large frame does not keep that size. */
static void give_back_large(struct text *buffer)
{
    if (buffer->len == 0 && buffer->capacity > 4 * (size_t)READ_BYTES) {
        text_done(buffer);
    }
}

bool channel_flush(struct channel *channel)
{
    while (!channel->closed && !channel->deaf && channel->out_at < channel->out.len) {
        int file;
        size_t bytes = sendable(channel, &file);
        ssize_t sent = send_some(channel, bytes, file);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0 && errno == EAGAIN) {
            return true;
        }
        if (sent < 0) {
            channel->deaf = true;
            return false;
        }
        channel->out_at += (size_t)sent;
        if (file >= 0) {
            (void)close(file);
            drop_first_file(&channel->sending);
        }
    }
    if (channel->closed || channel->deaf) {
        return false;
    }
    drop_front(&channel->out, channel->out_at);
    channel->out_at = 0;
    give_back_large(&channel->out);
    return true;
}

bool channel_is_heard(struct channel *channel)
{
    return channel_flush(channel) && channel_waiting(channel) == 0;
}

static bool queue_file(struct channel *channel, int file)
{
    struct files *sending = &channel->sending;
    int copy = sending->count < FILES_MOST ? fcntl(file, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        return false;
    }
    sending->fd[sending->count] = copy;
    sending->at[sending->count] = channel->out.len;
    sending->count++;
    return true;
}

/* Bytes that were sent make room, so that only what waits counts: when they are most of the
 * queue, or when `needed` bytes would not fit. */
static void drop_sent(struct channel *channel, size_t needed)
{
    struct text *out = &channel->out;
    if (channel->out_at <= out->len / 2 && needed <= out->most - out->len) {
        return;
    }
    drop_front(out, channel->out_at);
    for (unsigned i = 0; i < channel->sending.count; i++) {
        channel->sending.at[i] -= channel->out_at;
    }
    channel->out_at = 0;
}

bool channel_send(struct channel *channel, uint32_t kind, uint64_t id, struct text *payload,
                  int file)
{
    struct frame frame = {.kind = kind, .id = id};
    if (payload) {
        frame.payload = text_str(payload);
    }
    bool whole = !payload || (!payload->failed && payload->len <= WIRE_FRAME_BYTES);
    if (channel->closed || channel->deaf || !whole) {
        return false;
    }
    drop_sent(channel, WIRE_HEADER_BYTES + frame.payload.len);
    if (file >= 0 && !queue_file(channel, file)) {
        return false;
    }
    char header[WIRE_HEADER_BYTES];
    wire_put_header(header, &frame);
    if (!text_reserve(&channel->out, sizeof header + frame.payload.len)) {
        channel->closed = true;
        return false;
    }
    text_add_bytes(&channel->out, header, sizeof header);
    text_add(&channel->out, frame.payload);
    return channel->gathers || channel_flush(channel);
}

static void keep_file(struct channel *channel, int file)
{
    struct files *received = &channel->received;
    if (!channel->takes_files || received->count == FILES_MOST) {
        /* One left out would give each later frame the file of another. */
        channel->closed = channel->takes_files;
        (void)close(file);
        return;
    }
    received->fd[received->count++] = file;
}

static void keep_files(struct channel *channel, struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int file;
            memcpy(&file, CMSG_DATA(header) + i * sizeof file, sizeof file);
            keep_file(channel, file);
        }
    }
}

/* Reads once; true when bytes came. */
static bool read_some(struct channel *channel)
{
    if (!text_reserve(&channel->in, READ_BYTES)) {
        channel->closed = true;
        return false;
    }
    alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * 4)];
    struct iovec part = {channel->in.ptr + channel->in.len,
                         channel->in.capacity - channel->in.len};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (got <= 0) {
        channel->closed = true;
        return false;
    }
    keep_files(channel, &message);
    channel->in.len += (size_t)got;
    return true;
}

/* Bytes that were handed out make room. */
static void drop_handed_out(struct channel *channel)
{
    drop_front(&channel->in, channel->in_at);
    channel->in_at = 0;
    give_back_large(&channel->in);
}

/* A whole frame at in_at, if it is there. */
static enum channel_state next_frame(struct channel *channel, struct frame *frame)
{
    size_t there = channel->in.len - channel->in_at;
    if (there < WIRE_HEADER_BYTES) {
        return CHANNEL_IDLE;
    }
    const char *at = channel->in.ptr + channel->in_at;
    if (!wire_header(at, frame)) {
        channel->closed = true;
        channel->foul = true;
        return CHANNEL_CLOSED;
    }
    if (there < WIRE_HEADER_BYTES + frame->payload.len) {
        return CHANNEL_IDLE;
    }
    frame->payload.ptr = at + WIRE_HEADER_BYTES;
    channel->in_at += WIRE_HEADER_BYTES + frame->payload.len;
    return CHANNEL_FRAME;
}

enum channel_state channel_receive(struct channel *channel, struct frame *frame)
{
    enum channel_state state = next_frame(channel, frame);
    while (state == CHANNEL_IDLE && !channel->closed) {
        drop_handed_out(channel);
        if (!read_some(channel)) {
            break;
        }
        state = next_frame(channel, frame);
    }
    return state == CHANNEL_IDLE && channel->closed ? CHANNEL_CLOSED : state;
}

bool channel_is_foul(const struct channel *channel)
{
    return channel->foul;
}

int channel_take_file(struct channel *channel)
{
    if (channel->received.count == 0) {
        return -1;
    }
    int file = channel->received.fd[0];
    drop_first_file(&channel->received);
    return file;
}

size_t channel_waiting(const struct channel *channel)
{
    return channel->out.len - channel->out_at;
}

int channel_fd(const struct channel *channel)
{
    return channel->fd;
}

short channel_events(const struct channel *channel)
{
    bool waits = !channel->deaf && channel->out_at < channel->out.len;
    return (short)(POLLIN | (waits ? POLLOUT : 0));
}
