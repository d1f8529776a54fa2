/* descriptor - what a plugin declares, as the host keeps it.
 *
 * The worker fills one from the plugin's own constant and sends it as JSON; the supervisor
 * reads that and never sees the plugin itself. Element types are those of imh.h, without
 * the functions: on the supervisor's side these are NULL.
 */
#ifndef HOST_PLUGIN_DESCRIPTOR_H
#define HOST_PLUGIN_DESCRIPTOR_H

#include "base/own.h"
#include "base/text.h"

struct descriptor {
    const char *name, *version, *vendor, *summary;
    uint32_t abi_major, abi_minor;
    uint32_t flags; /* IMH_CONCURRENT */
    uint32_t parallel, rate_a_minute;
    bool can_check, can_resolve, can_upsert, can_remove;
    imh_option *options;
    uint32_t option_count;
    imh_auth *auths;
    uint32_t auth_count;
    imh_variable *variables;
    uint32_t variable_count;
    imh_event_type *event_types;
    uint32_t event_type_count;
    imh_source *sources;
    uint32_t source_count;
    imh_route *routes;
    uint32_t route_count;
    imh_entity *entities;
    uint32_t entity_count;
    imh_action *actions;
    uint32_t action_count;
    void *json; /* what the texts are lent from, when it was read from JSON */
};

/* Frees the tables; the texts of a plugin's own constant stay. */
void descriptor_free(struct descriptor *descriptor);
OWN_BY(descriptor);

/* One JSON object; false when memory is out. */
bool descriptor_to_json(const struct descriptor *descriptor, struct text *json);

/* NULL and an error for anything that is not exactly what descriptor_to_json() makes. */
struct descriptor *descriptor_from_json(struct str json, struct error *error);

/* Adds a line per text that is no UTF-8, "options[1].help is not UTF-8". */
void descriptor_check_texts(const struct descriptor *descriptor, struct text *problems);

const imh_option *descriptor_option(const struct descriptor *descriptor, struct str name);

/* Number of the variable, or -1. */
int descriptor_variable(const struct descriptor *descriptor, struct str name);

/* Number of the action, or -1. */
int descriptor_action(const struct descriptor *descriptor, struct str name);

/* Number of the entity, or -1. */
int descriptor_entity(const struct descriptor *descriptor, struct str name);

/* "text", "url" ... of IMH_TEXT .. IMH_ARRAY. */
const char *descriptor_type_name(uint32_t type);

#endif
