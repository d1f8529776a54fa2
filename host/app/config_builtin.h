/* config_builtin - what the host does itself, as integrations of an account: the section
 * [mail], and what each account has without one.
 */
#ifndef HOST_APP_CONFIG_BUILTIN_H
#define HOST_APP_CONFIG_BUILTIN_H

#include "app/config.h"

/* Those that no integration of the account takes the place of. */
void config_add_builtins(struct config *config, struct account *account);

/* What only the whole of [mail] shows; its options are read. */
void config_check_mail(const struct integration *mail, struct problems *problems);

#endif
