#include "app/output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"

enum { TABLE_BYTES = 64 << 20 };

bool output_write(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t written = write(fd, text.ptr, text.len);
        if (written < 0 && errno == EAGAIN) { /* a pipe that somebody made so */
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return false;
        }
        text = str_after(text, written > 0 ? (size_t)written : 0);
    }
    return true;
}

void table_init(struct table *table, unsigned columns)
{
    *table = (struct table){.columns = columns};
    text_init(&table->cells, TABLE_BYTES);
}

void table_done(struct table *table)
{
    text_done(&table->cells);
}

/* Cells follow each other, each ended by a zero: none has one inside. */
void table_add(struct table *table, const char *const *cells)
{
    for (unsigned i = 0; i < table->columns; i++) {
        text_add_cstr(&table->cells, cells[i] ? cells[i] : "");
        text_add_char(&table->cells, '\0');
    }
    table->rows++;
}

static void write_json(const struct table *table, const char *const *names,
                       struct text *out)
{
    const char *cell = table->cells.ptr;
    text_add_cstr(out, "{\"items\":[");
    for (unsigned row = 0; row < table->rows; row++) {
        for (unsigned i = 0; i < table->columns; i++) {
            text_add_cstr(out, i > 0 ? "," : row > 0 ? ",{" : "{");
            json_add_string(out, str_from(names[i]));
            text_add_char(out, ':');
            if (table->numbers & 1U << i) {
                text_add_cstr(out, cell);
            } else {
                json_add_string(out, str_from(cell));
            }
            cell += strlen(cell) + 1;
        }
        text_add_char(out, '}');
    }
    text_add_cstr(out, "],\"next\":null}\n");
}

static size_t width_of(const struct table *table, unsigned column, const char *name)
{
    size_t width = utf8_count(str_from(name));
    const char *cell = table->cells.ptr;
    for (unsigned i = 0; i < table->rows * table->columns; i++, cell += strlen(cell) + 1) {
        size_t count = utf8_count(str_from(cell));
        width = i % table->columns == column && count > width ? count : width;
    }
    return width;
}

static void write_cell(struct text *out, const char *cell, size_t width, bool last)
{
    text_add_cstr(out, cell);
    for (size_t at = utf8_count(str_from(cell)); !last && at < width + 2; at++) {
        text_add_char(out, ' ');
    }
    if (last) {
        text_add_char(out, '\n');
    }
}

static void write_rows(const struct table *table, const char *const *names,
                       struct text *out)
{
    enum { COLUMNS_MOST = 16 };
    size_t widths[COLUMNS_MOST];
    const char *cell = table->cells.ptr;
    for (unsigned i = 0; i < table->columns; i++) {
        widths[i] = width_of(table, i, names[i]);
    }
    for (unsigned i = 0; i < table->columns; i++) {
        write_cell(out, names[i], widths[i], i + 1 == table->columns);
    }
    for (unsigned i = 0; i < table->rows * table->columns; i++, cell += strlen(cell) + 1) {
        unsigned column = i % table->columns;
        write_cell(out, cell, widths[column], column + 1 == table->columns);
    }
}

/* Cells as people may see them. */
static void show(const struct table *table, struct table *shown)
{
    const char *cell = table->cells.ptr;
    table_init(shown, table->columns);
    shown->rows = table->rows;
    for (unsigned i = 0; i < table->rows * table->columns; i++, cell += strlen(cell) + 1) {
        utf8_add_shown(&shown->cells, str_from(cell));
        text_add_char(&shown->cells, '\0');
    }
}

void table_write(const struct table *table, const char *const *names, bool json,
                 struct text *out)
{
    struct table shown;
    if (json) {
        write_json(table, names, out);
        return;
    }
    show(table, &shown);
    if (!shown.cells.failed) {
        write_rows(&shown, names, out);
    }
    text_fail_with(out, &shown.cells);
    table_done(&shown);
}
