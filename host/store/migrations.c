#include "store/migrations.h"

/* Moments are milliseconds since 1970, in UTC; names end in _ms. */
static const struct migration steps[] = {
    {"secrets and audit", "create table secret ("
                          "  account text not null,"
                          "  integration text not null,"
                          "  name text not null,"
                          "  key_id text not null,"
                          "  nonce bytea not null,"
                          "  box bytea not null,"
                          "  updated_at_ms bigint not null,"
                          "  primary key (account, integration, name));"
                          "create table audit ("
                          "  id integer primary key,"
                          "  at_ms bigint not null,"
                          "  actor text not null,"
                          "  action text not null,"
                          "  account text not null,"
                          "  subject text not null);"
                          "create index audit_by_account on audit (account, id)"},
    /* What is looked for is found by an index that holds no more than may be found: jobs
     * that are ready, that are in a stream, that people look at, that have ended. */
    {"queue", "create table queue ("
              "  id integer primary key,"
              "  name text not null);"
              "create table integration ("
              "  id integer primary key,"
              "  account text not null,"
              "  name text not null,"
              "  unique (account, name));"
              "create table hold ("
              "  integration bigint not null references integration (id),"
              "  part text not null,"
              "  since_ms bigint not null,"
              "  reason text not null,"
              "  primary key (integration, part));"
              "create table job ("
              "  id integer primary key,"
              "  integration bigint not null references integration (id),"
              "  kind smallint not null,"
              "  part text not null,"
              "  stream text not null,"
              "  state smallint not null,"
              "  flags integer not null,"
              "  starts integer not null,"
              "  attempts integer not null,"
              "  kills integer not null,"
              "  version integer not null,"
              "  batch_most integer not null,"
              "  created_at_ms bigint not null,"
              "  not_before_ms bigint not null,"
              "  ready_at_ms bigint," /* -1: it runs; null: not its turn, or ended */
              "  ended_at_ms bigint," /* null: it is in its stream */
              "  once_key text,"
              "  merge_key text);"
              "create index job_ready on job (integration, ready_at_ms, id)"
              "  where ready_at_ms is not null;"
              "create index job_stream on job (integration, stream, id)"
              "  where ended_at_ms is null;"
              "create index job_shown on job (integration, id) where state in (3, 4);"
              "create index job_ended on job (kind, state, ended_at_ms)"
              "  where ended_at_ms is not null;"
              "create unique index job_once on job (integration, once_key)"
              "  where once_key is not null;"
              "create index job_merge on job (integration, merge_key, id)"
              "  where merge_key is not null;"
              "create table job_text ("
              "  job integer primary key references job (id),"
              "  args text not null,"
              "  origin text not null,"
              "  result text not null);"
              "create table history ("
              "  id integer primary key,"
              "  job bigint not null references job (id),"
              "  at_ms bigint not null,"
              "  what smallint not null,"
              "  attempt integer not null,"
              "  status integer not null,"
              "  code integer not null,"
              "  times integer not null,"
              "  words text not null);"
              "create index history_by_job on history (job, id)"},
    {"pauses", "create table pause ("
               "  integration integer primary key references integration (id),"
               "  since_ms bigint not null,"
               "  who text not null)"},
    /* A source: how far it was read. Keys of events stay for good, by their digests. */
    {"events", "create table source ("
               "  integration bigint not null references integration (id),"
               "  name text not null,"
               "  learned smallint not null,"
               "  done_ms bigint not null,"
               "  from_ms bigint not null,"
               "  to_ms bigint not null,"
               "  suspects integer not null,"
               "  failures integer not null,"
               "  parked integer not null,"
               "  polls bigint not null,"
               "  good_at_ms bigint not null,"
               "  tried_at_ms bigint not null,"
               "  creeps smallint not null,"
               "  cursor text not null,"
               "  trouble text not null,"
               "  primary key (integration, name));"
               "create table state ("
               "  integration bigint not null references integration (id),"
               "  key text not null,"
               "  value bytea not null,"
               "  primary key (integration, key));"
               "create table event_key ("
               "  integration bigint not null references integration (id),"
               "  digest bytea not null,"
               "  primary key (integration, digest));"
               "create table event ("
               "  id integer primary key,"
               "  integration bigint not null references integration (id),"
               "  type text not null,"
               "  key text not null,"
               "  at_ms bigint not null,"
               "  seen_at_ms bigint not null,"
               "  subject text not null,"
               "  data text not null,"
               "  origin text not null);"
               "create index event_by_integration on event (integration, id);"
               "create index event_by_moment on event (seen_at_ms, id)"},
    /* One run for an event and a follow-up, for good: events are never numbered again. What
     * runs look for is found by fingerprints, what limits count likewise. */
    {"follow-ups", "create table followup_text ("
                   "  id integer primary key,"
                   "  digest bytea not null unique,"
                   "  text text not null);"
                   "create table followup_run ("
                   "  id integer primary key,"
                   "  integration bigint not null references integration (id),"
                   "  place bigint not null references integration (id),"
                   "  name text not null,"
                   "  version bigint not null references followup_text (id),"
                   "  event bigint not null,"
                   "  record text not null,"
                   "  state smallint not null,"
                   "  step integer not null,"
                   "  steps integer not null,"
                   "  asks smallint not null,"
                   "  since_ms bigint not null,"
                   "  job bigint,"
                   "  reason text not null,"
                   "  made_ms bigint not null,"
                   "  ended_ms bigint," /* null: it is not over */
                   "  unique (event, name));"
                   "create index followup_run_by_job on followup_run (job)"
                   "  where job is not null;"
                   "create index followup_run_by_record on followup_run (place, name,"
                   "  record, id);"
                   "create index followup_run_by_state on followup_run (place, name,"
                   "  state);"
                   "create index followup_run_ended on followup_run (ended_ms)"
                   "  where ended_ms is not null;"
                   "create table followup_watch ("
                   "  digest bytea not null,"
                   "  run bigint not null references followup_run (id),"
                   "  restarts smallint not null,"
                   "  primary key (digest, run, restarts));"
                   "create index followup_watch_by_run on followup_watch (run);"
                   "create table followup_watched ("
                   "  account text not null,"
                   "  integration text not null,"
                   "  type text not null,"
                   "  field text not null,"
                   "  primary key (account, integration, type, field));"
                   "create table followup_use ("
                   "  digest bytea not null,"
                   "  run bigint not null,"
                   "  at_ms bigint not null,"
                   "  expires_ms bigint not null,"
                   "  primary key (digest, run));"
                   "create index followup_use_by_end on followup_use (expires_ms)"},
    {"alarms", "create table alarm ("
               "  account text not null,"
               "  integration text not null,"
               "  raised smallint not null,"
               "  since_ms bigint not null,"
               "  told_at_ms bigint not null,"
               "  counts text not null,"
               "  error text not null,"
               "  primary key (account, integration))"},
    /* Moments: of the newest consent with a proof, and of the newest opt-out; 0: never. */
    {"consents", "create table consent ("
                 "  account text not null,"
                 "  contact text not null,"
                 "  channel text not null,"
                 "  list text not null,"
                 "  yes_ms bigint not null,"
                 "  no_ms bigint not null,"
                 "  yes_source text not null,"
                 "  no_source text not null,"
                 "  primary key (account, contact, channel, list))"},
    {"uses of runs", "create index followup_use_by_run on followup_use (run)"},
    /* Why a run went as it did, and why none began: told from what was so then. A key is
     * `learned` when its event was of before the integration was linked; null: not known.
     */
    {"reasons", "create table followup_note ("
                "  id integer primary key,"
                "  run bigint not null references followup_run (id),"
                "  at_ms bigint not null,"
                "  step integer not null,"
                "  what smallint not null,"
                "  yes smallint not null,"
                "  times integer not null,"
                "  other bigint not null,"
                "  words text not null);"
                "create index followup_note_by_run on followup_note (run, id);"
                "create table followup_era ("
                "  id integer primary key,"
                "  place bigint not null references integration (id),"
                "  name text not null,"
                "  at_ms bigint not null,"
                "  state smallint not null,"
                "  version bigint references followup_text (id));"
                "create index followup_era_by_name on followup_era (place, name, id);"
                "alter table event_key add column learned smallint"},
    {"jobs behind others",
     "create index job_behind on job (integration, id) where state = 0"},
    /* The newest event of each fingerprint that would end runs: one that begins later, of
     * something that happened before, has ended. */
    {"events met", "create table followup_met ("
                   "  digest bytea primary key,"
                   "  event bigint not null,"
                   "  at_ms bigint not null);"
                   "create index followup_met_by_moment on followup_met (at_ms)"},
    /* Jobs of an integration by what they do, held ones among the waiting: nobody counts a
     * million of them to say so. */
    {"counts of jobs",
     "create table job_count ("
     "  integration integer primary key references integration (id),"
     "  waiting bigint not null,"
     "  held bigint not null,"
     "  running bigint not null,"
     "  failed bigint not null);"
     "insert into job_count select integration,"
     " sum(case when state in (0, 1) then 1 else 0 end),"
     " sum(case when ready_at_ms = 9223372036854775807 then 1 else 0 end),"
     " sum(case when state = 2 then 1 else 0 end),"
     " sum(case when state in (3, 4) then 1 else 0 end)"
     " from job where state <= 4 group by integration"},
    /* From which event on what has the field is in there; null: nothing yet. */
    {"events met from", "alter table followup_watched add column met_from bigint"},
    /* Actions of follow-ups, by what they are about: kind and flags are those of job.h. */
    {"causes of events", "create index job_of_followup on job (integration, stream, id)"
                         "  where kind = 1 and (flags & 4) <> 0"},
};

