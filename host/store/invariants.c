#include "store/invariants.h"

#include "base/text.h"

enum { LINE_BYTES = 1024 };

static const struct invariant rows[] = {
    {"migrations are numbered from 1 without a gap",
     "select 'the last is ' || max(number) || ', there are ' || count(*) from migration"
     " having count(*) <> coalesce(max(number), 0) or min(number) <> 1"},
    {"a secret belongs to an integration of an account and has a name, or is the vault's "
     "own",
     "select account || ' ' || integration || ' ' || name from secret"
     " where not (account <> '' and integration <> '' and name <> '')"
     " and not (account = '' and integration = 'check' and name = '')"
     " and not (account = '' and integration in ('old key', 'ledger') and name <> '')"},
    {"a secret was sealed with the newest key, or with an old one that is kept",
     "select account || ' ' || integration || ' ' || name from secret"
     " where key_id <> '' and key_id not in (select key_id from secret"
     "  where account = '' and integration = 'check')"
     " and key_id not in (select name from secret"
     "  where account = '' and integration = 'old key')"},
    {"a secret has the key it was sealed with, a nonce and a box",
     "select account || ' ' || integration || ' ' || name from secret"
     " where key_id = '' or length(nonce) = 0 or length(box) = 0"},
    {"an audit entry says when, who and what",
     "select 'entry ' || id from audit where at_ms <= 0 or actor = '' or action = ''"},
    {"a job has its arguments",
     "select 'job ' || id from job where id not in (select job from job_text)"},
    {"a job is ready when it is the first of its stream, or runs",
     "select 'job ' || id from job where (state = 1) <> (coalesce(ready_at_ms, -2) >= 0)"
     " or (state = 2) <> (coalesce(ready_at_ms, -2) = -1)"},
    {"a job that is done or discarded has left its stream, an open one has not",
     "select 'job ' || id from job where state not between 0 and 6"
     " or (state >= 5 and ended_at_ms is null) or (state <= 2 and ended_at_ms is not "
     "null)"},
    {"an attempt is a start",
     "select 'job ' || id from job where attempts > starts or kills > starts"},
    {"one job of a stream waits for its time or runs",
     "select integration || ' ' || stream from job where ended_at_ms is null"
     " and state in (1, 2) group by integration, stream having count(*) > 1"},
    {"a job behind others has one before it",
     "select 'job ' || id from job where state = 0 and not exists (select 1 from job other"
     " where other.integration = job.integration and other.stream = job.stream"
     " and other.ended_at_ms is null and other.state <> 0)"},
    {"jobs are counted as what they are",
     "select account || ' ' || name from integration"
     " left join job_count on job_count.integration = integration.id left join"
     " (select integration as of, sum(case when state in (0, 1) then 1 else 0 end) as w,"
     "   sum(case when ready_at_ms = 9223372036854775807 then 1 else 0 end) as h,"
     "   sum(case when state = 2 then 1 else 0 end) as r,"
     "   sum(case when state in (3, 4) then 1 else 0 end) as f"
     "   from job where state <= 4 group by integration) as found"
     " on found.of = integration.id"
     " where coalesce(waiting, 0) <> coalesce(w, 0) or coalesce(held, 0) <> coalesce(h, 0)"
     " or coalesce(running, 0) <> coalesce(r, 0) or coalesce(failed, 0) <> coalesce(f, 0)"},
    {"a run of a follow-up that is under way has a job that is open",
     "select 'run ' || id from followup_run where state in (1, 2) and not exists"
     " (select 1 from job where job.id = followup_run.job and job.state in (0, 1, 2))"},
    {"a run of a follow-up that waits or acts has not ended, any other has",
     "select 'run ' || id from followup_run where (state in (1, 2)) <> (ended_ms is null)"},
    {"only runs that may go on look for other events",
     "select 'run ' || run from followup_watch where run not in"
     " (select id from followup_run where state in (1, 2))"},
};

const struct invariants invariants_all = {rows, sizeof rows / sizeof *rows};

static bool check_one(struct db *db, const struct invariant *invariant,
                      void (*found)(void *context, struct str what), void *context,
                      struct error *error)
{
    enum query_step step = QUERY_FAILED;
    struct query *query = db_query(db, invariant->broken, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        struct text line;
        text_init(&line, LINE_BYTES);
        text_print(&line, "%s: not so: ", invariant->name);
        text_add(&line, str_before(query_text(query, 0), LINE_BYTES / 2));
        found(context, text_str(&line));
        text_done(&line);
    }
    query_end(query);
    return step == QUERY_DONE || error_wrap(error, "%s", invariant->name);
}

bool invariants_check(struct db *db, const struct invariants *invariants,
                      void (*found)(void *context, struct str what), void *context,
                      struct error *error)
{
    for (unsigned i = 0; i < invariants->count; i++) {
        if (!check_one(db, &invariants->items[i], found, context, error)) {
            return false;
        }
    }
    return true;
}
