#include "base/cage_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <seccomp.h>

#include "in_child.h"

/* A folder with "inside/file" and "outside". */
static char folder[] = "/tmp/imh-landlock-XXXXXX";
static char inside[64], file[64], outside[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    (void)snprintf(inside, sizeof inside, "%s/inside", folder);
    (void)snprintf(file, sizeof file, "%s/inside/file", folder);
    (void)snprintf(outside, sizeof outside, "%s/outside", folder);
    int one = mkdir(inside, 0700) == 0 ? open(file, O_CREAT | O_WRONLY, 0600) : -1;
    int two = open(outside, O_CREAT | O_WRONLY, 0600);
    return one >= 0 && two >= 0 && close(one) == 0 && close(two) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return unlink(file) | unlink(outside) | rmdir(inside) | rmdir(folder);
}

static bool enter(const char *path, bool internet)
{
    struct error error;
    const char *const readable[] = {"/nowhere/at/all", path, NULL};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           cage_landlock_enter(readable, internet, &error);
}

/* 0 when it can be opened, else why not. */
static int opening(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd < 0 ? errno : close(fd);
}

static int look_around(void)
{
    char made[80];
    (void)snprintf(made, sizeof made, "%s/made", inside);
    const bool facts[] = {
        enter(inside, false),
        opening(file, O_RDONLY) == 0,
        opening(outside, O_RDONLY) == EACCES,
        opening("/etc/passwd", O_RDONLY) == EACCES,
        opening(file, O_WRONLY) == EACCES,
        opening(file, O_RDONLY | O_TRUNC) == EACCES,
        opening(made, O_RDWR | O_CREAT) == EACCES,
        opening(inside, O_RDONLY | O_DIRECTORY) == EACCES,
        unlink(file) != 0 && errno == EACCES,
        rename(file, made) != 0 && errno == EACCES,
        mkdir(made, 0700) != 0 && errno == EACCES,
    };
    return first_wrong(facts, COUNT(facts));
}

static void only_what_is_on_the_list_can_be_read(void **state)
{
    (void)state;
    holds_in_a_child(look_around);
}

static int look_at_one_file(void)
{
    const bool facts[] = {
        enter(file, false),
        opening(file, O_RDONLY) == 0,
        opening(outside, O_RDONLY) == EACCES,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_single_file_can_be_on_the_list(void **state)
{
    (void)state;
    holds_in_a_child(look_at_one_file);
}

/* 0 or why not; nobody listens at port 1, so an open way ends with ECONNREFUSED. */
static int connecting(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    (void)close(fd);
    return failed;
}

static int connect_closed(void)
{
    int wanted = cage_landlock_version() >= 4 ? EACCES : ECONNREFUSED;
    const bool facts[] = {enter(inside, false), connecting() == wanted};
    return first_wrong(facts, COUNT(facts));
}

static int connect_open(void)
{
    const bool facts[] = {enter(inside, true), connecting() == ECONNREFUSED};
    return first_wrong(facts, COUNT(facts));
}

static void ports_are_closed_unless_it_is_for_the_internet(void **state)
{
    (void)state;
    holds_in_a_child(connect_closed);
    holds_in_a_child(connect_open);
}

/* As on a kernel without it. */
static bool pretend_there_is_none(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool good = filter &&
                seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                 SCMP_SYS(landlock_create_ruleset), 0) == 0 &&
                seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

static int enter_without(void)
{
    const bool facts[] = {
        pretend_there_is_none(),
        cage_landlock_version() == 0,
        enter(inside, false),
        opening(outside, O_RDONLY) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void a_kernel_without_it_is_no_error(void **state)
{
    (void)state;
    assert_true(cage_landlock_version() > 0); /* else these tests show nothing */
    holds_in_a_child(enter_without);
}

static int enter_without_no_new_privileges(void)
{
    struct error error = {.status = IMH_OK};
    const char *const readable[] = {inside, NULL};
    bool common = geteuid() != 0 || setuid(65534) == 0; /* root may without */
    bool entered = cage_landlock_enter(readable, false, &error);
    const bool facts[] = {
        common,
        !entered,
        error.status == IMH_BROKEN,
        strncmp(error.text, "cannot close files (Landlock): ", 31) == 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void what_cannot_be_closed_is_an_error(void **state)
{
    (void)state;
    holds_in_a_child(enter_without_no_new_privileges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_on_the_list_can_be_read),
        cmocka_unit_test(a_single_file_can_be_on_the_list),
        cmocka_unit_test(ports_are_closed_unless_it_is_for_the_internet),
        cmocka_unit_test(a_kernel_without_it_is_no_error),
        cmocka_unit_test(what_cannot_be_closed_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
