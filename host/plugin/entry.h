/* entry - opens a plugin's file and takes from it what both sides know.
 *
 * Eight steps, each with a refusal of its own (see load_steps in entry.c). The plugin may
 * be older or newer than this host: structs and table elements are copied by their own
 * sizes into zeroed ones of ours. Nothing is ever unloaded.
 */
#ifndef HOST_PLUGIN_ENTRY_H
#define HOST_PLUGIN_ENTRY_H

#include "base/zones.h"
#include "plugin/descriptor.h"

enum { REFUSAL_BYTES = 8192 }; /* most text of a refusal */

struct entry {
    imh_plugin plugin;             /* our copy: functions; tables of our element sizes */
    struct descriptor *descriptor; /* what is told to others */
    struct zones *zones;           /* for its calls: there are no files by then */
};

/* NULL, and one line per problem in `refusal`. */
struct entry *entry_open(const char *path, struct text *refusal);
void entry_free(struct entry *entry);
OWN_BY(entry);

#endif
