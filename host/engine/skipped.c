#include "engine/skipped.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "queue/book_sql.h"
#include "queue/book_sql_row.h"
#include "queue/queue.h"

enum {
    KNOWN_MOST = 64,  /* newest ones of the source that it may be */
    WORDS_BYTES = 64, /* of their fingerprint */
    PLACE_BYTES = 6 * SOURCE_CURSOR_BYTES + 128,
    ARGS_BYTES = SKIPPED_PLACES_MOST * PLACE_BYTES
};

static bool fail_memory(struct error *error)
{
    return error_set(error, IMH_RETRY, "no memory for a skipped record");
}

/* ---- what people read ---- */

void skipped_say(struct text *words, struct str source, const struct source_page *page,
                 struct str why)
{
    char from[CLOCK_TEXT_BYTES];
    char to[CLOCK_TEXT_BYTES];
    clock_write(page->from_ms, from);
    clock_write(page->to_ms, to);
    text_print(words, "a record of '%.*s'", STR_ARGS(source));
    if (page->from_ms > 0) {
        text_print(words, " from %s", from);
    }
    text_print(words,
               " to %s was skipped: %.*s; mend it over there or the plugin, then: "
               "imh queue retry",
               to, STR_ARGS(why));
}

/* ---- places ---- */

static bool read_number(struct str args, uint32_t at, const char *name, struct arena *arena,
                        int64_t *number)
{
    char pointer[64];
    struct str whole;
    (void)snprintf(pointer, sizeof pointer, "/places/%" PRIu32 "/%s", at, name);
    return json_find(args, str_from(pointer), arena, &whole) == JSON_INTEGER &&
           str_to_int64(whole, 0, INT64_MAX, number);
}

static bool read_cursor(struct str args, uint32_t at, struct arena *arena,
                        struct str *cursor)
{
    char pointer[64];
    struct str whole;
    (void)snprintf(pointer, sizeof pointer, "/places/%" PRIu32 "/cursor", at);
    if (json_find(args, str_from(pointer), arena, &whole) != JSON_STRING) {
        return false;
    }
    *cursor = json_decode((struct str){whole.ptr + 1, whole.len - 2}, true, arena);
    return cursor->ptr != NULL;
}

bool skipped_pages(struct str args, struct arena *arena,
                   struct source_page pages[SKIPPED_PLACES_MOST], uint32_t *count,
                   struct error *error)
{
    for (*count = 0; *count < SKIPPED_PLACES_MOST; ++*count) {
        int64_t first;
        struct source_page page = {.most = 1};
        if (!read_number(args, *count, "first", arena, &first) ||
            !read_number(args, *count, "from_ms", arena, &page.from_ms) ||
            !read_number(args, *count, "to_ms", arena, &page.to_ms) ||
            !read_cursor(args, *count, arena, &page.cursor)) {
            break;
        }
        page.first = first != 0;
        pages[*count] = page;
    }
    return *count > 0 ||
           error_set(error, IMH_BROKEN, "its arguments do not say where the record is");
}

static void write_place(struct text *args, const struct source_page *page)
{
    text_print(args,
               "{\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"first\":%d,\"cursor\":",
               page->from_ms, page->to_ms, page->first);
    json_add_string(args, page->cursor);
    text_add_char(args, '}');
}

static struct str write_places(const struct source_page *pages, uint32_t count,
                               struct arena *arena)
{
    struct text args;
    text_init(&args, ARGS_BYTES);
    text_add_cstr(&args, "{\"places\":[");
    for (uint32_t i = 0; i < count; i++) {
        text_add_cstr(&args, i > 0 ? "," : "");
        write_place(&args, &pages[i]);
    }
    text_add_cstr(&args, "]}");
    struct str written =
        args.failed ? (struct str){NULL, 0} : arena_copy(arena, text_str(&args));
    text_done(&args);
    return written;
}

/* ---- the same one ---- */

/* One that stands in the overview, or stood there. */
struct known {
    int64_t job;
    bool alike; /* the words are */
    uint32_t count;
    struct source_page places[SKIPPED_PLACES_MOST];
};

/* Behind the same record: of a cursor that is empty nobody knows. */
static bool is_there(const struct known *known, const struct source_page *page)
{
    const struct source_page *last = &known->places[known->count - 1];
    return page->cursor.len > 0 && str_eq(last->cursor, page->cursor);
}

/* A record is met once in a span, and again in those that overlap. */
static bool may_be(const struct known *known, const struct source_page *page)
{
    const struct source_page *last = &known->places[known->count - 1];
    bool same_span = last->from_ms == page->from_ms && last->to_ms == page->to_ms;
    return last->to_ms > page->from_ms && last->first == page->first &&
           (is_there(known, page) || (known->alike && !same_span));
}

