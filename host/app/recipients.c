#include "app/recipients.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/csv.h"
#include "base/text.h"
#include "base/utf8.h"
#include "smarty/data.h"

struct recipients {
    FILE *file;
    const char *path;
    bool is_csv;
    bool is_file;         /* and can be read twice */
    char separator;       /* of CSV; 0 while the header is read */
    long first;           /* where the first recipient begins */
    unsigned first_line;  /* and the line before it */
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

static bool fail_record(const struct recipients *recipients, struct error *error)
{
    bool no_memory = recipients->record.no_memory;
    return fail_here(recipients, error,
                     no_memory ? "no memory" : "a record of more than 1 MiB");
}

/* A line; of CSV as many as a quoted field spans. false at the end of the file. */
static bool read_record(struct recipients *recipients, struct error *error)
{
    enum csv_state state = CSV_START;
    int c = EOF;
    text_clear(&recipients->record);
    recipients->record_line = recipients->line + 1;
    while ((c = getc_unlocked(recipients->file)) != EOF) {
        recipients->line += c == '\n';
        if (c == '\n' && state != CSV_QUOTED) {
            break;
        }
        if (recipients->is_csv) {
            state = csv_step(state, (char)c, recipients->separator);
        }
        text_add_char(&recipients->record, (char)c);
    }
    error->status = IMH_OK;
    if (ferror(recipients->file)) {
        return fail_here(recipients, error, strerror(errno));
    }
    if (recipients->record.failed) {
        return fail_record(recipients, error);
    }
    struct text *record = &recipients->record;
    if (record->len > 0 && record->ptr[record->len - 1] == '\r') {
        record->len--;
    }
    struct str text = text_str(record);
    if (recipients->is_csv &&
        (!utf8_is_valid(text) || str_find_char(text, '\0') < text.len)) {
        return fail_here(recipients, error, "not text in UTF-8");
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

static bool take_field(const struct recipients *recipients, struct str *record,
                       struct arena *arena, struct str *field, struct error *error)
{
    const char *problem = csv_field(record, recipients->separator, arena, field);
    return !problem || fail_here(recipients, error, problem);
}

static bool add_name(struct recipients *recipients, struct str field, struct error *error)
{
    struct key key = key_from_text(str_trim(field));
    if (recipients->name_count == RECIPIENT_FIELDS) {
        return fail_here(recipients, error, "more than 1,000 columns");
    }
    for (uint32_t i = 0; i < recipients->name_count; i++) {
        if (key_eq(&recipients->names[i], &key)) {
            return error_set(error, IMH_REJECTED, "%s:%u: column '%.*s' stands twice",
                             recipients->path, recipients->record_line,
                             STR_ARGS(str_trim(field)));
        }
    }
    recipients->names[recipients->name_count++] = key;
    return str_trim(field).len > 0 ||
           error_set(error, IMH_REJECTED, "%s:%u: column %u has no name", recipients->path,
                     recipients->record_line, recipients->name_count);
}

static bool read_header(struct recipients *recipients, struct error *error)
{
    struct str record;
    struct str field;
    if (!next_record(recipients, &record, error)) {
        return error->status == IMH_OK ? fail_here(recipients, error, "no header line")
                                       : false;
    }
    recipients->separator = csv_separator(record);
    recipients->names =
        arena_zero(&recipients->arena, RECIPIENT_FIELDS, sizeof(struct key));
    bool good = recipients->names || fail_here(recipients, error, "no memory");
    while (good && record.ptr) {
        good = take_field(recipients, &record, &recipients->arena, &field, error) &&
               add_name(recipients, field, error);
    }
    return good;
}

static bool read_csv(struct recipients *recipients, struct str record, struct arena *arena,
                     struct value *recipient, struct error *error)
{
    struct array *array = array_make(arena, 0);
    struct str field = {"", 0};
    uint32_t count = 0;
    for (; record.ptr; count++) {
        if (count == recipients->name_count) {
            return fail_here(recipients, error, "more fields than the header has");
        }
        if (!take_field(recipients, &record, arena, &field, error)) {
            return false;
        }
        struct value value = value_text(field);
        if (!array || !array_set(arena, array, &recipients->names[count], &value)) {
            return fail_here(recipients, error, "no memory");
        }
    }
    *recipient = value_array(array);
    return count == recipients->name_count ||
           error_set(
               error, IMH_REJECTED, "%s:%u: only %u of the %u fields that the header has",
               recipients->path, recipients->record_line, count, recipients->name_count);
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
    struct str end = str_from(path);
    end = str_after(end, end.len > 4 ? end.len - 4 : 0);
    recipients->is_csv = str_eq_nocase(end, STR_OF(".csv"));
    text_init(&recipients->record, RECIPIENT_BYTES);
    arena_init(&recipients->arena, 4096, 0);
    recipients->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    struct stat status;
    if (!recipients->file || fstat(fileno(recipients->file), &status) != 0) {
        (void)error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(status.st_mode)) {
        (void)error_set(error, IMH_REJECTED, "%s: is a folder", path);
        return NULL;
    }
    recipients->is_file = S_ISREG(status.st_mode);
    if (recipients->is_csv && !read_header(recipients, error)) {
        return NULL;
    }
    recipients->first = recipients->is_file ? ftell(recipients->file) : 0;
    recipients->first_line = recipients->line;
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

bool recipients_rewind(struct recipients *recipients)
{
    if (!recipients->is_file || fseek(recipients->file, recipients->first, SEEK_SET) != 0) {
        return false;
    }
    recipients->line = recipients->first_line;
    return true;
}
