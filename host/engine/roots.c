#include "engine/roots.h"

#include "engine/lists.h"
#include "smarty/number.h"

enum { HOPS_MOST = 8 }; /* references that lead to references */

static bool fail_memory(struct error *error)
{
    return error_set(error, IMH_REJECTED, "no memory left for this message");
}

static struct str key_text(const struct key *key, struct number_text *room)
{
    return key->name ? (struct str){key->name, key->len} : int_to_str(key->number, room);
}

/* ---- keys of a variable ---- */

/* Lies in a render's arena. */
struct keyed {
    struct lazy lazy; /* first */
    const struct root *root;
    uint32_t variable;
};

static bool keyed_member(const struct lazy *lazy, const struct key *key,
                         struct arena *arena, struct value *value, struct error *error)
{
    const struct keyed *keyed = (const struct keyed *)lazy;
    struct number_text room;
    struct ask ask = {.root = keyed->root,
                      .variable = keyed->variable,
                      .has_key = true,
                      .key = key_text(key, &room),
                      .query = STR("")};
    (void)arena;
    if (ask.key.len == 0 || ask.key.len > VARIABLES_KEY_BYTES) {
        *value = value_null();
        return true;
    }
    return variables_ask(keyed->root->variables, &ask, value, error);
}

static const struct lazy_type keyed_type = {.member = keyed_member};

/* ---- references ---- */

/* Lies with the answer it came in. */
struct reference {
    struct lazy lazy; /* first */
    struct ask ask;
};

/* What a reference leads to, through others if need be. */
static bool reference_whole(const struct lazy *lazy, struct arena *arena,
                            struct value *value, struct error *error);

static const struct descriptor *descriptor_of(const struct ask *ask)
{
    return ask->root->descriptor;
}

static void reference_write(const struct lazy *lazy, struct text *out)
{
    const struct reference *reference = (const struct reference *)lazy;
    const struct ask *ask = &reference->ask;
    text_add_cstr(out, "{\"$ref\":[");
    json_add_string(out, str_from(descriptor_of(ask)->variables[ask->variable].name));
    if (ask->has_key) {
        text_add_char(out, ',');
        json_add_string(out, ask->key);
    }
    text_add_cstr(out, "]}");
}

static bool reference_member(const struct lazy *lazy, const struct key *key,
                             struct arena *arena, struct value *value, struct error *error)
{
    struct value whole;
    if (!reference_whole(lazy, arena, &whole, error)) {
        return false;
    }
    const struct value *found =
        whole.type == VALUE_ARRAY ? array_get(whole.array, key) : NULL;
    *value = whole.type == VALUE_PENDING ? whole : found ? *found : value_null();
    return true;
}

static const struct lazy_type reference_type = {
    .member = reference_member, .whole = reference_whole, .write = reference_write};

static bool reference_whole(const struct lazy *lazy, struct arena *arena,
                            struct value *value, struct error *error)
{
    struct value at = {.type = VALUE_LAZY, .lazy = lazy};
    for (unsigned hops = 0; at.type == VALUE_LAZY && at.lazy->type == &reference_type;
         hops++) {
        const struct reference *reference = (const struct reference *)at.lazy;
        if (hops == HOPS_MOST) {
            return error_set(error, IMH_BROKEN,
                             "references of integration '%s' lead in a circle",
                             reference->ask.root->integration->identifier);
        }
        if (!variables_ask(reference->ask.root->variables, &reference->ask, &at, error)) {
            return false;
        }
    }
    *value = at;
    return at.type != VALUE_LAZY || at.lazy->type->whole(at.lazy, arena, value, error);
}

/* ---- making both ---- */

static bool is_list(const imh_variable *variable)
{
    return variable->type == IMH_ARRAY && !(variable->flags & IMH_KEYED);
}

static bool make_reference(const struct ask *ask, struct arena *arena, struct value *value)
{
    struct reference *reference = arena_alloc(arena, sizeof *reference);
    if (!reference) {
        return false;
    }
    *reference = (struct reference){.lazy = {&reference_type}, .ask = *ask};
    *value = (struct value){.type = VALUE_LAZY, .lazy = &reference->lazy};
    return true;
}

/* A reference names a variable of the same integration, with a key exactly when it has
 * keys. */
static bool link_reference(void *self, const struct data_reference *reference,
                           struct arena *arena, struct value *value)
{
    struct root *root = self;
    int number = descriptor_variable(root->descriptor, reference->path[0]);
    if (number < 0) {
        return false;
    }
    const imh_variable *variable = &root->descriptor->variables[number];
    bool keyed = variable->flags & IMH_KEYED;
    struct ask ask = {.root = root,
                      .variable = (uint32_t)number,
                      .has_key = keyed,
                      .key = keyed ? reference->path[1] : STR_OF(""),
                      .query = STR("")};
    if (keyed != (reference->count == 2) || ask.key.len > VARIABLES_KEY_BYTES ||
        (keyed && ask.key.len == 0)) {
        return false;
    }
    return is_list(variable)
               ? list_make(root, ask.variable, reference->filter, arena, value)
               : make_reference(&ask, arena, value);
}

struct data_linker root_linker(struct root *root)
{
    return (struct data_linker){
        .self = root, .zone = root->integration->zone, .link = link_reference};
}

/* ---- the root ---- */

static bool root_member(const struct lazy *lazy, const struct key *key, struct arena *arena,
                        struct value *value, struct error *error)
{
    const struct root *root = (const struct root *)lazy;
    struct number_text room;
    int number = descriptor_variable(root->descriptor, key_text(key, &room));
    if (number < 0) {
        *value = value_null();
        return true;
    }
    struct ask ask = {
        .root = root, .variable = (uint32_t)number, .key = STR(""), .query = STR("")};
    const imh_variable *variable = &root->descriptor->variables[number];
    if (is_list(variable)) {
        return list_make(root, ask.variable, STR_OF(""), arena, value) ||
               fail_memory(error);
    }
    if (!(variable->flags & IMH_KEYED)) {
        return variables_ask(root->variables, &ask, value, error);
    }
    struct keyed *keyed = arena_alloc(arena, sizeof *keyed);
    if (!keyed) {
        return fail_memory(error);
    }
    *keyed = (struct keyed){.lazy = {&keyed_type}, .root = root, .variable = ask.variable};
    *value = (struct value){.type = VALUE_LAZY, .lazy = &keyed->lazy};
    return true;
}

const struct lazy_type root_type = {.member = root_member};