/* Their once_keys are `SOURCE/NUMBER/WORDS`. */
static struct query *find_those(struct db *db, const struct skipped *skipped,
                                struct error *error)
{
    static const char sql[] =
        "select job.id, once_key, args from job join job_text on job_text.job = job.id"
        " where integration = $1 and once_key > $2 || '/' and once_key < $2 || '0'"
        " and kind = 7 and state <> 5 order by job.id desc limit $3";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, skipped->integration);
    query_put_text(query, skipped->source);
    query_put_int(query, KNOWN_MOST);
    return query;
}

/* The one that stands at this place; else the oldest that was not met in this span. */
static bool find_known(struct db *db, const struct skipped *skipped, struct str words,
                       struct arena *arena, struct known *found, struct error *error)
{
    enum query_step step;
    struct known known;
    struct error unread;
    OWN(query) query = find_those(db, skipped, error);
    found->job = 0;
    while ((step = query_next(query, error)) == QUERY_ROW) {
        known.job = query_int(query, 0);
        known.alike = str_ends(query_text(query, 1), words);
        if (!skipped_pages(query_text(query, 2), arena, known.places, &known.count,
                           &unread) ||
            !may_be(&known, &skipped->page)) {
            continue;
        }
        *found = known;
        if (is_there(&known, &skipped->page)) {
            return true;
        }
    }
    return step == QUERY_DONE;
}

/* At the place of before the same record is the first. */
static bool add_place(const struct book *book, struct known *known,
                      const struct source_page *page, struct arena *arena,
                      struct error *error)
{
    bool replaces = known->count == SKIPPED_PLACES_MOST || is_there(known, page);
    known->places[replaces ? known->count - 1 : known->count++] = *page;
    struct str args = write_places(known->places, known->count, arena);
    return args.ptr ? book->put_args(book->self, known->job, args, error)
                    : fail_memory(error);
}

/* ---- a new one ---- */

static bool add(const struct book *book, const struct skipped *skipped, struct str alike,
                struct arena *arena, struct error *error)
{
    char key[JOB_KEY_BYTES];
    char stream[JOB_STREAM_BYTES];
    struct text words;
    const struct queue queue = {.book = book, .now_ms = skipped->now_ms, .arena = arena};
    int64_t id;
    (void)snprintf(key, sizeof key, "%.*s/%" PRId64 "%.*s", STR_ARGS(skipped->source),
                   skipped->number, STR_ARGS(alike));
    (void)snprintf(stream, sizeof stream, "read/%.*s", STR_ARGS(skipped->source));
    const struct job job = {.integration = skipped->integration,
                            .kind = JOB_READ,
                            .flags = JOB_REPEATABLE,
                            .part = skipped->source,
                            .stream = str_from(stream),
                            .once_key = str_from(key)};
    const struct job_text text = {.args = write_places(&skipped->page, 1, arena)};
    text_init(&words, JOB_WORDS_BYTES);
    skipped_say(&words, skipped->source, &skipped->page, skipped->why);
    const struct job_answer answer = {.status = skipped->killed ? IMH_BROKEN : IMH_REJECTED,
                                      .words = text_str(&words)};
    bool good = (text.args.ptr && !words.failed) || fail_memory(error);
    good = good && queue_add_failed(&queue, &job, &text, &answer, &id, error);
    text_done(&words);
    return good;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "/" and a fingerprint of the words without those that have digits: a remote gives each of
 * its answers another number. */
static bool add_fingerprint(struct text *fingerprint, struct str why)
{
    struct text plain;
    text_init(&plain, ERROR_TEXT_BYTES);
    for (size_t at = 0; at < why.len;) {
        size_t end = at;
        bool counts = false;
        for (; end < why.len && is_word(why.ptr[end]); end++) {
            counts = counts || is_digit(why.ptr[end]);
        }
        end += end == at;
        text_add(&plain, counts ? STR_OF("#") : str_before(str_after(why, at), end - at));
        at = end;
    }
    text_add_char(fingerprint, '/');
    bool good =
        !plain.failed && digest_add(fingerprint, STR_OF("md5"), text_str(&plain), false);
    text_done(&plain);
    return good && !fingerprint->failed;
}

bool skipped_note(struct db *db, const struct skipped *skipped, struct arena *arena,
                  bool *fresh, struct error *error)
{
    const struct book book = book_sql(db);
    struct known *known = arena_alloc(arena, sizeof *known);
    struct text words;
    text_init(&words, WORDS_BYTES);
    bool good = (known && add_fingerprint(&words, skipped->why)) || fail_memory(error);
    struct str alike = text_str(&words);
    good = good && find_known(db, skipped, alike, arena, known, error);
    *fresh = good && known->job == 0;
    good = good && (*fresh ? add(&book, skipped, alike, arena, error)
                           : add_place(&book, known, &skipped->page, arena, error));
    text_done(&words);
    return good;
}
