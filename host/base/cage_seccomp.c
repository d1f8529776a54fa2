#include "base/cage_seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/str.h"

enum { NAME_BYTES = 32, OPTIMIZE_AS_TREE = 2 };

bool cage_seccomp_is_possible(struct error *error)
{
    uint32_t action = SECCOMP_RET_ERRNO;
    if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
        return true;
    }
    return error_set(error, IMH_BROKEN,
                     "plugins cannot be caged on this kernel, so none is run: it has no "
                     "system call filter (CONFIG_SECCOMP_FILTER): %s",
                     strerror(errno));
}

/* The number of a call; below zero when this machine has none of that name. */
static int number_of(struct str name)
{
    char copy[NAME_BYTES] = "";
    if (name.len < sizeof copy) {
        memcpy(copy, name.ptr, name.len);
    }
    return seccomp_syscall_resolve_name(copy);
}

/* 0, or what went wrong, as errno says it. */
static int add_call(scmp_filter_ctx filter, uint32_t action, int number,
                    const struct cage_rule *rule)
{
    struct scmp_arg_cmp tests[CAGE_TESTS_MOST + 1];
    unsigned count = 0;
    for (size_t i = 0; i < CAGE_TESTS_MOST; i++) {
        const struct cage_test *test = &rule->tests[i];
        if (test->mask != 0) {
            tests[count++] = (struct scmp_arg_cmp){.arg = test->argument,
                                                   .op = SCMP_CMP_MASKED_EQ,
                                                   .datum_a = test->mask,
                                                   .datum_b = test->value};
        }
    }
    if (rule->own) {
        tests[count++] = (struct scmp_arg_cmp){
            .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (uint64_t)getpid()};
    }
    return -seccomp_rule_add_array(filter, action, number, count, tests);
}

static int add_calls(scmp_filter_ctx filter, uint32_t action, const struct cage_rule *rule)
{
    struct str rest = str_from(rule->calls);
    struct str name;
    int failed = 0;
    while (!failed && str_word(&rest, &name)) {
        int number = number_of(name);
        failed = number < 0 ? 0 : add_call(filter, action, number, rule);
    }
    return failed;
}

static int add_table(scmp_filter_ctx filter, uint32_t action,
                     const struct cage_table *table)
{
    int failed = 0;
    for (uint32_t i = 0; !failed && i < table->count; i++) {
        failed = add_calls(filter, action, &table->rows[i]);
    }
    return failed;
}

static int fill(scmp_filter_ctx filter, const struct cage_rules *rules)
{
    uint32_t action = rules->others_allowed ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW;
    const struct cage_rule absent = {.calls = rules->absent};
    int failed = 0;
    for (size_t i = 0; !failed && i < CAGE_TABLES_MOST; i++) {
        failed = add_table(filter, action, &rules->tables[i]);
    }
    return failed ? failed : add_calls(filter, SCMP_ACT_ERRNO(ENOSYS), &absent);
}

/* In all threads; our own right to do so, no new privileges, is there already. */
static int load(scmp_filter_ctx filter)
{
    static const struct {
        enum scmp_filter_attr attribute;
        uint32_t value;
    } settings[] = {{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
                    {SCMP_FLTATR_CTL_NNP, 0},
                    {SCMP_FLTATR_CTL_TSYNC, 1},
                    {SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_AS_TREE},
                    {SCMP_FLTATR_API_SYSRAWRC, 1}};
    int failed = 0;
    for (size_t i = 0; !failed && i < sizeof settings / sizeof *settings; i++) {
        failed = seccomp_attr_set(filter, settings[i].attribute, settings[i].value);
    }
    return -(failed ? failed : seccomp_load(filter));
}

bool cage_seccomp_enter(const struct cage_rules *rules, struct error *error)
{
    scmp_filter_ctx filter =
        seccomp_init(rules->others_allowed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
    int failed = filter ? fill(filter, rules) : ENOMEM;
    failed = failed ? failed : load(filter);
    if (filter) {
        seccomp_release(filter);
    }
    return !failed ||
           error_set(error, IMH_BROKEN, "%s cannot be kept from system calls (seccomp): %s",
                     rules->program, strerror(failed));
}
