#include "store/key.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define KEY_BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void write_file(const char *path, const char *content, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

/* The state directory is not needed itself, but what lies in it is removed. */
static const char *path_of(struct state *at, const char *name)
{
    (void)mkdir(at->folder, 0700);
    return state_path(at, name);
}

/* Loads by "KIND:PLACE"; what went wrong, or the key's first characters. */
static imh_status load(const char *kind, const char *place, struct error *error)
{
    char source[300];
    (void)snprintf(source, sizeof source, "%s%s", kind, place);
    OWN(environment) environment = environment_make();
    OWN(seal_key) key = key_load(str_from(source), environment, error);
    return key ? IMH_OK : error->status;
}

static void a_source_is_a_file_a_variable_or_a_credential(void **state)
{
    static const struct {
        const char *source, *path;
        bool good;
    } rows[] = {{"file:vault.key", "vault.key", true},
                {"env:KEY", "", true},
                {"credential:key", "", true},
                {"file:", "", false},
                {"env:", "", false},
                {"", "", false},
                {"vault.key", "", false},
                {"FILE:x", "", false},
                {KEY_BASE64, "", false}};
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str source = str_from(rows[i].source);
        assert_int_equal(key_is_source(source, &error), rows[i].good);
        assert_true(str_is(key_path(source), rows[i].path));
        if (!rows[i].good) {
            assert_string_equal(error.text,
                                "must be file:PATH, env:NAME or credential:NAME");
            assert_int_equal(load(rows[i].source, "", &error), IMH_REJECTED);
        }
    }
}

static void a_file_is_read_when_only_its_owner_can(void **state)
{
    static const struct {
        mode_t mode;
        imh_status status;
    } rows[] = {{0600, IMH_OK},     {0400, IMH_OK},     {0640, IMH_DENIED},
                {0604, IMH_DENIED}, {0644, IMH_DENIED}, {0620, IMH_DENIED},
                {0700, IMH_OK},     {0610, IMH_DENIED}};
    struct error error;
    const char *path = path_of(*state, "vault.key");
    for (size_t i = 0; i < COUNT(rows); i++) {
        write_file(path, KEY_BASE64 "\n", rows[i].mode);
        assert_int_equal(load("file:", path, &error), rows[i].status);
        if (rows[i].status == IMH_DENIED) {
            assert_non_null(strstr(error.text, "not used: chmod 600 /"));
        }
    }
}

static void a_file_of_another_user_is_refused(void **state)
{
    struct error error;
    const char *path = path_of(*state, "vault.key");
    write_file(path, KEY_BASE64, 0600);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(load("file:", path, &error), IMH_DENIED);
        assert_non_null(strstr(error.text, "owned by user 65534"));
    } else { /* others' files cannot be made then, but root's are fine */
        assert_int_equal(load("file:", path, &error), IMH_OK);
    }
}

