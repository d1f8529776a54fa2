#include "app/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

void control_question_put(struct text *payload, const struct control_question *question)
{
    wire_put_str(payload, question->operation);
    wire_put_str(payload, question->arguments);
    wire_put_str(payload, question->secret);
}

bool control_question_get(struct str payload, struct control_question *question)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    *question = (struct control_question){.operation = wire_str(&reader)};
    question->arguments = wire_str(&reader);
    question->secret = wire_str(&reader);
    return wire_close(&reader);
}

void control_failure_put(struct text *payload, const struct error *error)
{
    wire_put_int(payload, error->status);
    wire_put_int(payload, error->after_s);
    wire_put_str(payload, str_from(error->text));
}

bool control_failure_get(struct str payload, struct error *error)
{
    struct wire_reader reader;
    wire_open(&reader, payload);
    int64_t status = wire_int(&reader);
    int64_t after_s = wire_int(&reader);
    struct str text = wire_str(&reader);
    if (!wire_close(&reader) || status <= IMH_OK || status > IMH_TOO_LARGE || after_s < 0 ||
        after_s > UINT32_MAX) {
        return false;
    }
    (void)error_set(error, (imh_status)status, "%.*s", STR_ARGS(text));
    error->after_s = (uint32_t)after_s;
    return true;
}

/* By way of the directory's descriptor: that name is short. */
static bool set_address(int folder, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    return folder >= 0 && snprintf(address->sun_path, sizeof address->sun_path,
                                   "/proc/self/fd/%d/control.sock", folder) > 0;
}

static int open_folder(const char *state)
{
    return open(state, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Who has the directory claimed may remove what an earlier one left there. */
static bool bind_there(int fd, int folder)
{
    struct sockaddr_un address;
    mode_t mask = umask(0177);
    bool good = set_address(folder, &address) &&
                (unlinkat(folder, "control.sock", 0) == 0 || errno == ENOENT) &&
                bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(fd, BACKLOG) == 0;
    (void)umask(mask);
    return good;
}

static bool connect_there(int fd, int folder)
{
    struct sockaddr_un address;
    return set_address(folder, &address) &&
           connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

static int make(const char *state, int type, bool (*use)(int fd, int folder))
{
    int folder = open_folder(state);
    int fd = folder >= 0 ? socket(AF_UNIX, type | SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd >= 0 && !use(fd, folder)) {
        int why = errno;
        (void)close(fd);
        errno = why;
        fd = -1;
    }
    int why = errno;
    if (folder >= 0) {
        (void)close(folder);
    }
    errno = why;
    return fd;
}

int control_listen(const char *state)
{
    return make(state, SOCK_NONBLOCK, bind_there);
}

static bool look_in(int folder, struct stat *found)
{
    return fstatat(folder, "control.sock", found, AT_SYMLINK_NOFOLLOW) == 0;
}

bool control_look(const char *state, struct stat *found)
{
    int folder = open_folder(state);
    bool is_there = folder >= 0 && look_in(folder, found);
    if (folder >= 0) {
        (void)close(folder);
    }
    return is_there;
}

void control_remove(const char *state, const struct stat *listened)
{
    struct stat found;
    int folder = open_folder(state);
    if (folder < 0) {
        return;
    }
    if (look_in(folder, &found) && found.st_dev == listened->st_dev &&
        found.st_ino == listened->st_ino) {
        (void)unlinkat(folder, "control.sock", 0);
    }
    (void)close(folder);
}

int control_dial(const char *state)
{
    return make(state, 0, connect_there);
}
