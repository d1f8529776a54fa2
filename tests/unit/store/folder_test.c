#include "store/folder.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "open_files.h"
#include "state.h"

static void claim(const struct state *at, struct folder *folder)
{
    struct error error = {.text = ""};
    bool claimed = folder_claim(folder, at->folder, 0, &error);
    assert_string_equal(error.text, "");
    assert_true(claimed);
}

static void refused(const char *path, imh_status status, const char *words)
{
    struct error error = {.text = ""};
    struct folder folder = {.lock = -1};
    size_t files = open_files();
    assert_false(folder_claim(&folder, path, 0, &error));
    if (!strstr(error.text, words)) {
        assert_string_equal(error.text, words);
    }
    assert_int_equal(error.status, status);
    assert_int_equal(folder.lock, -1);
    assert_int_equal(open_files(), files);
}

static void it_is_made_for_us_alone(void **state)
{
    struct state *at = *state;
    struct folder folder;
    struct stat status;
    mode_t before = umask(0);
    claim(at, &folder);
    (void)umask(before);
    assert_int_equal(stat(at->folder, &status), 0);
    assert_int_equal(status.st_mode, S_IFDIR | 0700);
    assert_int_equal(stat(state_path(at, "lock"), &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_true(fcntl(folder.lock, F_GETFD) & FD_CLOEXEC);
    folder_release(&folder);
    folder_release(&folder);
    claim(at, &folder);
    folder_release(&folder);
}

static void others_may_not_write_into_it(void **state)
{
    static const struct {
        mode_t mode;
        const char *who;
    } modes[] = {{0720, ": its group may write"},
                 {0702, ": others may write"},
                 {0777, ": others may write"},
                 {01777, ": others may write"}};
    struct state *at = *state;
    struct folder folder;
    state_make_folder(at);
    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_int_equal(chmod(at->folder, modes[i].mode), 0);
        refused(at->folder, IMH_DENIED, modes[i].who);
        assert_false(state_has(at, "lock"));
    }
    assert_int_equal(chmod(at->folder, 0755), 0);
    claim(at, &folder);
    folder_release(&folder);
}

static void what_is_no_folder_is_refused(void **state)
{
    struct state *at = *state;
    char inner[128];
    (void)snprintf(inner, sizeof inner, "%s/a/b", at->outer);
    refused(inner, IMH_REJECTED, "No such file or directory");
    int fd = open(at->folder, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(close(fd), 0);
    refused(at->folder, IMH_REJECTED, "Not a directory");
    assert_int_equal(unlink(at->folder), 0);
    state_make_folder(at);
    assert_int_equal(symlink("elsewhere", state_path(at, "lock")), 0);
    refused(at->folder, IMH_REJECTED, "");
    assert_false(state_has(at, "elsewhere"));
    assert_int_equal(unlink(state_path(at, "lock")), 0);
    assert_int_equal(mkdir(state_path(at, "lock"), 0700), 0);
    refused(at->folder, IMH_REJECTED, "Is a directory");
}

static void a_second_one_learns_who_has_it(void **state)
{
    struct state *at = *state;
    struct folder folder;
    char words[64];
    claim(at, &folder);
    (void)snprintf(words, sizeof words, "/state is in use by process %ld", (long)getpid());
    refused(at->folder, IMH_WAIT, words);
    assert_int_equal(truncate(state_path(at, "lock"), 0), 0);
    refused(at->folder, IMH_WAIT, "/state is in use");
    folder_release(&folder);
    claim(at, &folder);
    folder_release(&folder);
}

/* A process that claims it, says so, and stays until it is killed. */
static pid_t start_owner(const struct state *at)
{
    struct error error;
    struct folder folder = {.lock = -1};
    int said[2];
    char byte = 0;
    assert_int_equal(pipe(said), 0);
    pid_t owner = fork();
    if (owner == 0) {
        bool claimed = folder_claim(&folder, at->folder, 0, &error);
        (void)!write(said[1], claimed ? "y" : "n", 1);
        for (;;) {
            (void)pause();
        }
    }
    assert_int_equal(close(said[1]), 0);
    assert_int_equal(read(said[0], &byte, 1), 1);
    assert_int_equal(close(said[0]), 0);
    assert_int_equal(byte, 'y');
    return owner;
}

static void end_owner(pid_t owner)
{
    int status;
    assert_int_equal(kill(owner, SIGKILL), 0);
    assert_int_equal(waitpid(owner, &status, 0), owner);
}

static void a_killed_owner_leaves_nothing_behind(void **state)
{
    struct state *at = *state;
    struct folder folder;
    pid_t owner = start_owner(at);
    refused(at->folder, IMH_WAIT, "in use by process");
    end_owner(owner);
    claim(at, &folder);
    folder_release(&folder);
}

static void waiting_ends_when_it_is_free(void **state)
{
    struct state *at = *state;
    struct error error;
    struct folder folder = {.lock = -1};
    pid_t owner = start_owner(at);
    int64_t start = clock_mono_ms(&clock_real);
    assert_false(folder_claim(&folder, at->folder, 50, &error));
    assert_int_equal(error.status, IMH_WAIT);
    assert_true(clock_mono_ms(&clock_real) - start >= 50);
    pid_t killer = fork();
    if (killer == 0) {
        (void)usleep(30000);
        (void)kill(owner, SIGKILL);
        _exit(0);
    }
    assert_true(folder_claim(&folder, at->folder, 60000, &error));
    assert_true(clock_mono_ms(&clock_real) - start < 60000);
    int status;
    assert_int_equal(waitpid(killer, &status, 0), killer);
    assert_int_equal(waitpid(owner, &status, 0), owner);
    folder_release(&folder);
}

/* Claims, proves that it is alone, releases: again and again, against the others. */
static int race(const struct state *at, const char *proof, unsigned rounds)
{
    struct error error;
    struct folder folder = {.lock = -1};
    for (unsigned i = 0; i < rounds; i++) {
        if (!folder_claim(&folder, at->folder, 60000, &error)) {
            return 1;
        }
        int fd = open(proof, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || close(fd) != 0 || unlink(proof) != 0) {
            return 2;
        }
        folder_release(&folder);
    }
    return 0;
}

static void of_many_only_one_has_it(void **state)
{
    enum { RACERS = 4, ROUNDS = 25 };
    struct state *at = *state;
    pid_t racers[RACERS];
    char proof[96];
    (void)snprintf(proof, sizeof proof, "%s/proof", at->outer);
    for (unsigned i = 0; i < RACERS; i++) {
        racers[i] = fork();
        if (racers[i] == 0) {
            _exit(race(at, proof, ROUNDS));
        }
    }
    for (unsigned i = 0; i < RACERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
        assert_int_equal(status, 0);
    }
}

/* Who removes the file takes the lock along; a new owner must not rely on the old file. */
static void a_removed_lock_is_not_relied_on(void **state)
{
    struct state *at = *state;
    struct folder folder;
    struct folder second;
    claim(at, &folder);
    assert_int_equal(unlink(state_path(at, "lock")), 0);
    claim(at, &second);
    assert_true(state_has(at, "lock"));
    folder_release(&folder);
    refused(at->folder, IMH_WAIT, "in use");
    folder_release(&second);
}

static void anothers_folder_is_refused(void **state)
{
    struct state *at = *state;
    if (geteuid() == 0) { /* only root can give a folder away, and it may use all */
        struct folder folder;
        state_make_folder(at);
        assert_int_equal(chown(at->folder, 12345, 12345), 0);
        claim(at, &folder);
        folder_release(&folder);
        pid_t child = fork();
        if (child == 0) {
            struct error error = {.text = ""};
            bool claimed =
                setuid(23456) != 0 || folder_claim(&folder, at->folder, 0, &error);
            _exit(!claimed && error.status == IMH_DENIED ? 0 : 1);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(it_is_made_for_us_alone),
        state_test(others_may_not_write_into_it),
        state_test(what_is_no_folder_is_refused),
        state_test(a_second_one_learns_who_has_it),
        state_test(a_killed_owner_leaves_nothing_behind),
        state_test(waiting_ends_when_it_is_free),
        state_test(of_many_only_one_has_it),
        state_test(a_removed_lock_is_not_relied_on),
        state_test(anothers_folder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
