#include "base/zones.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/path.h"

#define INDEX ZONE_FOLDER "tzdata.zi"

struct file {
    char name[ZONE_NAME_BYTES];
    size_t at, len; /* in `bytes` */
};

struct zones {
    struct text bytes; /* all files, one behind the other */
    uint32_t count;
    struct file files[ZONES_MOST]; /* by name */
};

static int by_name(const void *a, const void *b)
{
    const struct file *left = a;
    const struct file *right = b;
    return strcmp(left->name, right->name);
}

/* A zone without a file was left out by the distribution. */
static void read_zone(struct zones *zones, struct str name)
{
    struct error ignored;
    char path[sizeof ZONE_FOLDER + ZONE_NAME_BYTES];
    if (name.len == 0 || name.len >= ZONE_NAME_BYTES || zones->count == ZONES_MOST) {
        return;
    }
    struct file *file = &zones->files[zones->count];
    (void)snprintf(file->name, sizeof file->name, "%.*s", STR_ARGS(name));
    (void)snprintf(path, sizeof path, ZONE_FOLDER "%s", file->name);
    file->at = zones->bytes.len;
    if (path_read(path, ZONE_FILE_BYTES, &zones->bytes, &ignored)) {
        file->len = zones->bytes.len - file->at;
        zones->count++;
    }
}

/* The database's own list: "Z Europe/Amsterdam 0:19:32 - LMT 1835" is a zone, "L
 * Europe/Amsterdam Arctic/Longyearbyen" another name of one. */
static void read_line(struct zones *zones, struct str line)
{
    struct str form;
    struct str name;
    if (!str_word(&line, &form) || !str_word(&line, &name)) {
        return;
    }
    if (str_is(form, "Z") || (str_is(form, "L") && str_word(&line, &name))) {
        read_zone(zones, name);
    }
}

struct zones *zones_read(void)
{
    struct error ignored;
    struct text index;
    struct str line;
    struct zones *zones = calloc(1, sizeof *zones);
    if (!zones) {
        return NULL;
    }
    text_init(&zones->bytes, ZONES_BYTES);
    text_init(&index, ZONES_INDEX_BYTES);
    (void)path_read(INDEX, ZONES_INDEX_BYTES, &index, &ignored);
    for (struct str rest = text_str(&index); str_split(&rest, '\n', &line);) {
        read_line(zones, line);
    }
    text_done(&index);
    qsort(zones->files, zones->count, sizeof *zones->files, by_name);
    return zones;
}

void zones_free(struct zones *zones)
{
    if (zones) {
        text_done(&zones->bytes);
        free(zones);
    }
}

struct zone *zones_open(const struct zones *zones, struct str name, struct error *error)
{
    struct file wanted = {.name = ""};
    const struct file *file = NULL;
    if (name.len < sizeof wanted.name && str_find_char(name, '\0') == name.len) {
        (void)snprintf(wanted.name, sizeof wanted.name, "%.*s", STR_ARGS(name));
        file = bsearch(&wanted, zones->files, zones->count, sizeof wanted, by_name);
    }
    if (!file) {
        (void)error_set(error, IMH_REJECTED,
                        zones->count > 0
                            ? "time zone '%.*s' is unknown; they are called as in "
                              "'Europe/Amsterdam'"
                            : "time zone '%.*s' cannot be read: install the package tzdata "
                              "and start imh again",
                        (int)(name.len < 80 ? name.len : 80), name.ptr);
        return NULL;
    }
    const struct str bytes = {zones->bytes.ptr + file->at, file->len};
    return zone_parse(file->name, bytes, error);
}