const struct migrations migrations_all = {steps, sizeof steps / sizeof *steps};

static const struct migration first = {
    "migration",
    "create table migration ("
    "  number integer primary key,"
    "  name text not null,"
    "  done_at_ms bigint not null)",
};

bool migrations_number(struct db *db, int64_t *number, struct error *error)
{
    static const char sql[] = "select coalesce(max(number), 0) from migration";
    bool has = false;
    if (!db_has_table(db, STR_OF("migration"), &has, error)) {
        return false;
    }
    OWN(query) query = has ? db_query(db, sql, error) : NULL;
    if (has && query_next(query, error) != QUERY_ROW) {
        return false;
    }
    *number = query ? query_int(query, 0) : 0;
    return true;
}

static bool note(struct db *db, unsigned number, const char *name, int64_t now_ms,
                 struct error *error)
{
    static const char sql[] = "insert into migration (number, name, done_at_ms)"
                              " values ($1, $2, $3)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, number);
    query_put_text(query, str_from(name));
    query_put_int(query, now_ms);
    return query_run(query, error);
}

static bool run_step(struct db *db, unsigned number, const struct migration *step,
                     int64_t now_ms, struct error *error)
{
    bool good = db_begin(db, error) && (number > 1 || db_run(db, first.sql, error)) &&
                db_run(db, step->sql, error) &&
                note(db, number, step->name, now_ms, error) && db_commit(db, error);
    if (!good) {
        db_rollback(db);
        (void)error_wrap(error, "migration %u (%s)", number, step->name);
    }
    return good;
}

bool migrations_refuse(const struct db *db, const struct migrations *migrations,
                       int64_t number, struct error *error)
{
    return error_set(error, IMH_REJECTED,
                     "%s: written by a newer imh (schema %lld, this one knows %u): install "
                     "that again",
                     db_name(db), (long long)number, migrations->count);
}

bool migrations_run(struct db *db, const struct migrations *migrations,
                    const struct clock *clock, struct error *error)
{
    int64_t done = 0;
    if (!migrations_number(db, &done, error)) {
        return false;
    }
    if (done > migrations->count) {
        return migrations_refuse(db, migrations, done, error);
    }
    for (unsigned number = (unsigned)done + 1; number <= migrations->count; number++) {
        if (!run_step(db, number, &migrations->items[number - 1], clock_now_ms(clock),
                      error)) {
            return false;
        }
    }
    return true;
}
