/* Deadly to the worker: crashes, endless work, bombs. */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rogue.h"

static int wait_for_ever(void)
{
    rogue_wait();
}

static int loop_for_ever(void)
{
    rogue_loop();
}

/* By itself, past the services of the host. */
static int write_lines(unsigned count)
{
    int failed = 0;
    for (unsigned i = 0; i < count && !failed; i++) {
        char line[40];
        int length = snprintf(line, sizeof line, "line %u\n", i);
        failed = rogue_errno(write(STDERR_FILENO, line, (size_t)length));
    }
    return failed;
}

static int write_much(void)
{
    return write_lines(20000);
}

static int write_for_ever(void)
{
    return write_lines(UINT_MAX);
}

static int write_no_lines(void)
{
    char bytes[5000];
    (void)memset(bytes, 'x', sizeof bytes);
    return rogue_errno(write(STDOUT_FILENO, bytes, sizeof bytes));
}

static int use_foreign_memory(void)
{
    static char *volatile nowhere;
    nowhere[8] = 1;
    return 0;
}

static int give_up(void)
{
    abort();
}

static int leave(void)
{
    exit(0);
}

static int leave_at_once(void)
{
    _exit(3);
}

static int end_itself(void)
{
    return rogue_errno(kill(getpid(), SIGKILL));
}

static int stop_itself(void)
{
    return rogue_errno(kill(getpid(), SIGSTOP));
}

static int trap(void)
{
    __builtin_trap();
}

/* The compiler must not see that this never ends. */
static unsigned deeper(volatile unsigned *depth)
{
    volatile char room[4096];
    memset((char *)room, (int)*depth, sizeof room);
    *depth += 1;
    return *depth == 0 ? 0 : deeper(depth) + (unsigned char)room[0];
}

static int overflow_stack(void)
{
    volatile unsigned depth = 1;
    return (int)deeper(&depth);
}

/* Then the answer gets no memory, and the worker ends. */
static int take_all_memory(void)
{
    for (size_t bytes = 16 << 20; bytes >= 16; bytes /= 2) {
        for (char *piece; (piece = malloc(bytes)) != NULL;) {
            memset(piece, 1, bytes);
        }
    }
    return ENOMEM;
}

/* 100 GB, for builds without a limit of memory: the kernel promises, and takes nothing. */
static int ask_for_too_much(void)
{
    static char *volatile piece;
    piece = malloc((size_t)100 << 30);
    return piece ? 0 : ENOMEM;
}

static int leak_descriptors(void)
{
    while (dup(0) >= 0) {
    }
    return errno;
}

static int bomb_forks(void)
{
    for (unsigned i = 0; i < 100000; i++) {
        pid_t pid = fork();
        if (pid >= 0) {
            return 0;
        }
    }
    return errno;
}

static void *sleep_in_thread(void *self)
{
    (void)self;
    rogue_wait();
}

static void *loop_in_thread(void *self)
{
    (void)self;
    rogue_loop();
}

static void start_threads(void *(*body)(void *), unsigned most)
{
    pthread_attr_t attributes;
    pthread_t thread;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, 16384);
    for (unsigned i = 0; i < most; i++) {
        (void)pthread_create(&thread, &attributes, body, NULL);
    }
    (void)pthread_attr_destroy(&attributes);
}

static int bomb_threads(void)
{
    start_threads(sleep_in_thread, 20000);
    rogue_wait();
}

static int loop_in_threads(void)
{
    start_threads(loop_in_thread, 50);
    rogue_loop();
}

static int ignore_signals(void)
{
    sigset_t all;
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    rogue_wait();
}

static const struct rogue_act acts[] = {
    {"use-foreign-memory", use_foreign_memory, false},
    {"give-up", give_up, false},
    {"write-much", write_much, false},
    {"write-for-ever", write_for_ever, false},
    {"write-no-lines", write_no_lines, false},
    {"leave", leave, false},
    {"leave-at-once", leave_at_once, false},
    {"end-itself", end_itself, false},
    {"stop-itself", stop_itself, false},
    {"trap", trap, false},
    {"overflow-stack", overflow_stack, false},
    {"take-all-memory", take_all_memory, false},
    {"ask-for-too-much", ask_for_too_much, false},
    {"leak-descriptors", leak_descriptors, false},
    {"bomb-forks", bomb_forks, false},
    {"bomb-threads", bomb_threads, false},
    {"loop-for-ever", loop_for_ever, false},
    {"loop-in-threads", loop_in_threads, false},
    {"wait-for-ever", wait_for_ever, false},
    {"ignore-signals", ignore_signals, false},
};

const struct rogue_table rogue_deadly = {acts, sizeof acts / sizeof *acts};
