/* without CALLS COMMAND [ARGUMENTS] - runs a command on a kernel that does not have the
 * system calls, names separated by commas: "landlock_create_ruleset".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <seccomp.h>

/* 0, or what went wrong, as errno says it. */
static int leave_out(scmp_filter_ctx filter, char *names)
{
    int failed = 0;
    for (char *name; !failed && (name = strsep(&names, ",")) != NULL;) {
        failed = -seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                   seccomp_syscall_resolve_name(name), 0);
    }
    return failed;
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter = argc > 2 ? seccomp_init(SCMP_ACT_ALLOW) : NULL;
    int failed = filter ? leave_out(filter, argv[1]) : EINVAL;
    failed = failed ? failed : -seccomp_load(filter);
    if (!failed) {
        (void)execv(argv[2], argv + 2);
        failed = errno;
    }
    (void)fprintf(stderr, "without: %s\n", strerror(failed));
    return 99;
}
