#include "engine/confine.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Of all its threads together; below zero when it is gone. */
static int64_t used_us(pid_t pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return -1;
    }
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* There is one. */
static size_t last_of(const cpu_set_t *processors)
{
    size_t last = CPU_SETSIZE - 1;
    while (last > 0 && !CPU_ISSET(last, processors)) {
        last--;
    }
    return last;
}

/* Threads that it starts meanwhile are met the next time. */
static void set_processors(pid_t pid, const cpu_set_t *processors)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    for (struct dirent *entry; threads && (entry = readdir(threads)) != NULL;) {
        pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
        if (thread > 0) {
            (void)sched_setaffinity(thread, sizeof *processors, processors);
        }
    }
    if (threads) {
        (void)closedir(threads);
    }
}

/* One processor, or all that we have. */
static void set_confined(struct confine *confine, bool confined)
{
    cpu_set_t all;
    cpu_set_t one;
    if (sched_getaffinity(0, sizeof all, &all) != 0 || CPU_COUNT(&all) < 2) {
        return;
    }
    CPU_ZERO(&one);
    CPU_SET(last_of(&all), &one);
    set_processors(confine->pid, confined ? &one : &all);
    confine->confined = confined;
}

bool confine_watch(struct confine *confine, pid_t pid, int64_t now_us)
{
    int64_t past_us = now_us - confine->since_us;
    bool was = confine->confined;
    if (pid <= 0 || (confine->pid == pid && past_us < CONFINE_WINDOW_MS * 1000)) {
        return false;
    }
    int64_t used = used_us(pid);
    if (confine->pid != pid || used < 0) {
        *confine = (struct confine){.pid = pid, .since_us = now_us, .used_us = used};
        return false;
    }
    int64_t percent = (used - confine->used_us) * 100 / past_us;
    if (percent > CONFINE_BUSY_PERCENT) {
        set_confined(confine, true);
    } else if (was && percent < CONFINE_CALM_PERCENT) {
        set_confined(confine, false);
    }
    confine->since_us = now_us;
    confine->used_us = used;
    return confine->confined && !was;
}