static void what_is_no_key_file_is_refused(void **state)
{
    struct error error;
    struct state *at = *state;
    assert_int_equal(load("file:", path_of(at, "absent"), &error), IMH_MISSING);
    assert_int_equal(load("file:", at->folder, &error), IMH_REJECTED);
    assert_non_null(strstr(error.text, "not a regular file"));
    const char *path = path_of(at, "vault.key");
    write_file(path, "hunter2", 0600);
    assert_int_equal(load("file:", path, &error), IMH_REJECTED);
    assert_non_null(strstr(error.text, "vault.key is no key: 32 random bytes"));
    assert_null(strstr(error.text, "hunter2"));
    write_file(path, "", 0600);
    assert_int_equal(load("file:", path, &error), IMH_REJECTED);
    char large[SEAL_KEY_TEXT_MOST + 2];
    memset(large, 'A', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    write_file(path, large, 0600);
    assert_int_equal(load("file:", path, &error), IMH_REJECTED);
    assert_non_null(strstr(error.text, "larger than 128 bytes"));
    assert_int_equal(mkfifo(path_of(at, "pipe"), 0600), 0);
    assert_int_equal(load("file:", path_of(at, "pipe"), &error), IMH_REJECTED);
}

static void a_variable_is_taken_out_of_the_environment(void **state)
{
    struct error error;
    (void)state;
    assert_int_equal(setenv("IMH_TEST_KEY", KEY_BASE64, 1), 0);
    OWN(environment) environment = environment_make();
    for (unsigned i = 0; i < 2; i++) { /* it can be loaded again, say after a rekey */
        OWN(seal_key) key = key_load(STR_OF("env:IMH_TEST_KEY"), environment, &error);
        assert_non_null(key);
        assert_string_equal(getenv("IMH_TEST_KEY"), "");
    }
    assert_int_equal(load("env:", "IMH_TEST_KEY", &error), IMH_MISSING);
    assert_int_equal(setenv("IMH_TEST_KEY", "hunter2", 1), 0);
    assert_int_equal(load("env:", "IMH_TEST_KEY", &error), IMH_REJECTED);
    assert_null(strstr(error.text, "hunter2"));
}

/* systemd's files may have a mode that looks open: an access list narrows it. */
static void a_credential_is_a_file_that_systemd_guards(void **state)
{
    struct error error;
    struct state *at = *state;
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(load("credential:", "key", &error), IMH_MISSING);
    assert_non_null(strstr(error.text, "LoadCredential=key:PATH"));
    write_file(path_of(at, "key"), KEY_BASE64, 0440);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", at->folder, 1), 0);
    assert_int_equal(load("credential:", "key", &error), IMH_OK);
    assert_int_equal(load("credential:", "other", &error), IMH_MISSING);
    assert_int_equal(load("credential:", "../key", &error), IMH_REJECTED);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void a_created_key_is_for_its_owner_alone_and_can_be_loaded(void **state)
{
    struct error error = {.text = ""};
    struct stat status;
    char id[SEAL_KEY_ID_LENGTH + 1];
    const char *path = path_of(*state, "vault.key");
    mode_t before = umask(0);
    OWN(seal_key) key = key_create(path, &error);
    (void)umask(before);
    assert_string_equal(error.text, "");
    (void)snprintf(id, sizeof id, "%.*s", STR_ARGS(seal_key_id(key)));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(status.st_nlink, 1); /* nothing is left of how it came there */
    char source[300];
    (void)snprintf(source, sizeof source, "file:%s", path);
    OWN(environment) environment = environment_make();
    OWN(seal_key) again = key_load(str_from(source), environment, &error);
    assert_true(str_is(seal_key_id(again), id));
}

static void a_key_takes_no_other_files_place(void **state)
{
    struct error error;
    char content[100] = "";
    struct state *at = *state;
    const char *path = path_of(at, "vault.key");
    write_file(path, "precious", 0600);
    assert_null(key_create(path, &error));
    assert_non_null(strstr(error.text, "vault.key: File exists"));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, content, sizeof content), 8);
    assert_string_equal(content, "precious");
    assert_int_equal(close(fd), 0);
    assert_null(key_create("/nowhere/at/all/vault.key", &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

/* Whole or not at all: a disk that is full leaves nothing behind. */
static void a_key_that_cannot_be_written_is_not_there(void **state)
{
    static const struct rlimit few = {10, RLIM_INFINITY};
    static const struct rlimit many = {RLIM_INFINITY, RLIM_INFINITY};
    struct error error;
    struct state *at = *state;
    (void)path_of(at, "vault.key");
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    struct seal_key *key = key_create(path_of(at, "vault.key"), &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &many), 0);
    assert_null(key);
    assert_int_equal(rmdir(at->folder), 0); /* it is empty */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_is_a_file_a_variable_or_a_credential),
        state_test(a_file_is_read_when_only_its_owner_can),
        state_test(a_file_of_another_user_is_refused),
        state_test(what_is_no_key_file_is_refused),
        cmocka_unit_test(a_variable_is_taken_out_of_the_environment),
        state_test(a_credential_is_a_file_that_systemd_guards),
        state_test(a_created_key_is_for_its_owner_alone_and_can_be_loaded),
        state_test(a_key_takes_no_other_files_place),
        state_test(a_key_that_cannot_be_written_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
