#include "smarty/include.h"

enum { NAME_BYTES = 200 };

/* A name is a key of the store. Nothing in it may look like a way out of there: no scheme,
 * no path from the root, no step up. */
const char *include_name_problem(struct str name)
{
    if (name.len == 0 || name.len > NAME_BYTES) {
        return "a name has 1 to 200 bytes";
    }
    if (name.ptr[0] == '/' || str_find(name, STR_OF(".."), 0) < name.len) {
        return "a name is no path from / and has no '..'";
    }
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c < ' ' || c == ':' || c == '\\') {
            return "a name has no ':', no backslash and no control characters";
        }
    }
    return NULL;
}
