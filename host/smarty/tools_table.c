#include "smarty/tools.h"

#include <math.h>

/* {html_table} */

enum { CELLS_MOST = 100000 };

struct table {
    struct tool_call *call;
    struct text *out;
    const struct value *loop;
    const struct array *heads; /* of columns; NULL for none */
    int64_t rows, cols;
    bool right, down, by_cols;
    struct str trailpad;
};

/* A cell's or row's attributes: a text, or one of an array in turn. */
static void add_attributes(const struct table *table, const char *name, int64_t number)
{
    struct number_text room;
    const struct value *value = tool_value(table->call, name);
    if (value && value->type == VALUE_ARRAY && value->array->count > 0) {
        struct key key = {.number = number % value->array->count};
        value = array_get(value->array, &key);
    }
    if (value && value_truth(value)) {
        text_add_char(table->out, ' ');
        text_add(table->out, value_to_str(value, &room));
    }
}

static void add_heads(const struct table *table)
{
    text_add_cstr(table->out, "<thead><tr>\n");
    for (int64_t i = 0; i < table->cols; i++) {
        struct number_text room;
        int64_t number = table->right ? i : table->cols - 1 - i;
        text_add_cstr(table->out, "<th");
        add_attributes(table, "th_attr", i);
        text_add_char(table->out, '>');
        text_add(table->out,
                 value_to_str(array_value_at(table->heads, (uint32_t)number), &room));
        text_add_cstr(table->out, "</th>\n");
    }
    text_add_cstr(table->out, "</tr></thead>\n");
}

static int64_t loop_count(const struct table *table)
{
    return table->loop->type == VALUE_ARRAY ? table->loop->array->count : 1;
}

static void add_cell(const struct table *table, int64_t row, int64_t col)
{
    struct number_text room;
    int64_t first = (table->down ? row : table->rows - 1 - row) * table->cols;
    int64_t at = table->right ? first + col : first + table->cols - 1 - col;
    if (!table->by_cols) {
        at = at / table->cols + at % table->cols * table->rows;
    }
    text_add_cstr(table->out, "<td");
    add_attributes(table, "td_attr", col);
    text_add_char(table->out, '>');
    if (at >= loop_count(table)) {
        text_add(table->out, table->trailpad);
    } else if (table->loop->type == VALUE_ARRAY) {
        struct key key = {.number = at};
        const struct value *value = array_get(table->loop->array, &key);
        text_add(table->out, value ? value_to_str(value, &room) : STR_OF(""));
    } else {
        text_add(table->out, value_to_str(table->loop, &room));
    }
    text_add_cstr(table->out, "</td>\n");
}

static void add_rows(const struct table *table)
{
    text_add_cstr(table->out, "<tbody>\n");
    for (int64_t row = 0; row < table->rows && !table->out->failed; row++) {
        text_add_cstr(table->out, "<tr");
        add_attributes(table, "tr_attr", row);
        text_add_cstr(table->out, ">\n");
        for (int64_t col = 0; col < table->cols && !table->out->failed; col++) {
            add_cell(table, row, col);
        }
        text_add_cstr(table->out, "</tr>\n");
    }
    text_add_cstr(table->out, "</tbody>\n</table>\n");
}

/* Names of columns in one text, with commas. */
static bool split_heads(struct table *table, struct str text)
{
    struct arena *arena = table->call->call->arena;
    struct array *heads = array_make(arena, 0);
    bool good = heads != NULL;
    for (bool more = true; good && more;) {
        size_t comma = str_find_char(text, ',');
        struct value head = value_text(str_before(text, comma));
        more = comma < text.len;
        text = str_after(text, comma + 1);
        good = array_append(arena, heads, &head);
    }
    table->heads = heads;
    return good || modifier_memory(table->call->call);
}

/* `cols`: how many, or their names. */
static bool read_cols(struct table *table)
{
    const struct value *cols = tool_filled(table->call, "cols");
    struct value number;
    table->cols = 3;
    if (!cols) {
        return true;
    }
    if (cols->type == VALUE_ARRAY) {
        table->heads = cols->array;
    } else if (cols->type == VALUE_TEXT &&
               text_to_number(value_str(cols), &number) != NUMERIC_WHOLE) {
        if (!split_heads(table, value_str(cols))) {
            return false;
        }
    } else {
        table->cols = value_to_int(cols);
    }
    table->cols = table->heads ? table->heads->count : table->cols;
    return true;
}

static bool read_size(struct table *table)
{
    struct modifier_call *call = table->call->call;
    if (!read_cols(table)) {
        return false;
    }
    table->rows = tool_int(table->call, "rows", 3);
    if (table->cols < 1 || table->rows < 0 || table->cols > CELLS_MOST) {
        return modifier_fail(call, "{html_table}: a table of so many rows or columns");
    }
    if (!tool_filled(table->call, "rows")) {
        table->rows = (loop_count(table) + table->cols - 1) / table->cols;
    } else if (!tool_filled(table->call, "cols")) {
        table->cols = (loop_count(table) + table->rows - 1) / table->rows;
    }
    return table->rows <= CELLS_MOST / (table->cols ? table->cols : 1) ||
           modifier_fail(call, "{html_table}: more than %d cells", CELLS_MOST);
}

/* {html_table loop cols rows table_attr th_attr tr_attr td_attr trailpad hdir vdir inner
 * caption} */
static bool run_html_table(struct tool_call *call)
{
    struct number_text rooms[6];
    struct table table = {
        .call = call, .out = call->call->scratch, .loop = tool_set(call, "loop")};
    if (!table.loop) {
        return true;
    }
    table.right = str_is(tool_str(call, "hdir", "right", &rooms[0]), "right");
    table.down = str_is(tool_str(call, "vdir", "down", &rooms[1]), "down");
    table.by_cols = str_is(tool_str(call, "inner", "cols", &rooms[2]), "cols");
    table.trailpad = tool_str(call, "trailpad", "&nbsp;", &rooms[3]);
    if (!read_size(&table)) {
        return false;
    }
    struct str attributes = tool_str(call, "table_attr", "border=\"1\"", &rooms[4]);
    text_print(table.out, "<table %.*s>\n", STR_ARGS(attributes));
    if (tool_filled(call, "caption")) {
        text_add_cstr(table.out, "<caption>");
        text_add(table.out, tool_str(call, "caption", "", &rooms[5]));
        text_add_cstr(table.out, "</caption>\n");
    }
    if (table.heads) {
        add_heads(&table);
    }
    add_rows(&table);
    return true;
}

const struct tool tools_table[] = {
    {.name = "html_table", .run = run_html_table},
    {.name = NULL},
};
