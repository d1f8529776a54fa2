/* operation_vault - the daemon's operations on secrets. A new value is used from the next
 * request on; one that was missing puts its integration to work.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_OPERATION_VAULT_H
#define HOST_APP_OPERATION_VAULT_H

#include "app/operation.h"

/* {"account","integration","name"}; IMH_MISSING when it is not there. */
json_t *operation_vault_has(const struct operation *operation, struct error *error);
json_t *operation_vault_unset(const struct operation *operation, struct error *error);

/* The same, with the secret; gives {"made_key": bool}. */
json_t *operation_vault_set(const struct operation *operation, struct error *error);

/* {}; gives {"items": [{"account","integration","name","updated_at_ms"}]}. */
json_t *operation_vault_list(const struct operation *operation, struct error *error);

/* {"source": text or null}; gives {"sealed","refused","unopened": [places],"old_path"}. */
json_t *operation_vault_rekey(const struct operation *operation, struct error *error);

#endif
