/* template_follow - a template, and all that it includes or extends, one after the other.
 *
 * Only names that stand in the source as texts are followed; each template is visited once.
 */
#ifndef HOST_APP_TEMPLATE_FOLLOW_H
#define HOST_APP_TEMPLATE_FOLLOW_H

#include "app/template_file.h"

enum { FOLLOW_MOST = 1000 }; /* templates */

struct template_visitor {
    void *self;
    /* `name` is that of the file. false: nothing more is visited, and `error` has what is
     * to be told. */
    bool (*visit)(void *self, const char *name, struct str source, struct error *error);
};

/* `folder` is that of --include; NULL: the template alone. false after the visitor said so,
 * or with an error of its own. */
bool template_follow(const char *path, const char *folder,
                     const struct template_visitor *visitor, struct error *error);

#endif
