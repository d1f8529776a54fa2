#include "app/queue_desk.h"

#include <stdio.h>
#include <string.h>

#include "app/answer.h"
#include "engine/followup_store.h"
#include "queue/book_sql.h"
#include "queue/halt.h"
#include "queue/listing.h"
#include "queue/queue.h"
#include "store/audit.h"

enum { PAGE_USUAL = 50, IDS_MOST = 1000 };

/* A question in the store's thread, while the asker waits. */
struct desk {
    struct store_work work; /* first */
    const struct queue_asked *asked;
    struct arena arena;
    struct db *db;
    json_t *answer;
    int64_t named; /* the integration that was asked for last, and its account */
    struct str account;
};

/* ---- parts of answers ---- */

static void set(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

/* What a job's last attempt came to, and what failed before it. */
static void note_last(void *self, const struct history *history)
{
    json_t *object = self;
    if (history->what == HAPPENED_ATTEMPT) {
        set(object, "category", json_string(error_status_name(history->status)));
        set(object, "code", history->code > 0 ? json_integer(history->code) : json_null());
        set(object, "error", answer_text(history->words));
    } else if (history->what == HAPPENED_FOLLOWED) {
        set(object, "after_failed", answer_text(history->words));
    }
}

static void set_halt(json_t *object, const struct halt *halt)
{
    set(object, "held_since", answer_time(halt->since_ms));
    set(object, "held_why",
        halt->paused ? json_sprintf("disabled by %.*s", STR_ARGS(halt->why))
                     : answer_text(halt->why));
    set(object, "held_remedy",
        json_sprintf("%simh integration enable %.*s %.*s",
                     halt->paused ? "" : "mend its secret or settings, or: ",
                     STR_ARGS(halt->account), STR_ARGS(halt->integration)));
}

/* What keeps it waiting, and what would end that; null of one that is not halted. */
static bool add_halt(struct desk *desk, const struct job *job, json_t *object,
                     struct error *error)
{
    struct halt halt = {.since_ms = 0};
    set(object, "held_since", json_null());
    set(object, "held_why", json_null());
    set(object, "held_remedy", json_null());
    if (job->state > JOB_WAITING) {
        return true;
    }
    if (!halt_find(desk->db, job->integration, job->part, &desk->arena, &halt, error)) {
        return false;
    }
    if (halt.since_ms != 0) {
        set_halt(object, &halt);
    }
    return true;
}

/* Which job its stream waits for; null of one that is the first. */
static bool add_behind(struct desk *desk, const struct job *job, json_t *object,
                       struct error *error)
{
    const struct book book = book_sql(desk->db);
    int64_t first = 0;
    bool good =
        job->state != JOB_BEHIND ||
        book.first_of_stream(book.self, job->integration, job->stream, &first, error);
    set(object, "behind", first > 0 && first < job->id ? json_integer(first) : json_null());
    return good;
}

/* What its record, or a command given with a key, is known by. */
static json_t *key_of(const struct job *job)
{
    bool keyed =
        job->kind == JOB_RECORD || (job->kind != JOB_READ && job->once_key.len > 0);
    return keyed
               ? answer_text(job->kind == JOB_RECORD ? job_record_key(job) : job->once_key)
               : json_null();
}

static json_t *job_of(struct desk *desk, const struct job *job, struct error *error)
{
    struct str account;
    struct str name;
    if (!listing_names(desk->db, job->integration, &desk->arena, &account, &name, error)) {
        return NULL;
    }
    json_t *object = json_object();
    set(object, "id", json_integer(job->id));
    set(object, "account", answer_text(account));
    set(object, "integration", answer_text(name));
    set(object, "kind", json_string(job_kind_name(job->kind)));
    set(object, "what", answer_text(job->part));
    set(object, "key", key_of(job));
    set(object, "state", json_string(job_state_name(job->state)));
    set(object, "attempts", json_integer(job->attempts));
    set(object, "created_at", answer_time(job->created_at_ms));
    set(object, "due_at", answer_time(job->ready_at_ms));
    set(object, "category", json_null());
    set(object, "code", json_null());
    set(object, "error", json_null());
    set(object, "after_failed", json_null());
    if (!overview_history(desk->db, job->id, note_last, object, error) ||
        !add_behind(desk, job, object, error) || !add_halt(desk, job, object, error)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *list_of(struct desk *desk, const struct book_rows *rows, struct error *error)
{
    json_t *items = json_array();
    for (uint32_t i = 0; i < rows->count; i++) {
        json_t *job = job_of(desk, &rows->items[i], error);
        if (!job) {
            json_decref(items);
            return NULL;
        }
        (void)json_array_append_new(items, job);
    }
    return items;
}

/* ---- what is asked ---- */

static struct str asked_text(const struct desk *desk, const char *name)
{
    const json_t *value = json_object_get(desk->asked->arguments, name);
    const char *text = json_string_value(value);
    return text ? (struct str){text, json_string_length(value)} : STR_OF("");
}

static int64_t asked_number(const struct desk *desk, const char *name)
{
    return json_integer_value(json_object_get(desk->asked->arguments, name));
}

/* Where the page before ended: "READY.ID". */
static bool read_after(const struct desk *desk, struct overview_filter *filter,
                       struct error *error)
{
    struct str after = asked_text(desk, "after");
    size_t point = str_find_char(after, '.');
    bool good = point < after.len &&
                str_to_int64(str_before(after, point), JOB_NOT_READY, JOB_NEVER,
                             &filter->after_ms) &&
                str_to_int64(str_after(after, point + 1), 1, INT64_MAX, &filter->after);
    return after.len == 0 || good ||
           error_set(error, IMH_REJECTED,
                     "'%.*s' is no place in the list: say what was "
                     "said with the page before",
                     STR_ARGS(str_before(after, 64)));
}

static json_t *place_of(const struct job *job)
{
    return json_sprintf("%lld.%lld", (long long)job->ready_at_ms, (long long)job->id);
}

static struct overview_filter filter_of(const struct desk *desk)
{
    return (struct overview_filter){.account = asked_text(desk, "account"),
                                    .integration = asked_text(desk, "integration"),
                                    .before = asked_number(desk, "before"),
                                    .since_ms = asked_number(desk, "since_ms")};
}

static struct book_rows *page_of(const struct desk *desk, struct error *error)
{
    int64_t limit = asked_number(desk, "limit");
    limit = limit < 1 ? PAGE_USUAL : limit > BOOK_ROWS_MOST ? BOOK_ROWS_MOST : limit;
    return book_rows_make((uint32_t)limit, 0, 0, error);
}

static bool list(struct desk *desk, struct error *error)
{
    struct overview_filter filter = filter_of(desk);
    OWN(book_rows) rows = read_after(desk, &filter, error) ? page_of(desk, error) : NULL;
    json_t *items = rows && listing_due(desk->db, &filter, &desk->arena, rows, error)
                        ? list_of(desk, rows, error)
                        : NULL;
    bool more = items && rows->count == rows->most;
    set(desk->answer, "items", items);
    set(desk->answer, "next", more ? place_of(&rows->items[rows->count - 1]) : json_null());
    return items != NULL;
}

static bool failed(struct desk *desk, struct error *error)
{
    const struct overview_filter filter = filter_of(desk);
    OWN(book_rows) rows = page_of(desk, error);
    json_t *items = rows && overview_page(desk->db, &filter, &desk->arena, rows, error)
                        ? list_of(desk, rows, error)
                        : NULL;
    bool more = items && rows->count == rows->most;
    set(desk->answer, "items", items);
    set(desk->answer, "next",
        more ? json_integer(rows->items[rows->count - 1].id) : json_null());
    return items != NULL;
}

static void add_cause(void *self, const struct overview_cause *cause)
{
    json_t *object = json_object();
    set(object, "category", json_string(error_status_name(cause->status)));
    set(object, "code", cause->code > 0 ? json_integer(cause->code) : json_null());
    set(object, "count", json_integer(cause->count));
    (void)json_array_append_new(self, object);
}

static bool numbers(struct desk *desk, struct error *error)
{
    const struct overview_filter filter = filter_of(desk);
    struct overview_counts found;
    if (!overview_count(desk->db, &filter, &found, error)) {
        return false;
    }
    set(desk->answer, "waiting", json_integer(found.waiting));
    set(desk->answer, "held", json_integer(found.held));
    set(desk->answer, "running", json_integer(found.running));
    set(desk->answer, "failed", json_integer(found.shown));
    return true;
}

/* What the failed ones failed of costs a look at each of them. */
static bool counts(struct desk *desk, struct error *error)
{
    const struct overview_filter filter = filter_of(desk);
    json_t *causes = json_array();
    set(desk->answer, "causes", causes);
    return overview_causes(desk->db, &filter, add_cause, causes, error) &&
           numbers(desk, error);
}

static void add_owner(void *self, struct str account, struct str name)
{
    json_t *object = json_object();
    set(object, "account", answer_text(account));
    set(object, "integration", answer_text(name));
    (void)json_array_append_new(self, object);
}

static bool owners(struct desk *desk, struct error *error)
{
    json_t *items = json_array();
    set(desk->answer, "items", items);
    return listing_owners(desk->db, add_owner, items, error);
}

static void add_happening(void *self, const struct history *history)
{
    json_t *object = json_object();
    set(object, "at", answer_time(history->at_ms));
    set(object, "what", json_string(happening_name(history->what)));
    set(object, "attempt",
        history->attempt > 0 ? json_integer(history->attempt) : json_null());
    set(object, "category",
        history->what == HAPPENED_ATTEMPT ? json_string(error_status_name(history->status))
                                          : json_null());
    set(object, "code", history->code > 0 ? json_integer(history->code) : json_null());
    set(object, "times", json_integer(history->times));
    set(object, "words", answer_text(history->words));
    (void)json_array_append_new(self, object);
}

static bool show(struct desk *desk, struct error *error)
{
    const struct book book = book_sql(desk->db);
    struct job job;
    struct job_text text;
    int64_t id = asked_number(desk, "id");
    json_t *history = json_array();
    json_t *object = NULL;
    bool good = book.load(book.self, id, &desk->arena, &job, error) &&
                book.load_text(book.self, id, &desk->arena, &text, error) &&
                overview_history(desk->db, id, add_happening, history, error) &&
                (object = job_of(desk, &job, error)) != NULL;
    if (!good) {
        json_decref(history);
        return false;
    }
    set(object, "stream", answer_text(job.stream));
    set(object, "removes",
        job.kind == JOB_RECORD ? json_boolean(job.flags & JOB_REMOVES) : json_null());
    set(object, "repeatable", json_boolean(job.flags & JOB_REPEATABLE));
    set(object, "ended_at", answer_time(job.ended_at_ms));
    set(object, "args", answer_kept(text.args));
    set(object, "origin", answer_kept(text.origin));
    set(object, "result", answer_kept(text.result));
    set(object, "history", history);
    json_decref(desk->answer);
    desk->answer = object;
    return true;
}

/* ---- what is decided ---- */

static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static struct policy no_policy(void *self, const struct job *job)
{
    (void)self;
    (void)job;
    return (struct policy){.ladder = ladder_usual};
}

/* One decision: false and why not. */
static bool decide_one(struct desk *desk, int64_t id, struct str who, struct error *error)
{
    const struct book book = book_sql(desk->db);
    const struct queue queue = {.book = &book,
                                .now_ms = clock_now_ms(&clock_real),
                                .arena = &desk->arena,
                                .dice = no_dice,
                                .policy = no_policy,
                                .ended = followup_ended};
    struct str what = str_from(desk->asked->what);
    int64_t instead = 0;
    if (str_is(what, "retry")) {
        return queue_retry(&queue, id, who, &instead, error);
    }
    if (str_is(what, "discard")) {
        return queue_discard(&queue, id, who, error);
    }
    return queue_edit(&queue, id, asked_text(desk, "args"), who, error);
}

/* Of the job's integration; most often that of the job before. */
static bool find_account(struct desk *desk, int64_t integration, struct error *error)
{
    struct str name;
    if (desk->named == integration) {
        return true;
    }
    if (!listing_names(desk->db, integration, &desk->arena, &desk->account, &name, error)) {
        return false;
    }
    desk->named = integration;
    return true;
}

static bool note(struct desk *desk, int64_t id, struct str who, struct error *error)
{
    const struct book book = book_sql(desk->db);
    struct job job;
    char action[40];
    char subject[40];
    if (!book.load(book.self, id, &desk->arena, &job, error) ||
        !find_account(desk, job.integration, error)) {
        return false;
    }
    (void)snprintf(action, sizeof action, "queue %s", desk->asked->what);
    (void)snprintf(subject, sizeof subject, "job %lld", (long long)id);
    const struct audit audit = {.at_ms = clock_now_ms(&clock_real),
                                .actor = who,
                                .action = str_from(action),
                                .account = desk->account,
                                .subject = str_from(subject)};
    return audit_add(desk->db, &audit, error);
}

/* Whoever cannot be decided about spoils nothing: `why` says so, and the others are. */
static bool decide_safely(struct desk *desk, int64_t id, struct error *why,
                          struct error *error)
{
    char who[32];
    (void)snprintf(who, sizeof who, "uid %u", (unsigned)desk->asked->asker);
    why->status = IMH_OK;
    if (!db_savepoint(desk->db, error)) {
        return false;
    }
    bool done =
        decide_one(desk, id, str_from(who), why) && note(desk, id, str_from(who), why);
    return done ? db_release(desk->db, error) : db_undo(desk->db, error);
}

static void add_decided(struct desk *desk, int64_t id, const struct error *why)
{
    json_t *item = json_object();
    bool done = why->status == IMH_OK;
    set(item, "id", json_integer(id));
    set(item, "error", done ? json_null() : json_string(why->text));
    (void)json_array_append_new(json_object_get(desk->answer, "items"), item);
}

static bool decide_ids(struct desk *desk, const json_t *ids, struct error *error)
{
    const json_t *id;
    size_t i;
    if (!json_is_array(ids) || json_array_size(ids) > IDS_MOST) {
        return error_set(error, IMH_REJECTED, "which jobs? at most %d at once", IDS_MOST);
    }
    json_array_foreach(ids, i, id)
    {
        struct error why;
        if (!decide_safely(desk, json_integer_value(id), &why, error)) {
            return false;
        }
        add_decided(desk, json_integer_value(id), &why);
    }
    return true;
}

/* One whose place another of its page took has been decided about with that. */
static bool decide_shown(struct desk *desk, int64_t id, struct error *why,
                         struct error *error)
{
    const struct book book = book_sql(desk->db);
    struct job job;
    why->status = IMH_OK;
    return book.load(book.self, id, &desk->arena, &job, error) &&
           (!job_is_shown(&job) || decide_safely(desk, id, why, error));
}

/* A page of the failed ones; those that were refused are told, the others are counted. */
static bool decide_page(struct desk *desk, const struct book_rows *rows, int64_t *done,
                        struct error *error)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        struct error why;
        if (!decide_shown(desk, rows->items[i].id, &why, error)) {
            return false;
        }
        if (why.status != IMH_OK) {
            add_decided(desk, rows->items[i].id, &why);
        }
        *done += why.status == IMH_OK;
    }
    return true;
}

/* All failed ones of the filter, as many as were asked for and one commit may hold; `next`
 * goes on. */
static bool decide_all(struct desk *desk, struct error *error)
{
    struct overview_filter filter = filter_of(desk);
    int64_t limit = asked_number(desk, "limit");
    uint32_t most = limit > 0 && limit < IDS_MOST ? (uint32_t)limit : IDS_MOST;
    int64_t done = 0;
    bool more = true;
    for (uint32_t seen = 0; more && seen < most;) {
        uint32_t left = most - seen;
        OWN(book_rows) rows =
            book_rows_make(left < BOOK_ROWS_MOST ? left : BOOK_ROWS_MOST, 0, 0, error);
        if (!rows || !overview_page(desk->db, &filter, &desk->arena, rows, error) ||
            !decide_page(desk, rows, &done, error)) {
            return false;
        }
        more = rows->count == rows->most;
        filter.before = more ? rows->items[rows->count - 1].id : 0;
        seen += rows->count;
    }
    set(desk->answer, "decided", json_integer(done));
    set(desk->answer, "next", more ? json_integer(filter.before) : json_null());
    return true;
}

static bool decide(struct desk *desk, struct error *error)
{
    const json_t *arguments = desk->asked->arguments;
    set(desk->answer, "items", json_array());
    return json_is_true(json_object_get(arguments, "all"))
               ? decide_all(desk, error)
               : decide_ids(desk, json_object_get(arguments, "ids"), error);
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    bool (*run)(struct desk *desk, struct error *error);
    bool changes;
} questions[] = {
    {"list", list, false},       {"failed", failed, false}, {"counts", counts, false},
    {"numbers", numbers, false}, {"owners", owners, false}, {"show", show, false},
    {"retry", decide, true},     {"discard", decide, true}, {"edit", decide, true}};
enum { QUESTION_COUNT = sizeof questions / sizeof *questions };

static size_t find(const char *what)
{
    size_t i = 0;
    while (i < QUESTION_COUNT && strcmp(questions[i].name, what) != 0) {
        i++;
    }
    return i;
}

bool queue_desk_changes(const char *what)
{
    size_t number = find(what);
    return number < QUESTION_COUNT && questions[number].changes;
}

static bool run(struct store_work *work, struct db *db, struct error *error)
{
    struct desk *desk = (struct desk *)(void *)work;
    size_t number = find(desk->asked->what);
    desk->db = db;
    return number < QUESTION_COUNT
               ? questions[number].run(desk, error)
               : error_set(error, IMH_REJECTED, "nobody knows 'queue %s'",
                           desk->asked->what);
}

json_t *queue_desk_ask(struct store *store, const struct queue_asked *asked,
                       struct error *error)
{
    struct desk desk = {.work = {.run = run}, .asked = asked, .answer = json_object()};
    arena_init(&desk.arena, 64 << 10, 0);
    bool good = store_do(store, &desk.work, error);
    arena_done(&desk.arena);
    if (!good) {
        json_decref(desk.answer);
        return NULL;
    }
    return desk.answer;
}
