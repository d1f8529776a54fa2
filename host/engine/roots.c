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

static const struct lazy_type keyed_type = {.member = keyed_member, .has_text_keys = true};

/* ---- references ---- */

/* Lies with the answer it came in. */
struct reference {
    struct lazy lazy; /* first */
    struct ask ask;
    struct key members[DATA_PATH_MOST]; /* to go into, behind that */
    uint32_t member_count;
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
    for (uint32_t i = 0; i < reference->member_count; i++) {
        struct number_text room;
        text_add_char(out, ',');
        json_add_string(out, key_text(&reference->members[i], &room));
    }
    text_add_cstr(out, "]}");
}

/* One step further into a value that is there, or lazy itself. */
static bool step_into(const struct key *key, struct arena *arena, struct value *value,
                      struct error *error)
{
    if (value->type == VALUE_LAZY) {
        return value->lazy->type->member(value->lazy, key, arena, value, error);
    }
    const struct value *found =
        value->type == VALUE_ARRAY ? array_get(value->array, key) : NULL;
    *value = value->type == VALUE_PENDING ? *value : found ? *found : value_null();
    return true;
}

static bool reference_member(const struct lazy *lazy, const struct key *key,
                             struct arena *arena, struct value *value, struct error *error)
{
    return reference_whole(lazy, arena, value, error) &&
           step_into(key, arena, value, error);
}

static const struct lazy_type reference_type = {
    .member = reference_member, .whole = reference_whole, .write = reference_write};

/* One hop: what it names, and the way into that. */
static bool resolve(const struct reference *reference, struct arena *arena,
                    struct value *value, struct error *error)
{
    const struct ask *ask = &reference->ask;
    if (ask->key.len > VARIABLES_KEY_BYTES) {
        struct error failure;
        (void)error_set(&failure, IMH_BROKEN,
                        "it refers to '%s' with a key of %zu bytes, %d are allowed",
                        descriptor_of(ask)->variables[ask->variable].name, ask->key.len,
                        VARIABLES_KEY_BYTES);
        return variables_fail(ask->root->variables, ask->root, &failure, value, error);
    }
    bool good = variables_ask(ask->root->variables, ask, value, error);
    for (uint32_t i = 0; good && i < reference->member_count; i++) {
        good = step_into(&reference->members[i], arena, value, error);
    }
    return good;
}

/* The remote's data are to blame, not the template. */
static bool fail_circle(const struct root *root, struct value *value, struct error *error)
{
    struct error failure;
    (void)error_set(&failure, IMH_BROKEN, "its references lead in a circle");
    return variables_fail(root->variables, root, &failure, value, error);
}

static bool reference_whole(const struct lazy *lazy, struct arena *arena,
                            struct value *value, struct error *error)
{
    struct value at = {.type = VALUE_LAZY, .lazy = lazy};
    for (unsigned hops = 0; at.type == VALUE_LAZY && at.lazy->type == &reference_type;
         hops++) {
        const struct reference *reference = (const struct reference *)at.lazy;
        if (hops == HOPS_MOST) {
            return fail_circle(reference->ask.root, value, error);
        }
        if (!resolve(reference, arena, &at, error)) {
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

/* `path` from number `first` on: the members to go into. */
static bool make_reference(const struct ask *ask, const struct data_reference *path,
                           uint32_t first, struct arena *arena, struct value *value)
{
    struct reference *reference = arena_alloc(arena, sizeof *reference);
    if (!reference) {
        return false;
    }
    *reference = (struct reference){.lazy = {&reference_type}, .ask = *ask};
    for (uint32_t i = first; i < path->count; i++) {
        reference->members[reference->member_count++] = key_from_text(path->path[i]);
    }
    *value = (struct value){.type = VALUE_LAZY, .lazy = &reference->lazy};
    return true;
}

/* A reference names a variable of the same integration, with a key when it has keys, and
 * may go on into what that gives. */
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
    uint32_t first = keyed ? 2 : 1;
    struct ask ask = {.root = root,
                      .variable = (uint32_t)number,
                      .has_key = keyed,
                      .key = keyed ? reference->path[1] : STR_OF(""),
                      .query = STR("")};
    if (reference->count < first || (keyed && ask.key.len == 0)) {
        return false;
    }
    return is_list(variable)
               ? list_make(root, ask.variable, reference->filter, arena, value)
               : make_reference(&ask, reference, first, arena, value);
}

struct data_linker root_linker(struct root *root)
{
    return (struct data_linker){
        .self = root, .zone = root->integration->zone, .link = link_reference};
}

bool variables_linker(struct variables *variables, const struct integration *integration,
                      struct data_linker *linker, struct error *error)
{
    struct value value;
    if (!variables_root(variables, integration, &value, error)) {
        return false;
    }
    struct root *root = (struct root *)value.lazy;
    *linker = root_linker(root);
    if (!root->descriptor) {
        *error = root->failure;
        return error_wrap(error, "integration '%s'", integration->identifier);
    }
    return true;
}

/* ---- the root ---- */

static bool root_member(const struct lazy *lazy, const struct key *key, struct arena *arena,
                        struct value *value, struct error *error)
{
    const struct root *root = (const struct root *)lazy;
    struct number_text room;
    if (!root->descriptor) {
        return variables_fail(root->variables, root, &root->failure, value, error);
    }
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
