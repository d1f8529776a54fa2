/* safe_distant - the vault of a running daemon, as a command uses it: by asking.
 *
 * The functions are those of safe.h. Values go to the daemon, never come from it.
 */
#ifndef HOST_APP_SAFE_DISTANT_H
#define HOST_APP_SAFE_DISTANT_H

#include "app/control_client.h"
#include "app/safe.h"

bool safe_distant_has(struct control_client *daemon, const struct seal_place *place,
                      struct error *error);
bool safe_distant_set(struct control_client *daemon, const struct seal_place *place,
                      const struct secret *value, bool *made_key, struct error *error);
bool safe_distant_unset(struct control_client *daemon, const struct seal_place *place,
                        struct error *error);
bool safe_distant_list(struct control_client *daemon,
                       void (*each)(void *self, const struct vault_record *record),
                       void *self, struct error *error);
bool safe_distant_halts(struct control_client *daemon,
                        void (*each)(void *self, const struct halt *halt), void *self,
                        struct error *error);
bool safe_distant_rekey(struct control_client *daemon, const char *source,
                        struct safe_change *change, struct error *error);

#endif
