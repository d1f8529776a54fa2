#include "engine/herald.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utf8.h"
#include "engine/process.h"

enum {
    NOBODY = 65534,
    OUTPUT_BYTES = 1024, /* kept of what it writes; the rest is read and left */
    NOT_RUN = 127        /* as shells say it */
};

/* One thing to be told. */
struct errand {
    struct errand *next;
    char *command, *facts;
    unsigned tries;
    int64_t from_ms; /* monotonic: not before */
};

struct herald {
    struct herald_settings settings;
    struct errand *first; /* the one that runs, if one does */
    unsigned count;
    struct process process;
    int output; /* of the one that runs; -1 */
    int64_t until_ms;
    struct text words; /* what it wrote */
    bool late;
};

static void drop_first(struct herald *herald)
{
    struct errand *errand = herald->first;
    herald->first = errand->next;
    herald->count--;
    free(errand->command);
    free(errand->facts);
    free(errand);
}

struct herald *herald_make(const struct herald_settings *settings, struct error *error)
{
    struct herald *herald = calloc(1, sizeof *herald);
    if (!herald) {
        (void)error_set(error, IMH_RETRY, "no memory for a herald");
        return NULL;
    }
    herald->settings = *settings;
    herald->process.pidfd = -1;
    herald->output = -1;
    text_init(&herald->words, OUTPUT_BYTES);
    return herald;
}

static void close_output(struct herald *herald)
{
    if (herald->output >= 0) {
        (void)close(herald->output);
        herald->output = -1;
    }
}

void herald_free(struct herald *herald)
{
    if (!herald) {
        return;
    }
    process_end(&herald->process);
    close_output(herald);
    while (herald->first) {
        drop_first(herald);
    }
    text_done(&herald->words);
    free(herald);
}

bool herald_check(struct str command, struct error *error)
{
    char path[PATH_MAX];
    struct stat found;
    struct str word;
    struct str rest = command;
    unsigned count = 0;
    while (str_word(&rest, &word)) {
        count++;
    }
    rest = command;
    if (!str_word(&rest, &word) || word.ptr[0] != '/' || word.len >= sizeof path ||
        count > HERALD_WORDS_MOST) {
        return error_set(error, IMH_REJECTED,
                         "must be the path of a program, which begins with '/', and at "
                         "most %d words for it",
                         HERALD_WORDS_MOST - 1);
    }
    memcpy(path, word.ptr, word.len);
    path[word.len] = '\0';
    bool there = stat(path, &found) == 0 && access(path, X_OK) == 0;
    bool is_file = there && S_ISREG(found.st_mode);
    return is_file || error_set(error, IMH_REJECTED, "cannot be run: %s: %s", path,
                                there ? "no file" : strerror(errno));
}

bool herald_tell(struct herald *herald, struct str command, struct str facts,
                 struct error *error)
{
    struct errand **at = &herald->first;
    if (herald->count >= HERALD_WAITING_MOST) {
        return error_set(error, IMH_WAIT, "%d alerts wait for the command",
                         HERALD_WAITING_MOST);
    }
    struct errand *errand = calloc(1, sizeof *errand);
    if (errand) {
        errand->command = strndup(command.ptr, command.len);
        errand->facts = strndup(facts.ptr, facts.len);
    }
    if (!errand || !errand->command || !errand->facts) {
        free(errand ? errand->command : NULL);
        free(errand ? errand->facts : NULL);
        free(errand);
        return error_set(error, IMH_RETRY, "no memory for an alert");
    }
    while (*at) {
        at = &(*at)->next;
    }
    *at = errand;
    herald->count++;
    return true;
}

/* ---- in the child ---- */

