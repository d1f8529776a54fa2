/* store - the thread that owns the database.
 *
 * It takes what is in its inbox, runs all of it in one transaction, commits once, synced,
 * and only then answers everybody: durable and fast at the same time. Each work runs in a
 * savepoint of its own, so one that fails does not spoil the others.
 *
 * When the commit finds no room on the disk, all works of it fail with IMH_RETRY and
 * nothing of them is there; the store goes on by itself when there is room again. When a
 * sync fails, nobody knows what is on the disk: all works of that commit fail with
 * IMH_UNKNOWN, and the store is suspect: it refuses everything (IMH_CANCELED: not tried),
 * and does not try the sync again. The process has to end; the next start finds out what is
 * there.
 *
 * Thread: store_put and store_put_chain any; the rest whoever opened it.
 */
#ifndef HOST_STORE_STORE_H
#define HOST_STORE_STORE_H

#include "base/clock.h"
#include "base/error.h"
#include "base/histogram.h"
#include "base/inbox.h"
#include "base/log.h"
#include "store/db.h"

struct store;

struct store_settings {
    const char *folder; /* the state directory */
    const char *place;  /* "sqlite:imh.db", relative to the folder */
    int64_t wait_ms;    /* for another process that has the folder */
    uint32_t log_pages; /* of 4 KiB: when db_settle() is due; 0: some thousand */
    const struct clock *clock;
    const struct log *log; /* NULL: says nothing */
};

/* What it did since it was opened. */
struct store_figures {
    uint64_t works;           /* answered */
    struct histogram commits; /* from their beginning to the disk */
    uint64_t failed;          /* transactions that are not */
    enum db_state state;
    int64_t file_bytes, log_bytes;
};

/* Something to do with the database; first member of a struct that says what. Between
 * store_put() and the answer it belongs to the store. */
struct store_work {
    struct inbox_item item; /* first */
    /* Thread: store. Reads and writes; may not begin or end transactions. What it leaves in
     * its struct counts only when `done` says that the commit went well. */
    bool (*run)(struct store_work *work, struct db *db, struct error *error);
    struct inbox *answer_to;
    bool done;
    struct error error; /* when not done */
};

/* The database of the settings, without a thread; the folder has to be claimed. */
struct db *store_open_database(const struct store_settings *settings, enum db_how how,
                               struct error *error);

/* Takes the folder, opens or makes the database, migrates it, starts the thread. Lent: the
 * settings' clock and log. Errors: those of db.h and folder.h. */
struct store *store_open(const struct store_settings *settings, struct error *error);
/* Has the disk failed? Then nothing is done any more until it is opened anew. Thread: any.
 */
bool store_has_failed(const struct store *store);

/* See folder_is_in_place(). */
bool store_is_in_place(const struct store *store, const char *folder);

/* The disk that the database is on. */
struct store_disk {
    int64_t size_bytes, free_bytes; /* free for us, who may not be root */
};

/* false: it says nothing. */
bool store_disk(const struct store *store, struct store_disk *disk);

/* Only in a work's run(): the figures are the thread's own. */
struct store_figures store_figures(const struct store *store);

void store_close(struct store *store); /* after everything in the inbox; NULL is fine */

/* Comes back through `answer_to` after the commit. */
void store_put(struct store *store, struct store_work *work);

/* For several that belong into one commit: the chain is put by store_put_chain(). */
void store_chain_add(struct inbox_chain *chain, struct store_work *work);
void store_put_chain(struct store *store, struct inbox_chain *chain);

/* Puts it and waits: for commands. */
bool store_do(struct store *store, struct store_work *work, struct error *error);

#endif
