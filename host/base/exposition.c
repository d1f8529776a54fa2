#include "base/exposition.h"

#include <inttypes.h>
#include <stdio.h>

void exposition_label(struct exposition_labels *labels, const char *name, struct str value)
{
    if (labels->count < EXPOSITION_LABELS_MOST) {
        labels->items[labels->count].name = name;
        labels->items[labels->count++].value = value;
    }
}

void exposition_family(struct text *out, const char *name, enum exposition_kind kind,
                       const char *help)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    text_print(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kinds[kind]);
}

/* ---- samples ---- */

static void add_value(struct text *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\n') {
            text_add_cstr(out, "\\n");
            continue;
        }
        if (c == '\\' || c == '"') {
            text_add_char(out, '\\');
        }
        text_add_char(out, c);
    }
}

/* `le` is the last label; NULL: there is none. */
static void add_name(struct text *out, const char *name, const char *suffix,
                     const struct exposition_labels *labels, const char *le)
{
    unsigned count = labels ? labels->count : 0;
    text_print(out, "%s%s", name, suffix);
    for (unsigned i = 0; i < count; i++) {
        text_print(out, "%s%s=\"", i == 0 ? "{" : ",", labels->items[i].name);
        add_value(out, labels->items[i].value);
        text_add_char(out, '"');
    }
    if (le) {
        text_print(out, "%sle=\"%s\"", count == 0 ? "{" : ",", le);
    }
    text_add_cstr(out, count > 0 || le ? "} " : " ");
}

/* 2500 as 2.5: whole numbers stay whole. */
static void write_seconds(char *written, size_t size, uint64_t ms)
{
    int length =
        snprintf(written, size, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
    while (length > 0 && written[length - 1] == '0') {
        written[--length] = 0;
    }
    if (length > 0 && written[length - 1] == '.') {
        written[--length] = 0;
    }
}

void exposition_number(struct text *out, const char *name,
                       const struct exposition_labels *labels, int64_t number)
{
    add_name(out, name, "", labels, NULL);
    text_print(out, "%" PRId64 "\n", number);
}

void exposition_ms(struct text *out, const char *name,
                   const struct exposition_labels *labels, int64_t ms)
{
    char written[32];
    write_seconds(written, sizeof written, ms > 0 ? (uint64_t)ms : 0);
    add_name(out, name, "", labels, NULL);
    text_print(out, "%s\n", written);
}

void exposition_histogram(struct text *out, const char *name,
                          const struct exposition_labels *labels,
                          const struct histogram *histogram)
{
    char written[32];
    uint64_t sum = 0;
    for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        sum += histogram->counts[i];
        (void)snprintf(written, sizeof written, "+Inf");
        if (i < HISTOGRAM_BOUNDS) {
            write_seconds(written, sizeof written, histogram_bounds_ms[i]);
        }
        add_name(out, name, "_bucket", labels, written);
        text_print(out, "%" PRIu64 "\n", sum);
    }
    write_seconds(written, sizeof written, histogram->sum_ms);
    add_name(out, name, "_sum", labels, NULL);
    text_print(out, "%s\n", written);
    add_name(out, name, "_count", labels, NULL);
    text_print(out, "%" PRIu64 "\n", sum);
}
