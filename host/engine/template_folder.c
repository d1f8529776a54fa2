#include "engine/template_folder.h"

#include <limits.h>
#include <stdlib.h>

#include "base/path.h"

bool template_folder_read(void *self, struct str name, struct text *source,
                          struct error *error)
{
    char folder[PATH_MAX];
    char file[PATH_MAX];
    struct text path;
    text_init(&path, PATH_MAX);
    text_print(&path, "%s/%.*s", (const char *)self, STR_ARGS(name));
    bool found = !path.failed && realpath(self, folder) && realpath(text_cstr(&path), file);
    text_done(&path);
    size_t len = found ? strlen(folder) : 0;
    if (!found || strncmp(folder, file, len) != 0 || file[len] != '/') {
        return error_set(error, IMH_MISSING, "not in the folder of templates");
    }
    return path_read(file, SMARTY_SOURCE_BYTES, source, error);
}
