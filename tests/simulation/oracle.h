/* oracle - what clients, the remote and people know of each job, kept outside of the host,
 * and whether what the host has done agrees with it.
 *
 * A breach ends the program with a sentence that begins with the invariant's name:
 *
 *   I1 what was acknowledged is there, and in the end done or decided by people
 *   I2 what is done stays done, and was done by the remote with its last arguments
 *   I3 jobs of a stream start in their order, one at a time; a failed one may hold it
 *   I4 one key, one job
 *   I5 a job is its integration's
 *   I6 attempts are counted before they start, and are no more than the ladder has
 *   I7 a stream does not stand still, and the store's own invariants hold
 *   I8 what runs is known to run
 *   I9 what may not be repeated is not, unless people say so
 *   I10 nothing starts that is held, or before its time
 */
#ifndef TESTS_SIMULATION_ORACLE_H
#define TESTS_SIMULATION_ORACLE_H

#include "medium.h"
#include "queue/queue.h"

/* What a job writes: a record has fields, each with a value of its own; other jobs, and
 * removals, have one value for all. Values grow with time; 0 is none. */
enum { ORACLE_FIELDS = 2, ORACLE_REMOVAL = ORACLE_FIELDS };
struct values {
    int64_t of[ORACLE_FIELDS];
};

struct known {
    int key; /* the record it writes; -1 for none */
    bool acknowledged;
    bool decided; /* people discarded it, or might have */
    int64_t integration;
    int64_t value;      /* the newest acknowledged */
    uint32_t starts;    /* calls that began, each with a number of its own */
    uint32_t tries;     /* that count, since people retried it */
    uint32_t kills;     /* workers, since people retried it */
    uint32_t unsure;    /* of these, perhaps given back */
    uint32_t done;      /* by the remote, since people retried it */
    int64_t done_value; /* with these arguments, last */
    int64_t not_before_mono_ms;
    enum job_state last; /* as it was seen last */
    bool runs;
    uint32_t version; /* as it was seen last */
};

struct oracle {
    const char *title; /* of the run, for breaches */
    bool tells;        /* each change, to find out why */
    struct policy (*policy)(void *self, const struct job *job);
    void *self; /* of policy */
    struct known jobs[MODEL_JOBS_MOST + 1];
    /* By merge key: of each field, and when it was removed; or written, which undoes that.
     */
    int64_t newest_value[64][ORACLE_FIELDS + 1]; /* acknowledged */
    int64_t done_value[64][ORACLE_FIELDS + 1];   /* by the remote */
    bool key_decided[64][ORACLE_FIELDS + 1];     /* people discarded one of it */
    struct arena arena;                          /* of the dump */
    struct job dump[MODEL_JOBS_MOST];
    unsigned count;
};

__attribute__((format(printf, 2, 3), noreturn)) void
oracle_breach(const struct oracle *oracle, const char *format, ...);

/* "k12" of a record is 12; -1 for none. */
int oracle_key(const struct job *job);

/* The client was told. `mono_ms`: before that it may not start. */
void oracle_acknowledge(struct oracle *oracle, const struct queue_added *added,
                        const struct job *job, struct values values, int64_t mono_ms);

/* It may have been kept, and its client was not told: a removal leaves open what of the
 * record is to be written. */
void oracle_doubt(struct oracle *oracle, const struct job *job);

/* The host committed that the call runs, and is about to make it. */
void oracle_start(struct oracle *oracle, struct medium *medium,
                  const struct queue_call *call, int64_t mono_ms);

/* The remote does it. */
void oracle_do(struct oracle *oracle, const struct job *job, struct values values);

/* Its arguments: {"f0":1,"f1":2}, or a number that is all of it; and back. */
enum { ORACLE_ARGS_BYTES = 64 };
void oracle_write(const struct job *job, struct values values,
                  char args[ORACLE_ARGS_BYTES]);
struct values oracle_values(struct str args);

/* People decided, or might have. */
void oracle_decide(struct oracle *oracle, int64_t id, bool discarded);

/* Reads everything that is kept. */
void oracle_read(struct oracle *oracle, struct medium *medium);

/* Reads everything that is kept and looks whether it can be so. */
void oracle_look(struct oracle *oracle, struct medium *medium);

/* After a crash: what runs is gone, and how often it began is what the store says. */
void oracle_crash(struct oracle *oracle, struct medium *medium);

/* Nothing is left to do. */
void oracle_end(const struct oracle *oracle);

#endif
