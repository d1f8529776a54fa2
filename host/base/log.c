#include "base/log.h"

#include <time.h>
#include <unistd.h>

#include <imh/imh.h>

#include "base/json.h"
#include "base/utf8.h"

enum { LINE_BYTES = 8192, EVENT_BYTES = 256 /* what is longer is cut */ };

static const char *const level_names[] = {
    [IMH_DEBUG] = "debug",     [IMH_INFO] = "info",   [IMH_NOTICE] = "notice",
    [IMH_WARNING] = "warning", [IMH_ERROR] = "error",
};
enum { LEVEL_COUNT = sizeof level_names / sizeof *level_names };

void log_init(struct log *log, uint32_t least)
{
    *log = (struct log){.least = least,
                        .fd = STDERR_FILENO,
                        .for_people = isatty(STDERR_FILENO) == 1,
                        .clock = &clock_real};
}

bool log_level(struct str name, uint32_t *level)
{
    for (uint32_t i = 0; i < LEVEL_COUNT; i++) {
        if (str_is(name, level_names[i])) {
            *level = i;
            return true;
        }
    }
    return false;
}

static void add_time(struct text *line, int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    text_print(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
               (int)(now_ms % 1000));
}

/* A JSON string; what JSON leaves as it is may steer a terminal, so it is escaped, too. */
static void add_quoted(struct text *line, struct str str)
{
    struct text quoted;
    text_init(&quoted, LINE_BYTES);
    json_add_string(&quoted, str);
    utf8_add_shown(line, text_str(&quoted));
    text_fail_with(line, &quoted);
    text_done(&quoted);
}

static void add_pair(struct text *line, bool for_people, const char *name,
                     const char *value)
{
    text_add_cstr(line, for_people ? " " : ",");
    if (for_people) {
        utf8_add_shown(line, str_from(name));
        text_add_char(line, '=');
        add_quoted(line, str_from(value));
    } else {
        add_quoted(line, str_from(name));
        text_add_char(line, ':');
        add_quoted(line, str_from(value));
    }
}

void log_line(const struct log *log, uint32_t level, const char *const *event_and_pairs)
{
    const char *event = event_and_pairs[0];
    if (level < log->least || level >= LEVEL_COUNT) {
        return;
    }
    struct text line;
    text_init(&line, LINE_BYTES);
    if (log->for_people) {
        text_print(&line, "imh: %s: ", level_names[level]);
        utf8_add_shown(&line, str_before(str_from(event), EVENT_BYTES));
    } else {
        text_add_cstr(&line, "{\"time\":\"");
        add_time(&line, clock_now_ms(log->clock));
        text_print(&line, "\",\"level\":\"%s\",\"event\":", level_names[level]);
        add_quoted(&line, str_before(str_from(event), EVENT_BYTES));
    }
    for (const char *const *pair = event_and_pairs + 1; *pair; pair += 2) {
        /* A pair that does not fit is left out, the line stays whole. */
        size_t before = line.len;
        add_pair(&line, log->for_people, pair[0], pair[1]);
        if (line.failed || line.len > LINE_BYTES - 4) {
            line.len = before;
            line.failed = false;
        }
    }
    text_add_cstr(&line, log->for_people ? "\n" : "}\n");
    (void)!write(log->fd, line.ptr, line.len);
    text_done(&line);
}
