/* builtin - what the host does itself, declared as a plugin declares it: actions of jobs.
 *
 *     mail.send    one mail to one recipient, by the server of the account's section [mail]
 *     event.emit   something happened
 *     log.write    a line in the log
 *
 * An account's own integration of such a name is meant before these.
 */
#ifndef HOST_ENGINE_BUILTIN_H
#define HOST_ENGINE_BUILTIN_H

#include "plugin/descriptor.h"

/* In place of the name of a plugin; no file can be called so. */
#define BUILTIN_MAIL "host:mail"
#define BUILTIN_EVENT "host:event"
#define BUILTIN_LOG "host:log"

/* NULL: it is a real plugin. */
const struct descriptor *builtin_descriptor(const char *plugin);

/* Is an action with these `params` one whose templates are rendered when it runs? They have
 * `data` for variables, an event among them as `trigger`. */
bool builtin_renders(const char *params);

/* Is the argument such a template? Whoever makes the job must pass it as it was written:
 * what was rendered once would be taken for a template again. */
bool builtin_is_template(const char *params, struct str argument);

#endif
