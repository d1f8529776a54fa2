#include "app/template_file.h"

#include "base/path.h"

enum { DATA_BYTES = 64 << 20, DATA_VALUES = 5000000 };

bool template_escapes(const char *path, const char *escape, bool *escape_html,
                      struct error *error)
{
    bool none = escape && strcmp(escape, "none") == 0;
    bool html = escape && strcmp(escape, "html") == 0;
    if (escape && !none && !html) {
        return error_set(error, IMH_REJECTED, "--escape must be html or none");
    }
    *escape_html = html || (!none && !str_ends(str_from(path), STR_OF(".txt")));
    return true;
}

bool template_read(const char *path, struct text *source, struct error *error)
{
    return path_read(path, SMARTY_SOURCE_BYTES, source, error);
}

bool template_data(const char *json, struct arena *arena, struct value *data,
                   struct error *error)
{
    static const struct json_limits limits = {.bytes = DATA_BYTES, .values = DATA_VALUES};
    struct text content;
    const char *name = "--data";
    text_init(&content, DATA_BYTES + 1);
    bool good = true;
    if (str_trim(str_from(json)).len > 0 && str_trim(str_from(json)).ptr[0] == '{') {
        text_add_cstr(&content, json);
    } else {
        name = json;
        good = path_read(json, DATA_BYTES, &content, error);
    }
    struct str copy = arena_copy(arena, text_str(&content));
    text_done(&content);
    if (!good) {
        return false;
    }
    if (!copy.ptr || !data_read(copy, &limits, DATA_PLAIN, arena, data, error)) {
        return error_wrap(error, "%s", name);
    }
    return str_starts(str_trim(copy), STR_OF("{")) || /* a list is an array too */
           error_set(error, IMH_REJECTED, "%s: must be a JSON object", name);
}
