#include "base/cage_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct landlock_ruleset_attr as the newest kernel we know has it. */
struct ruleset {
    uint64_t files, ports, scoped;
};

/* What each version can keep from us, and how much of the struct it reads. */
static const struct {
    int version;
    size_t bytes;
    struct ruleset all;
} versions[] = {
    {6, 24, {0xffff, 3, 3}}, /* abstract sockets, signals */
    {5, 16, {0xffff, 3, 0}}, /* control of devices */
    {4, 16, {0x7fff, 3, 0}}, /* TCP: bind, connect */
    {3, 8, {0x7fff, 0, 0}},  /* truncation */
    {2, 8, {0x3fff, 0, 0}},  /* moving between folders */
    {1, 8, {0x1fff, 0, 0}},
};

int cage_landlock_version(void)
{
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

static int make_ruleset(int version, bool internet)
{
    size_t i = 0;
    while (versions[i].version > version) {
        i++;
    }
    struct ruleset rules = versions[i].all;
    rules.ports = internet ? 0 : rules.ports;
    return (int)syscall(SYS_landlock_create_ruleset, &rules, versions[i].bytes, 0);
}

static bool allow(int ruleset, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return true; /* what is not there needs no rule, and what is closed gets none */
    }
    const struct landlock_path_beneath_attr rule = {
        .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE, .parent_fd = fd};
    long failed =
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    (void)close(fd);
    return failed == 0;
}

bool cage_landlock_enter(const char *const *readable, bool internet, struct error *error)
{
    int version = cage_landlock_version();
    if (version == 0) {
        return true;
    }
    int ruleset = make_ruleset(version, internet);
    bool good = ruleset >= 0;
    for (size_t i = 0; good && readable[i]; i++) {
        good = allow(ruleset, readable[i]);
    }
    good = good && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    int failed = errno;
    if (ruleset >= 0) {
        (void)close(ruleset);
    }
    return good || error_set(error, IMH_BROKEN, "cannot close files (Landlock): %s",
                             strerror(failed));
}
