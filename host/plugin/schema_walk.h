/* schema_walk - the way through a schema and a value: parts, members, and where one is.
 *
 * Nothing is built: each step reads the text again from where the part begins. For
 * schema.c.
 */
#ifndef HOST_PLUGIN_SCHEMA_WALK_H
#define HOST_PLUGIN_SCHEMA_WALK_H

#include "base/json.h"

/* A value, or a part of one. */
struct node {
    struct str key; /* decoded; empty in a list */
    struct str whole;
    enum json_event event;
};

struct walk {
    struct arena arena;
    struct text path; /* the JSON Pointer to where it is */
    bool no_memory;   /* for a name or text on the way: then no verdict counts */
    struct error *error;
};

/* Of a checked document. */
struct node walk_node(struct str json);

/* Opens an object or a list; walk_next() gives what is in it, until it is false. Of
 * anything else there is nothing. */
void walk_open(struct json_reader *reader, const struct node *node);
bool walk_next(struct walk *walk, struct json_reader *reader, struct node *part);

bool walk_find(struct walk *walk, const struct node *object, struct str name,
               struct node *found);

/* The characters of a JSON_STRING. */
struct str walk_text(struct walk *walk, const struct node *node);

/* A step down; what they give takes it back. */
size_t walk_into(struct walk *walk, struct str step);
size_t walk_to(struct walk *walk, unsigned index);
void walk_back(struct walk *walk, size_t before);

/* Both are false. "/lines/0 must be text" is wrong with the value, IMH_REJECTED;
 * "/items/type: there is no such type" with the schema, IMH_BROKEN. */
bool walk_reject(struct walk *walk, const char *words, struct str detail);
bool walk_refuse(struct walk *walk, const char *words);

#endif