/* For root nobody; and no way to more rights, as by a set-user-id program. */
static bool give_up_rights(void)
{
    bool good = geteuid() != 0 ||
                (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
                 setresuid(NOBODY, NOBODY, NOBODY) == 0);
    return good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void forget_signals(void)
{
    sigset_t none;
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++) {
        (void)sigaction(i, &usual, NULL);
    }
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork and exec, so only with what is safe there. */
_Noreturn static void become(char *const *words, int input, int output)
{
    static char *const no_environment[] = {NULL};
    const struct rlimit no_core = {0};
    forget_signals();
    bool good = setsid() >= 0 && dup2(input, STDIN_FILENO) == STDIN_FILENO &&
                dup2(output, STDOUT_FILENO) == STDOUT_FILENO &&
                dup2(output, STDERR_FILENO) == STDERR_FILENO &&
                setrlimit(RLIMIT_CORE, &no_core) == 0 && chdir("/") == 0 &&
                give_up_rights();
    closefrom(STDERR_FILENO + 1);
    if (good) {
        (void)execve(words[0], words, no_environment);
    }
    _exit(NOT_RUN);
}

/* ---- starting it ---- */

/* A file without a name that has the text, to be read from its start; -1. */
static int file_of(const char *text)
{
    size_t len = strlen(text);
    int fd = memfd_create("alert", MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool run(struct herald *herald, char *const *words, int input, int output,
                struct error *error)
{
    pid_t pid = fork();
    if (pid == 0) {
        become(words, input, output);
    }
    if (pid < 0) {
        return error_set(error, IMH_RETRY, "cannot start %s: %s", words[0],
                         strerror(errno));
    }
    herald->process = (struct process){.pid = pid, .pidfd = pidfd_open(pid, 0)};
    if (herald->process.pidfd < 0) {
        (void)error_set(error, IMH_RETRY, "cannot watch %s: %s", words[0], strerror(errno));
        process_end(&herald->process);
        return false;
    }
    return true;
}

/* The words of the command stand in `room`, each with a zero behind it. */
static void split(char *room, char **words)
{
    unsigned count = 0;
    struct str rest = str_from(room);
    struct str word;
    while (count < HERALD_WORDS_MOST && str_word(&rest, &word)) {
        words[count++] = room + (word.ptr - room);
    }
    words[count] = NULL;
    for (char *at = room; *at; at++) {
        *at = *at == ' ' || *at == '\t' || *at == '\n' ? '\0' : *at;
    }
}

static bool start(struct herald *herald, struct error *error)
{
    const struct errand *errand = herald->first;
    char *words[HERALD_WORDS_MOST + 1];
    int pair[2] = {-1, -1};
    char *room = strdup(errand->command);
    int input = file_of(errand->facts);
    bool good = room && input >= 0 && pipe2(pair, O_CLOEXEC) == 0 &&
                fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0;
    if (good) {
        split(room, words);
        good = run(herald, words, input, pair[1], error);
    } else {
        (void)error_set(error, IMH_RETRY, "cannot start it: %s", strerror(errno));
    }
    if (input >= 0) {
        (void)close(input);
    }
    if (pair[1] >= 0) {
        (void)close(pair[1]);
    }
    free(room);
    herald->output = pair[0];
    return good;
}

/* ---- what becomes of it ---- */

/* It may be run again; the others come first. */
static void put_off(struct herald *herald, const char *why)
{
    const struct log *log = herald->settings.log;
    struct errand *errand = herald->first;
    struct text shown;
    bool last = ++errand->tries >= HERALD_TRIES_MOST;
    text_init(&shown, 6 * OUTPUT_BYTES);
    utf8_add_valid(&shown, str_trim(text_str(&herald->words)), 0xFFFD);
    log_error(log, "alert command failed", "command", errand->command, "why", why, "output",
              text_cstr(&shown), "next", last ? "never" : "later", NULL);
    text_done(&shown);
    if (last) {
        drop_first(herald);
        return;
    }
    errand->from_ms = clock_mono_ms(herald->settings.clock) + herald->settings.again_ms;
    struct errand **end = &herald->first;
    while (*end) {
        end = &(*end)->next;
    }
    if (errand->next) {
        herald->first = errand->next;
        errand->next = NULL;
        *end = errand;
    }
}

/* All it wrote by now; what does not fit is left. */
static void read_output(struct herald *herald)
{
    char bytes[4096];
    ssize_t got = 1;
    while (herald->output >= 0 && got > 0) {
        got = read(herald->output, bytes, sizeof bytes);
        size_t room = OUTPUT_BYTES - herald->words.len;
        if (got > 0) {
            text_add(&herald->words, str_before((struct str){bytes, (size_t)got}, room));
        }
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
        close_output(herald);
    }
}

static void look(struct herald *herald)
{
    char how[128];
    int64_t now_ms = clock_mono_ms(herald->settings.clock);
    read_output(herald);
    if (!herald->late && now_ms >= herald->until_ms) {
        herald->late = true;
        process_kill(&herald->process);
    }
    if (!process_reap(&herald->process, how, sizeof how)) {
        return;
    }
    read_output(herald);
    close_output(herald);
    if (herald->late) {
        put_off(herald, "it took too long");
    } else if (strcmp(how, "exited with status 0") != 0) {
        put_off(herald, how);
    } else {
        drop_first(herald);
    }
}

void herald_turn(struct herald *herald)
{
    struct error error;
    int64_t now_ms = clock_mono_ms(herald->settings.clock);
    if (herald->process.pid > 0) {
        look(herald);
    }
    if (herald->process.pid > 0 || !herald->first || herald->first->from_ms > now_ms) {
        return;
    }
    text_clear(&herald->words);
    herald->late = false;
    herald->until_ms = now_ms + herald->settings.time_ms;
    if (!start(herald, &error)) {
        close_output(herald);
        put_off(herald, error.text);
    }
}

unsigned herald_fds(const struct herald *herald, struct pollfd *fds, int64_t *wait_ms)
{
    unsigned count = 0;
    bool runs = herald->process.pid > 0;
    if (!runs && !herald->first) {
        return 0;
    }
    int64_t at_ms = runs ? herald->until_ms : herald->first->from_ms;
    int64_t left_ms = at_ms - clock_mono_ms(herald->settings.clock);
    if (runs) {
        fds[count++] = (struct pollfd){.fd = herald->process.pidfd, .events = POLLIN};
    }
    if (herald->output >= 0) {
        fds[count++] = (struct pollfd){.fd = herald->output, .events = POLLIN};
    }
    if (!herald->late && left_ms < *wait_ms) {
        *wait_ms = left_ms > 0 ? left_ms : 0;
    }
    return count;
}
