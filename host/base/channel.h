/* channel - one end of a socket pair between two of our processes: frames in, frames out.
 *
 * Never blocks. What the other side does not read yet waits here, up to a maximum: a peer
 * that stops reading is a broken peer. A frame may carry one file descriptor.
 *
 * Thread: the one that made it.
 */
#ifndef HOST_BASE_CHANNEL_H
#define HOST_BASE_CHANNEL_H

#include "base/own.h"
#include "base/wire.h"

struct channel;

enum channel_state {
    CHANNEL_FRAME, /* a frame was read */
    CHANNEL_IDLE,  /* nothing more for now */
    CHANNEL_CLOSED /* the other side is gone, or sent what is no frame */
};

/* Takes the descriptor over. `takes_files`: accept descriptors that come with frames;
 * otherwise they are closed at once. More than 64 not yet taken end the channel. NULL when
 * memory is out. */
struct channel *channel_make(int fd, bool takes_files);
void channel_free(struct channel *channel);
OWN_BY(channel);

/* From now on what was sent or handed out is overwritten: for a channel that carries
 * secrets. */
void channel_wipe(struct channel *channel);

/* From now on channel_send() only queues: what was sent in one turn of a loop goes out
 * together, by channel_flush(). */
void channel_gather(struct channel *channel);

/* Sends what waits; is all of it in the hands of the other side? */
bool channel_is_heard(struct channel *channel);

/* Two connected ends, close-on-exec. */
bool channel_pair(int fds[2], struct error *error);

/* Queues a frame and sends what the socket takes. `payload` is copied. `file` -1 for none;
 * it is duplicated. false: the channel is closed, or its queue is full. */
bool channel_send(struct channel *channel, uint32_t kind, uint64_t id, struct text *payload,
                  int file);

/* The next frame; its payload is lent until the next call. */
enum channel_state channel_receive(struct channel *channel, struct frame *frame);

/* Did it end because of what came, which was no frame? */
bool channel_is_foul(const struct channel *channel);

/* The descriptor that came first and was not taken yet, now yours; -1 for none. */
int channel_take_file(struct channel *channel);

/* How many bytes the other side did not take yet. */
size_t channel_waiting(const struct channel *channel);

/* For poll(): the descriptor and what to wait for. Call channel_flush() when it is
 * writable. */
int channel_fd(const struct channel *channel);
short channel_events(const struct channel *channel);
bool channel_flush(struct channel *channel);

#endif
