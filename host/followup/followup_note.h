/* followup_note - what was found out and done in a run, when it was: `imh followup why`
 * tells nothing else, as what is so today says nothing of then.
 *
 * Kept as long as the run. Functions run inside a transaction of the caller. Thread: store.
 */
#ifndef HOST_FOLLOWUP_FOLLOWUP_NOTE_H
#define HOST_FOLLOWUP_FOLLOWUP_NOTE_H

#include "followup/followup.h"
#include "store/db.h"

enum { NOTES_MOST = 100 /* of a run */ };

/* Stored by their numbers: those never change. */
enum note_kind {
    NOTE_IF = 1,      /* `yes`; words: the values */
    NOTE_RECHECK = 2, /* the same */
    NOTE_WAIT = 3,    /* other: until then, in milliseconds */
    NOTE_RESTART = 4, /* other: the event that began the wait anew */
    NOTE_LIMIT = 5,   /* `yes`: may go on; other: how many there were; words: whom */
    NOTE_ACTION = 6,  /* other: its job */
    NOTE_KINDS
};

struct run_note {
    int64_t run, at_ms;
    uint32_t step;
    enum note_kind what;
    bool yes;
    uint32_t times; /* in a row; at_ms is the last one */
    int64_t other;
    struct str words; /* JSON, or empty */
};

/* "if", "recheck", ... */
const char *note_name(enum note_kind what);

/* The same once more only counts; beyond the most nothing is noted. */
bool note_add(struct db *db, const struct run_note *note, struct error *error);

/* Oldest first; what is passed is lent for the call. */
bool note_each(struct db *db, int64_t run,
               void (*each)(void *self, const struct run_note *note), void *self,
               struct error *error);

#endif
