#include "base/user.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "in_child.h"

/* Every Debian has this one, and nothing runs as it. */
static const char other[] = "nobody";

static bool is_root(void)
{
    return geteuid() == 0;
}

static struct user find(const char *name)
{
    struct user user;
    struct error error;
    if (!user_find(name, &user, &error)) {
        fail_msg("%s", error.text);
    }
    return user;
}

static void a_user_is_found_by_name(void **state)
{
    const struct user user = find("root");
    (void)state;
    assert_string_equal(user.name, "root");
    assert_int_equal(user.id, 0);
    assert_int_equal(user.group, 0);
}

static void one_who_is_not_there_is_an_error(void **state)
{
    struct user user = {.name = "untouched"};
    struct error error;
    char longest[200];
    (void)state;
    assert_false(user_find("no-such-user", &user, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, "there is no user 'no-such-user' on this machine");
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_false(user_find(longest, &user, &error));
    assert_false(user_find("", &user, &error));
    assert_string_equal(user.name, "untouched");
}

static int become_another(void)
{
    struct error error;
    gid_t groups[64];
    struct user user = find(other);
    if (!is_root()) {
        bool became = user_become(&user, &error);
        const bool facts[] = {
            !became,
            error.status == IMH_REJECTED,
            strcmp(error.text, "only root can become 'nobody': start imh as root, or as "
                               "'nobody'") == 0,
        };
        return first_wrong(facts, COUNT(facts));
    }
    const bool facts[] = {
        setgroups(1, &(gid_t){4711}) == 0,
        user_become(&user, &error),
        getuid() == user.id && geteuid() == user.id,
        getgid() == user.group && getegid() == user.group,
        getgroups(COUNT(groups), groups) >= 0 && groups[0] != 4711,
        setuid(0) != 0 && seteuid(0) != 0 && setreuid(0, 0) != 0,
        setgid(0) != 0,
        setgroups(1, &(gid_t){0}) != 0,
        user_become(&user, &error), /* again: it is he already */
        chown("/etc/passwd", 0, 0) != 0,
    };
    return first_wrong(facts, COUNT(facts));
}

static void root_becomes_another_and_cannot_come_back(void **state)
{
    (void)state;
    holds_in_a_child(become_another);
}

static int become_ourselves(void)
{
    struct error error;
    const struct user user = {.name = "me", .id = geteuid(), .group = getegid()};
    const bool facts[] = {user_become(&user, &error), geteuid() == user.id};
    return first_wrong(facts, COUNT(facts));
}

static void everybody_is_himself(void **state)
{
    (void)state;
    holds_in_a_child(become_ourselves);
}

/* Root after it gave up the right to change users. */
static int become_without_the_right(void)
{
    struct error error = {.status = IMH_OK};
    struct user user = find(other);
    user.group = (gid_t)-1;
    bool became = user_become(&user, &error);
    const bool facts[] = {!became, error.status == IMH_REJECTED};
    return first_wrong(facts, COUNT(facts));
}

static void what_does_not_work_is_an_error(void **state)
{
    (void)state;
    holds_in_a_child(become_without_the_right);
}

static void a_folder_is_made_for_the_user(void **state)
{
    char top[] = "/tmp/imh-user-XXXXXX";
    char path[64];
    struct stat status;
    struct error error;
    struct user user = find(is_root() ? other : "root");
    (void)state;
    if (!is_root()) {
        user.id = geteuid();
        user.group = getegid();
    }
    assert_non_null(mkdtemp(top));
    (void)snprintf(path, sizeof path, "%s/state", top);
    assert_true(user_make_folder(&user, path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(status.st_uid, user.id);
    assert_int_equal(status.st_gid, user.group);

    user.id = 0; /* what is there already is not given away */
    assert_true(user_make_folder(&user, path, &error));
    assert_int_equal(stat(path, &status), 0);
    assert_true(!is_root() || status.st_uid != 0);

    (void)snprintf(path, sizeof path, "%s/no/state", top);
    assert_false(user_make_folder(&user, path, &error));
    assert_non_null(strstr(error.text, "/no/state: No such file or directory"));
    (void)snprintf(path, sizeof path, "%s/state", top);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(top), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_found_by_name),
        cmocka_unit_test(one_who_is_not_there_is_an_error),
        cmocka_unit_test(root_becomes_another_and_cannot_come_back),
        cmocka_unit_test(everybody_is_himself),
        cmocka_unit_test(what_does_not_work_is_an_error),
        cmocka_unit_test(a_folder_is_made_for_the_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
