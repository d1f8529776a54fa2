/* echo - what a plugin writes to its standard output and error, as lines of our log.
 *
 * It writes into a pipe, not to where we write: it can neither flood that nor pretend to be
 * us. Of a minute so many lines are said; the others are counted, and how many they were is
 * said once. Who floods is read only now and then, and so is held up by the pipe.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_ECHO_H
#define HOST_ENGINE_ECHO_H

#include "base/error.h"
#include "base/log.h"

enum {
    ECHO_LINES_MOST = 200,      /* of a plugin, in ... */
    ECHO_WINDOW_MS = 60 * 1000, /* ... that time */
    ECHO_LINE_BYTES = 1024,     /* the rest of a line is left out */
    ECHO_READS_MOST = 16,       /* of 4 KiB at most, at a turn, */
    ECHO_PAUSE_MS = 20,         /* and from who said too much only so often */
    ECHO_LAST_READS_MOST = 256  /* of what is left in the pipe at its end */
};

struct echo {
    int fd; /* our end; -1: none */
    char line[ECHO_LINE_BYTES + 1];
    size_t length;
    bool started; /* a line that has no end yet */
    int64_t window_ms, pause_until_ms;
    unsigned lines;    /* of this window */
    uint64_t left_out; /* and how many were not said */
};

/* A new pipe, instead of none; the plugin's end is in `*theirs`. */
bool echo_open(struct echo *echo, int *theirs, struct error *error);

/* What to poll for; -1 while it is held up. */
int echo_fd(const struct echo *echo, int64_t now_ms);

/* Says what came; at every turn, so that what was left out is told in time. */
void echo_read(struct echo *echo, const struct log *log, const char *plugin,
               int64_t now_ms);

/* Says what is still there, and closes it. */
void echo_close(struct echo *echo, const struct log *log, const char *plugin);

#endif
