#include "app/recipients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/utf8.h"
#include "smarty/data.h"

struct recipients {
    FILE *file;
    const char *path;
    bool is_csv;
    unsigned line;        /* of the last byte read */
    unsigned record_line; /* on which the present record begins */
    struct text record;
    struct arena arena; /* the header's names */
    struct key *names;
    uint32_t name_count;
};

static bool fail_here(const struct recipients *recipients, struct error *error,
                      const char *what)
{
    return error_set(error, IMH_REJECTED, "%s:%u: %s", recipients->path,
                     recipients->record_line, what);
}

/* ---- records ---- */

/* A line; of CSV as many as a quoted field spans. false at the end of the file. */
static bool read_record(struct recipients *recipients, struct error *error)
{
    bool quoted = false;
    int c = EOF;
    text_clear(&recipients->record);
    recipients->record_line = recipients->line + 1;
    while ((c = getc(recipients->file)) != EOF) {
        recipients->line += c == '\n';
        quoted = quoted != (recipients->is_csv && c == '"');
        if (c == '\n' && !quoted) {
            break;
        }
        text_add_char(&recipients->record, (char)c);
    }
    error->status = IMH_OK;
    if (ferror(recipients->file)) {
        return fail_here(recipients, error, strerror(errno));
    }
    if (recipients->record.failed) {
        return fail_here(recipients, error, "a record of more than 1 MiB");
    }
    if (c == EOF && quoted) {
        return fail_here(recipients, error, "a quoted field without an end");
    }
    struct text *record = &recipients->record;
    if (record->len > 0 && record->ptr[record->len - 1] == '\r') {
        record->len--;
    }
    return c != EOF || record->len > 0;
}

/* The next record that is not empty. */
static bool next_record(struct recipients *recipients, struct str *record,
                        struct error *error)
{
    do {
        if (!read_record(recipients, error)) {
            return false;
        }
        *record = text_str(&recipients->record);
        if (recipients->record_line == 1 && str_starts(*record, STR_OF("\xEF\xBB\xBF"))) {
            *record = str_after(*record, 3);
        }
    } while (str_trim(*record).len == 0);
    return true;
}

/* ---- CSV ---- */

/* The field at the front: quotes are doubled inside quotes. */
static struct str take_field(struct str *rest, struct arena *arena)
{
    bool quoted = rest->len > 0 && rest->ptr[0] == '"';
    char *out = quoted ? arena_alloc(arena, rest->len) : NULL;
    size_t len = 0;
    if (!quoted) {
        struct str field;
        (void)str_split(rest, ',', &field);
        return arena_copy(arena, field);
    }
    size_t at = 1;
    for (; out && at < rest->len; at++) {
        if (rest->ptr[at] == '"' && !(at + 1 < rest->len && rest->ptr[at + 1] == '"')) {
            break;
        }
        at += rest->ptr[at] == '"';
        out[len++] = rest->ptr[at];
    }
    struct str behind = str_after(*rest, at + 1);
    struct str ignored;
    (void)str_split(&behind, ',', &ignored);
    *rest = behind;
    return (struct str){out, len};
}

static bool read_header(struct recipients *recipients, struct error *error)
{
    struct str record;
    if (!next_record(recipients, &record, error)) {
        return error->status == IMH_OK ? fail_here(recipients, error, "no header line")
                                       : false;
    }
    recipients->names =
        arena_zero(&recipients->arena, RECIPIENT_FIELDS, sizeof(struct key));
    while (recipients->names && record.ptr) {
        struct str name = take_field(&record, &recipients->arena);
        if (!name.ptr || recipients->name_count == RECIPIENT_FIELDS) {
            return fail_here(recipients, error, "more than 1,000 columns");
        }
        recipients->names[recipients->name_count++] = key_from_text(str_trim(name));
    }
    return recipients->names || fail_here(recipients, error, "no memory");
}

static bool read_csv(struct recipients *recipients, struct str record, struct arena *arena,
                     struct value *recipient, struct error *error)
{
    struct array *array = array_make(arena, 0);
    for (uint32_t i = 0; array && record.ptr; i++) {
        struct value value = value_text(take_field(&record, arena));
        if (i == recipients->name_count) {
            return fail_here(recipients, error, "more fields than the header has");
        }
        if (!value.text || !array_set(arena, array, &recipients->names[i], &value)) {
            return fail_here(recipients, error, "no memory");
        }
        if (!utf8_is_valid(value_str(&value))) {
            return fail_here(recipients, error, "not text in UTF-8");
        }
    }
    *recipient = value_array(array);
    return array || fail_here(recipients, error, "no memory");
}

/* ---- JSON lines ---- */

static bool read_json(struct recipients *recipients, struct str record, struct arena *arena,
                      struct value *recipient, struct error *error)
{
    struct str copy = arena_copy(arena, record);
    if (!copy.ptr) {
        return fail_here(recipients, error, "no memory");
    }
    if (!data_read(copy, &json_limits_input, DATA_PLAIN, arena, recipient, error)) {
        return error_wrap(error, "%s:%u", recipients->path, recipients->record_line);
    }
    return str_starts(str_trim(record), STR_OF("{")) || /* a list is an array too */
           fail_here(recipients, error, "a recipient must be a JSON object");
}

/* ---- both ---- */

void recipients_free(struct recipients *recipients)
{
    if (recipients) {
        if (recipients->file && recipients->file != stdin) {
            (void)fclose(recipients->file);
        }
        text_done(&recipients->record);
        arena_done(&recipients->arena);
        free(recipients);
    }
}

struct recipients *recipients_open(const char *path, struct error *error)
{
    OWN(recipients) recipients = calloc(1, sizeof *recipients);
    if (!recipients) {
        (void)error_set(error, IMH_RETRY, "no memory");
        return NULL;
    }
    recipients->path = path;
    recipients->is_csv = str_ends(str_from(path), STR_OF(".csv"));
    text_init(&recipients->record, RECIPIENT_BYTES);
    arena_init(&recipients->arena, 4096, 0);
    recipients->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!recipients->file) {
        (void)error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (recipients->is_csv && !read_header(recipients, error)) {
        return NULL;
    }
    return GIVE(recipients);
}

bool recipients_next(struct recipients *recipients, struct arena *arena,
                     struct value *recipient, struct error *error)
{
    struct str record;
    if (!next_record(recipients, &record, error)) {
        return false;
    }
    return recipients->is_csv ? read_csv(recipients, record, arena, recipient, error)
                              : read_json(recipients, record, arena, recipient, error);
}
