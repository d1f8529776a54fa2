/* template_file - a template and its data, as commands get them: by the names of files. */
#ifndef HOST_APP_TEMPLATE_FILE_H
#define HOST_APP_TEMPLATE_FILE_H

#include "smarty/data.h"
#include "smarty/smarty.h"

/* "html", "none", or NULL for what fits: none for .txt, HTML for everything else. */
bool template_escapes(const char *path, const char *escape, bool *escape_html,
                      struct error *error);

/* Reads the source; it is added to `source`. */
bool template_read(const char *path, struct text *source, struct error *error);

/* JSON of an object: itself when it begins with a brace, else the name of a file. What the
 * value points to lies in the arena. */
bool template_data(const char *json, struct arena *arena, struct value *data,
                   struct error *error);

#endif
