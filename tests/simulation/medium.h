/* medium - what the simulated host keeps its jobs in: the model or SQLite, made to fail.
 *
 * A failure is that of one call of the book, or of the commit; a crash comes at one of
 * them, and then nothing more happens until medium_restart(). A commit that fails may have
 * kept everything all the same: nobody is told.
 */
#ifndef TESTS_SIMULATION_MEDIUM_H
#define TESTS_SIMULATION_MEDIUM_H

#include "model.h"
#include "store/db.h"

enum medium_kind { MEDIUM_MODEL, MEDIUM_SQLITE };

enum { MEDIUM_INTEGRATIONS = 4 }; /* numbered from 1 */

enum medium_fault { FAULT_NONE, FAULT_ERROR, FAULT_CRASH };

struct medium {
    enum medium_kind kind;
    struct model model;
    struct book inner; /* the model's or the database's */
    struct book book;  /* the same, made to fail */
    char folder[64];
    struct db *db;
    enum medium_fault fault;
    unsigned calls_left; /* until it happens; commits count */
    bool phantom;        /* when it is a commit that fails: it is kept */
    bool crashed;
};

void medium_open(struct medium *medium, enum medium_kind kind);
void medium_close(struct medium *medium);

/* The fault comes after so many calls that went well, once. */
void medium_break(struct medium *medium, enum medium_fault fault, unsigned calls,
                  bool phantom);
void medium_heal(struct medium *medium);

bool medium_begin(struct medium *medium);
bool medium_commit(struct medium *medium);
void medium_rollback(struct medium *medium);

/* After a crash: what was committed is there, and nothing else. */
void medium_restart(struct medium *medium);

/* Every job, of what is committed or about to be; at most MODEL_JOBS_MOST. */
unsigned medium_dump(struct medium *medium, struct arena *arena, struct job *jobs);
/* The store's own invariants; ends the program when one is broken. */
void medium_check(struct medium *medium);

bool medium_is_held(struct medium *medium, int64_t integration, struct str part);

#endif
