#include "engine/echo.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool echo_open(struct echo *echo, int *theirs, struct error *error)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return error_set(error, IMH_RETRY, "no pipe for the plugin: %s", strerror(errno));
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    echo->fd = ends[0];
    *theirs = ends[1];
    return true;
}

int echo_fd(const struct echo *echo, int64_t now_ms)
{
    return now_ms < echo->pause_until_ms ? -1 : echo->fd;
}

static void tell_left_out(struct echo *echo, const struct log *log, const char *plugin)
{
    char text[80];
    if (echo->left_out > 0) {
        (void)snprintf(text, sizeof text, "%" PRIu64 " lines left out", echo->left_out);
        log_warning(log, "plugin writes too much", "plugin", plugin, "text", text, NULL);
    }
    echo->left_out = 0;
}

static void begin_window(struct echo *echo, const struct log *log, const char *plugin,
                         int64_t now_ms)
{
    if (now_ms - echo->window_ms >= ECHO_WINDOW_MS) {
        tell_left_out(echo, log, plugin);
        echo->window_ms = now_ms;
        echo->lines = 0;
    }
}

static void end_line(struct echo *echo, const struct log *log, const char *plugin)
{
    if (echo->lines < ECHO_LINES_MOST) {
        echo->lines++;
        echo->line[echo->length] = '\0';
        log_warning(log, "plugin writes", "plugin", plugin, "text", echo->line, NULL);
    } else {
        echo->left_out++;
    }
    echo->length = 0;
    echo->started = false;
}

/* A zero would end the text: it is none. */
static void take(struct echo *echo, const struct log *log, const char *plugin,
                 const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') {
            end_line(echo, log, plugin);
            continue;
        }
        echo->started = true;
        if (echo->length < ECHO_LINE_BYTES) {
            echo->line[echo->length++] = bytes[i] ? bytes[i] : '?';
        }
    }
}

/* So many reads, whatever they give: bytes may come one by one. false: there will never be
 * more. */
static bool drain(struct echo *echo, const struct log *log, const char *plugin,
                  unsigned most)
{
    char bytes[4096];
    ssize_t count = 1;
    for (unsigned i = 0; i < most && count > 0; i++) {
        count = read(echo->fd, bytes, sizeof bytes);
        take(echo, log, plugin, bytes, count > 0 ? (size_t)count : 0);
    }
    return count != 0;
}

void echo_read(struct echo *echo, const struct log *log, const char *plugin, int64_t now_ms)
{
    if (echo_fd(echo, now_ms) < 0) {
        return;
    }
    begin_window(echo, log, plugin, now_ms);
    bool more = drain(echo, log, plugin, ECHO_READS_MOST);
    echo->pause_until_ms = echo->left_out > 0 ? now_ms + ECHO_PAUSE_MS : 0;
    if (!more) {
        echo_close(echo, log, plugin);
    }
}

void echo_close(struct echo *echo, const struct log *log, const char *plugin)
{
    if (echo->fd < 0) {
        return;
    }
    (void)drain(echo, log, plugin, ECHO_LAST_READS_MOST);
    if (echo->started) {
        end_line(echo, log, plugin);
    }
    tell_left_out(echo, log, plugin);
    (void)close(echo->fd);
    echo->fd = -1;
    echo->pause_until_ms = 0;
}
