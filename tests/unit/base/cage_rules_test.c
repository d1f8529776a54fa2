#include "base/cage_rules.h"

#include <string.h>

#include <seccomp.h>

#include "base/str.h"
#include "in_child.h"

static const uint32_t machines[] = {SCMP_ARCH_X86_64, SCMP_ARCH_AARCH64};

static int number_on(uint32_t machine, struct str name)
{
    char copy[64] = "";
    assert_true(name.len < sizeof copy);
    memcpy(copy, name.ptr, name.len);
    return seccomp_syscall_resolve_name_arch(machine, copy);
}

/* A name that nobody knows would be passed over without a word. */
static void names_are_known(const char *calls)
{
    struct str rest = str_from(calls);
    struct str name;
    while (str_word(&rest, &name)) {
        for (size_t i = 0; i < COUNT(machines); i++) {
            if (number_on(machines[i], name) == __NR_SCMP_ERROR) {
                fail_msg("there is no '%.*s'", STR_ARGS(name));
            }
        }
    }
}

static bool names(const char *calls, struct str wanted)
{
    struct str rest = str_from(calls);
    struct str name;
    while (str_word(&rest, &name)) {
        if (str_eq(name, wanted)) {
            return true;
        }
    }
    return false;
}

static bool rules_name(const struct cage_rules *rules, struct str wanted)
{
    for (size_t i = 0; i < CAGE_TABLES_MOST; i++) {
        for (uint32_t row = 0; row < rules->tables[i].count; row++) {
            if (names(rules->tables[i].rows[row].calls, wanted)) {
                return true;
            }
        }
    }
    return false;
}

static void rules_are_known(const struct cage_rules *rules)
{
    for (size_t i = 0; i < CAGE_TABLES_MOST; i++) {
        for (uint32_t row = 0; row < rules->tables[i].count; row++) {
            names_are_known(rules->tables[i].rows[row].calls);
        }
    }
    names_are_known(rules->absent);
}

static void every_call_has_a_name_that_is_known(void **state)
{
    (void)state;
    rules_are_known(&cage_rules_worker);
    rules_are_known(&cage_rules_loaded);
    rules_are_known(&cage_rules_net);
}

static void what_is_absent_is_not_allowed_too(void **state)
{
    const struct cage_rules *const all[] = {&cage_rules_worker, &cage_rules_net};
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct str rest = str_from(all[i]->absent);
        struct str name;
        while (str_word(&rest, &name)) {
            assert_false(rules_name(all[i], name));
        }
    }
}

/* What the other machine calls by another name has that name in the table as well. */
static void both_machines_have_what_a_program_cannot_do_without(void **state)
{
    static const char needed[] = "read write close openat newfstatat mmap mprotect munmap "
                                 "brk clone futex exit exit_group ppoll eventfd2 pipe2 "
                                 "sendmsg recvmsg rt_sigaction rt_sigprocmask rt_sigreturn "
                                 "tgkill getrandom clock_gettime clock_nanosleep rseq "
                                 "set_robust_list fcntl dup3 pselect6";
    struct str rest = str_from(needed);
    struct str name;
    (void)state;
    while (str_word(&rest, &name)) {
        assert_true(rules_name(&cage_rules_worker, name));
        assert_true(rules_name(&cage_rules_net, name));
        for (size_t i = 0; i < COUNT(machines); i++) {
            assert_true(number_on(machines[i], name) >= 0);
        }
    }
}

/* The outrageous, by name: what no table may ever have. */
static void nobody_may_do_what_breaks_out(void **state)
{
    static const char never[] =
        "execve execveat fork vfork clone3 ptrace process_vm_readv process_vm_writev "
        "pidfd_getfd pidfd_open pidfd_send_signal io_uring_setup io_uring_enter bpf keyctl "
        "add_key request_key mount umount2 pivot_root chroot unshare setns perf_event_open "
        "userfaultfd memfd_create init_module finit_module kexec_load open_by_handle_at "
        "personality setuid setgid setresuid setgroups capset setrlimit tkill "
        "rt_sigqueueinfo rt_tgsigqueueinfo timer_create timerfd_create setitimer alarm "
        "shmget semget msgget mknod mknodat unlink unlinkat rename renameat2 chmod fchmod "
        "fchmodat chown fchown truncate ftruncate creat open link symlink mkdir rmdir "
        "setxattr utimensat sched_setaffinity sched_setscheduler setpriority syslog "
        "swapon reboot quotactl acct inotify_init1 fanotify_init kcmp remap_file_pages "
        "pkey_mprotect process_madvise listen accept accept4 wait4 waitid";
    struct str rest = str_from(never);
    struct str name;
    (void)state;
    names_are_known(never);
    while (str_word(&rest, &name)) {
        if (rules_name(&cage_rules_worker, name) || rules_name(&cage_rules_net, name)) {
            fail_msg("'%.*s' is allowed", STR_ARGS(name));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_has_a_name_that_is_known),
        cmocka_unit_test(what_is_absent_is_not_allowed_too),
        cmocka_unit_test(both_machines_have_what_a_program_cannot_do_without),
        cmocka_unit_test(nobody_may_do_what_breaks_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
