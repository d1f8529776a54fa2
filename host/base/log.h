/* log - one line per thing that happened: an event name and pairs.
 *
 *     log_info(log, "worker ready", "plugin", name, "ms", ms, NULL);
 *
 * JSON lines on stderr; for people when stderr is a terminal. Values are text. Levels:
 * error = someone must act, warning = will heal, notice = the state of something changed,
 * info = work done, debug = free. Secrets have a type of their own that is no text: one
 * among the pairs does not compile.
 *
 * Thread: any; a line is written by one write().
 */
#ifndef HOST_BASE_LOG_H
#define HOST_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"

struct log {
    uint32_t least; /* IMH_DEBUG .. IMH_ERROR: what is below is dropped */
    int fd;
    bool for_people;
    const struct clock *clock;
};

/* On stderr, in the form that fits. */
void log_init(struct log *log, uint32_t least);

/* "error warning notice info debug", as `log =` in imh.ini. */
bool log_level(struct str name, uint32_t *level);

/* `event`, then name and value, name and value, NULL. */
#define log_write(log, level, ...) \
    log_line((log), (level), (const char *const[]){__VA_ARGS__, NULL, NULL})

void log_line(const struct log *log, uint32_t level, const char *const *event_and_pairs);

#define log_debug(log, ...) log_write((log), IMH_DEBUG, __VA_ARGS__)
#define log_info(log, ...) log_write((log), IMH_INFO, __VA_ARGS__)
#define log_notice(log, ...) log_write((log), IMH_NOTICE, __VA_ARGS__)
#define log_warning(log, ...) log_write((log), IMH_WARNING, __VA_ARGS__)
#define log_error(log, ...) log_write((log), IMH_ERROR, __VA_ARGS__)

#endif
