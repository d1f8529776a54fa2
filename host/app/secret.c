#include "app/secret.h"

#include <stdlib.h>

#include "base/path.h"

static bool read_env(struct str name, const char *ini_file, struct text *value,
                     struct error *error)
{
    char copy[256];
    (void)ini_file;
    if (name.len == 0 || name.len >= sizeof copy) {
        return error_set(error, IMH_REJECTED,
                         "env: needs the name of an environment variable");
    }
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    const char *found = getenv(copy);
    if (!found || !*found) {
        return error_set(error, IMH_MISSING, "the environment variable %s is %s", copy,
                         found ? "empty" : "not set");
    }
    text_add_cstr(value, found);
    return text_ok(value, "the secret", error);
}

static bool read_file(struct str path, const char *ini_file, struct text *value,
                      struct error *error)
{
    struct text whole;
    if (path.len == 0) {
        return error_set(error, IMH_REJECTED, "file: needs a path");
    }
    text_init(&whole, 4096);
    path_beside(&whole, ini_file, path);
    bool good =
        path_read_guarded(text_cstr(&whole), PATH_NOT_OPEN, SECRET_BYTES, value, error);
    text_done(&whole);
    if (good && value->len > 0 && value->ptr[value->len - 1] == '\n') {
        value->len--;
    }
    if (good && value->len > 0 && value->ptr[value->len - 1] == '\r') {
        value->len--;
    }
    return good && (value->len > 0 || error_set(error, IMH_REJECTED,
                                                "the file %.*s is empty", STR_ARGS(path)));
}

bool secret_read(struct str source, const char *ini_file, struct text *value,
                 struct error *error)
{
    static const struct {
        struct str prefix;
        bool (*read)(struct str rest, const char *ini_file, struct text *value,
                     struct error *error);
    } sources[] = {{STR("env:"), read_env}, {STR("file:"), read_file}};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        if (str_starts(source, sources[i].prefix)) {
            (void)text_reserve(value, SECRET_BYTES); /* no copies while it grows */
            return sources[i].read(str_after(source, sources[i].prefix.len), ini_file,
                                   value, error);
        }
    }
    return error_set(
        error, IMH_REJECTED,
        "a secret is not written here: say where it is, env:NAME or file:PATH");
}
