#include "followup/followup_note.h"

const char *note_name(enum note_kind what)
{
    static const char *const names[NOTE_KINDS] = {
        [NOTE_IF] = "if",           [NOTE_RECHECK] = "recheck", [NOTE_WAIT] = "wait",
        [NOTE_RESTART] = "restart", [NOTE_LIMIT] = "limit",     [NOTE_ACTION] = "action",
    };
    return what > 0 && what < NOTE_KINDS ? names[what] : "unknown";
}

/* The newest one of the run said the same. */
static bool count_again(struct db *db, const struct run_note *note, bool *counted,
                        struct error *error)
{
    static const char sql[] =
        "update followup_note set times = times + 1, at_ms = $1 where step = $2"
        " and what = $3 and yes = $4 and other = $5 and words = $6"
        " and id = (select max(id) from followup_note where run = $7)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, note->at_ms);
    query_put_int(query, note->step);
    query_put_int(query, note->what);
    query_put_int(query, note->yes);
    query_put_int(query, note->other);
    query_put_text(query, note->words);
    query_put_int(query, note->run);
    if (!query_run(query, error)) {
        return false;
    }
    *counted = db_changes(db) > 0;
    return true;
}

static bool insert(struct db *db, const struct run_note *note, struct error *error)
{
    static const char sql[] =
        "insert into followup_note (run, at_ms, step, what, yes, times, other, words)"
        " select $1, $2, $3, $4, $5, 1, $6, $7"
        " where (select count(*) from followup_note where run = $1) < $8";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, note->run);
    query_put_int(query, note->at_ms);
    query_put_int(query, note->step);
    query_put_int(query, note->what);
    query_put_int(query, note->yes);
    query_put_int(query, note->other);
    query_put_text(query, note->words);
    query_put_int(query, NOTES_MOST);
    return query_run(query, error);
}

bool note_add(struct db *db, const struct run_note *note, struct error *error)
{
    bool counted = false;
    return count_again(db, note, &counted, error) && (counted || insert(db, note, error));
}

bool note_each(struct db *db, int64_t run,
               void (*each)(void *self, const struct run_note *note), void *self,
               struct error *error)
{
    static const char sql[] = "select at_ms, step, what, yes, times, other, words"
                              " from followup_note where run = $1 order by id";
    OWN(query) query = db_query(db, sql, error);
    enum query_step step = QUERY_FAILED;
    query_put_int(query, run);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct run_note note = {.run = run,
                                      .at_ms = query_int(query, 0),
                                      .step = (uint32_t)query_int(query, 1),
                                      .what = (enum note_kind)query_int(query, 2),
                                      .yes = query_int(query, 3) != 0,
                                      .times = (uint32_t)query_int(query, 4),
                                      .other = query_int(query, 5),
                                      .words = query_text(query, 6)};
        each(self, &note);
    }
    return step == QUERY_DONE;
}
