#include "engine/crew.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugin/worker.h"

void crew_program(const struct supervisor *supervisor, const char *name, char *path)
{
    (void)snprintf(path, CREW_PATH_BYTES, "%s/%s", supervisor->settings.programs, name);
}

bool crew_find_file(const struct supervisor *supervisor, const char *plugin, char *path)
{
    struct str rest = str_from(supervisor->settings.plugins);
    struct str folder;
    if (strchr(plugin, '/')) {
        return snprintf(path, CREW_PATH_BYTES, "%s", plugin) < CREW_PATH_BYTES;
    }
    while (str_split(&rest, ':', &folder)) {
        int length =
            snprintf(path, CREW_PATH_BYTES, "%.*s/%s.so", STR_ARGS(folder), plugin);
        if (length < CREW_PATH_BYTES && access(path, F_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* What a worker thread needs to begin; it frees this. */
struct thread_start {
    char path[CREW_PATH_BYTES];
    int supervisor_fd, net_fd;
};

static void *thread_main(void *self)
{
    struct thread_start *start = self;
    worker_serve(start->path, start->supervisor_fd, start->net_fd, NULL);
    free(start);
    return NULL;
}

static bool start_thread(struct worker_process *worker, const char *path, const int fds[2],
                         struct error *error)
{
    struct thread_start *start = calloc(1, sizeof *start);
    if (start) {
        memcpy(start->path, path, strlen(path) + 1);
        start->supervisor_fd = fds[0];
        start->net_fd = fds[1];
        worker->has_thread = pthread_create(&worker->thread, NULL, thread_main, start) == 0;
    }
    if (!worker->has_thread) {
        free(start);
        (void)close(fds[0]);
        (void)close(fds[1]);
        return error_set(error, IMH_RETRY, "no thread for the plugin");
    }
    return true;
}

static bool start_process(struct supervisor *supervisor, struct worker_process *worker,
                          const char *path, const int fds[2], struct error *error)
{
    char program[CREW_PATH_BYTES];
    char parent[16];
    int output = -1;
    crew_program(supervisor, "imh-worker", program);
    (void)snprintf(parent, sizeof parent, "%d", (int)getpid());
    const char *const arguments[] = {program, parent, path, NULL};
    if (!echo_open(&worker->echo, &output, error)) {
        (void)close(fds[0]);
        (void)close(fds[1]);
        return false;
    }
    return process_start(&worker->process, arguments, fds, 2, output, error);
}

/* One pair to us, one to imh-net, which gets its end by the channel. */
static bool connect_worker(struct supervisor *supervisor, struct worker_process *worker,
                           int fds[2], struct error *error)
{
    int ours[2];
    int net[2];
    if (!channel_pair(ours, error)) {
        return false;
    }
    if (!channel_pair(net, error)) {
        (void)close(ours[0]);
        (void)close(ours[1]);
        return false;
    }
    bool good =
        channel_send(supervisor->net.channel, MESSAGE_WORKER, worker->id, NULL, net[1]);
    (void)close(net[1]);
    worker->channel = channel_make(ours[0], false);
    if (worker->channel) {
        channel_gather(worker->channel);
    }
    fds[0] = ours[1];
    fds[1] = net[0];
    return (good && worker->channel) ||
           error_set(error, IMH_RETRY, "no connection for the plugin");
}

bool crew_flush(const struct supervisor *supervisor, const struct worker_process *worker)
{
    if (supervisor->net.channel) {
        (void)channel_flush(supervisor->net.channel);
    }
    return channel_flush(worker->channel);
}

bool crew_launch(struct supervisor *supervisor, struct worker_process *worker,
                 const char *path, struct error *error)
{
    int fds[2] = {-1, -1};
    worker->id = ++supervisor->last_id; /* imh-net tells the old one from the new */
    if (!connect_worker(supervisor, worker, fds, error)) {
        for (unsigned i = 0; i < 2; i++) {
            if (fds[i] >= 0) {
                (void)close(fds[i]);
            }
        }
        return false;
    }
    return supervisor->settings.in_process
               ? start_thread(worker, path, fds, error)
               : start_process(supervisor, worker, path, fds, error);
}
