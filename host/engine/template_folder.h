/* template_folder - templates that are files of one folder. */
#ifndef HOST_ENGINE_TEMPLATE_FOLDER_H
#define HOST_ENGINE_TEMPLATE_FOLDER_H

#include "smarty/smarty.h"

/* A folder of templates that others include: `self` of a smarty_store is its name. What
 * leads out of the folder, a symbolic link too, is not there. */
bool template_folder_read(void *self, struct str name, struct text *source,
                          struct error *error);

#endif
