#include "app/ini_append.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/output.h"
#include "base/utf8.h"

#define BETWEEN " = "

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_control(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t') {
            return true;
        }
    }
    return false;
}

static bool has_comment(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ';' && (i == 0 || is_blank(text.ptr[i - 1]))) {
            return true;
        }
    }
    return false;
}

bool ini_value_fits(struct str name, struct str value, struct error *error)
{
    const struct {
        bool wrong;
        const char *why;
    } checks[] = {
        {!utf8_is_valid(value), "is no text in UTF-8"},
        {has_control(value), "has a line end or control character in it"},
        {has_comment(value), "has a ';' that would begin a comment"},
        {value.len > 0 && !str_eq(str_trim(value), value), "begins or ends with a blank"},
        {name.len + strlen(BETWEEN) + value.len > INI_LINE_BYTES,
         "is longer than a line of an INI file"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].wrong) {
            return error_set(error, IMH_REJECTED, "%s", checks[i].why);
        }
    }
    return true;
}

/* ---- the new file ---- */

static unsigned count_lines(struct str text)
{
    unsigned lines = 0;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n';
    }
    return lines;
}

/* An empty line between what is there and the section. */
static unsigned add_section(struct text *text, const struct ini_section *section)
{
    if (text->len > 0) {
        text_add_cstr(text, text->ptr[text->len - 1] == '\n' ? "\n" : "\n\n");
    }
    unsigned line = count_lines(text_str(text)) + 1;
    text_print(text, "[%.*s]\n", STR_ARGS(section->name));
    for (const struct ini_entry *at = section->entries; at; at = at->next) {
        text_print(text, "%.*s" BETWEEN "%.*s\n", STR_ARGS(at->name), STR_ARGS(at->value));
    }
    return line;
}

/* Writes `text` into a new file beside the old one, with its rights. */
static bool write_beside(const char *path, char *beside, struct str text,
                         struct error *error)
{
    struct stat old;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        return path_fail(path, error);
    }
    bool good = stat(path, &old) == 0 && fchown(fd, old.st_uid, old.st_gid) == 0 &&
                fchmod(fd, old.st_mode & 07777) == 0 && output_write(fd, text) &&
                fsync(fd) == 0;
    if (!good) {
        (void)path_fail(path, error);
        (void)unlink(beside);
    }
    (void)close(fd);
    return good;
}

/* While the folder is locked nobody else of us appends to one of its files. */
static bool replace(const char *path, int folder, const struct path_mark *mark,
                    struct str text, struct error *error)
{
    char beside[PATH_MAX + 16];
    struct str name = path_name(str_from(path));
    (void)snprintf(beside, sizeof beside, "%.*s.%s.XXXXXX", (int)(strlen(path) - name.len),
                   path, name.ptr);
    if (!write_beside(path, beside, text, error)) {
        return false;
    }
    struct path_mark now = path_mark(path);
    bool same = path_mark_is_same(&now, mark);
    bool good = same ? rename(beside, path) == 0 || path_fail(path, error)
                     : error_set(error, IMH_RETRY, "%s was changed meanwhile", path);
    if (!good) {
        (void)unlink(beside);
    }
    return good && (fsync(folder) == 0 || path_fail(path, error));
}

static int lock_folder(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    struct str name = path_name(str_from(path));
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strlen(path) - name.len), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        (void)path_fail(folder, error);
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    return fd;
}

bool ini_append(const char *file, const struct path_mark *mark,
                const struct ini_section *section, unsigned *line, struct error *error)
{
    char path[PATH_MAX];
    struct text text;
    if (!realpath(file, path)) { /* a link stays one */
        return path_fail(file, error);
    }
    int folder = lock_folder(path, error);
    if (folder < 0) {
        return false;
    }
    text_init(&text, 2 * INI_FILE_BYTES);
    bool good = path_read(path, INI_FILE_BYTES, &text, error);
    unsigned begins = good ? add_section(&text, section) : 0;
    if (good && (text.failed || text.len > INI_FILE_BYTES)) {
        good = error_set(error, IMH_REJECTED, "%s: with it the file is too large", path);
    }
    good = good && replace(path, folder, mark, text_str(&text), error);
    if (good) {
        *line = begins;
    }
    text_done(&text);
    (void)close(folder);
    return good;
}
