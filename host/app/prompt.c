#include "app/prompt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

enum { TERMINAL_BYTES = 4095 /* of a line; what is typed beyond that is lost */ };

/* ---- a terminal ---- */

/* A terminal that shows nothing, and the signals that wait until it is put back. */
struct silence {
    struct termios before;
    sigset_t signals, mask_before;
    int signal_fd;
};

static bool begin_silence(struct silence *silence, struct error *error)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    (void)sigemptyset(&silence->signals);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        (void)sigaddset(&silence->signals, signals[i]);
    }
    silence->signal_fd = signalfd(-1, &silence->signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (silence->signal_fd < 0 || tcgetattr(STDIN_FILENO, &silence->before) != 0) {
        return error_set(error, IMH_REJECTED, "the terminal cannot be read: %s",
                         strerror(errno));
    }
    struct termios quiet = silence->before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ICANON | ISIG | ECHONL;
    (void)sigprocmask(SIG_BLOCK, &silence->signals, &silence->mask_before);
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 ||
           error_set(error, IMH_REJECTED, "the terminal cannot be silenced: %s",
                     strerror(errno));
}

/* A signal that came meanwhile does now what it does. */
static void end_silence(struct silence *silence)
{
    struct signalfd_siginfo signal;
    bool came = read(silence->signal_fd, &signal, sizeof signal) == sizeof signal;
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silence->before);
    (void)sigprocmask(SIG_SETMASK, &silence->mask_before, NULL);
    (void)close(silence->signal_fd);
    if (came) {
        (void)raise((int)signal.ssi_signo);
    }
}

/* One line; canonical mode hands it out whole. NULL when a signal came first. */
static struct secret *read_line(const struct silence *silence, struct error *error)
{
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = silence->signal_fd, .events = POLLIN}};
    OWN(secret) line = secret_make(TERMINAL_BYTES + 1, error);
    if (!line) {
        return NULL;
    }
    while (poll(fds, 2, -1) < 0 && errno == EINTR) {
    }
    if (fds[1].revents) {
        (void)error_set(error, IMH_CANCELED, "nothing was read");
        return NULL;
    }
    char *room = secret_extend(line, TERMINAL_BYTES + 1);
    ssize_t got = read(STDIN_FILENO, room, TERMINAL_BYTES + 1);
    secret_cut(line, got > 0 ? (size_t)got : 0);
    if (secret_length(line) >= TERMINAL_BYTES) {
        (void)error_set(error, IMH_REJECTED,
                        "a line of a terminal has less than %d bytes: give the value on "
                        "standard input",
                        TERMINAL_BYTES);
        return NULL;
    }
    return GIVE(line);
}

static struct secret *ask(const char *question, struct error *error)
{
    struct silence silence = {.signal_fd = -1};
    struct secret *line = NULL;
    if (begin_silence(&silence, error)) {
        (void)fprintf(stderr, "%s: ", question);
        line = read_line(&silence, error);
    }
    end_silence(&silence);
    return line;
}

/* ---- either ---- */

struct secret *prompt_secret(const char *question, struct error *error)
{
    OWN(secret) value = isatty(STDIN_FILENO) == 1
                            ? ask(question, error)
                            : secret_read(STDIN_FILENO, "the value", SECRET_BYTES, error);
    if (!value) {
        return NULL;
    }
    secret_cut_newline(value);
    struct str bytes = secret_reveal(value);
    if (bytes.len == 0) {
        (void)error_set(error, IMH_REJECTED,
                        "no value: type it, or give it on standard "
                        "input");
        return NULL;
    }
    if (str_find_char(bytes, '\0') < bytes.len) {
        (void)error_set(error, IMH_REJECTED,
                        "the value has a zero byte in it: is it text "
                        "in UTF-8?");
        return NULL;
    }
    return GIVE(value);
}

bool prompt_line(const char *question, struct text *line)
{
    char room[TERMINAL_BYTES + 1];
    if (isatty(STDIN_FILENO) != 1) {
        return false;
    }
    (void)fprintf(stderr, "%s: ", question);
    ssize_t got = read(STDIN_FILENO, room, sizeof room);
    struct str typed = str_trim((struct str){room, got > 0 ? (size_t)got : 0});
    text_add(line, typed);
    return typed.len > 0;
}
