#include "app/template_follow.h"

#include <stdio.h>

#include "engine/template_folder.h"

enum { BLOCK_BYTES = 16 << 10, NAME_BYTES = 4096 };

struct follow {
    const char *folder;
    const struct template_visitor *visitor;
    struct arena arena;
    struct array *names; /* met so far, each with where: "file:line" */
    const char *from;    /* the file that is searched */
    bool full;
};

static void add_name(void *self, struct str name, uint32_t line)
{
    struct follow *follow = self;
    char where[NAME_BYTES];
    struct str kept = arena_copy(&follow->arena, name);
    struct key key = key_named(kept);
    struct value *place = kept.ptr && follow->names->count < FOLLOW_MOST
                              ? array_place(&follow->arena, follow->names, &key)
                              : NULL;
    if (place && place->type == VALUE_UNDEFINED) {
        (void)snprintf(where, sizeof where, "%s:%u", follow->from, line);
        *place = value_text(arena_copy(&follow->arena, str_from(where)));
    }
    follow->full = follow->full || !place || !place->text;
}

/* Shows it, and notes what it includes. */
static bool visit(struct follow *follow, const char *name, struct str source,
                  struct error *error)
{
    follow->from = name;
    return follow->visitor->visit(follow->visitor->self, name, source, error) &&
           (!follow->folder || smarty_included(name, source, add_name, follow, error)) &&
           (!follow->full || error_set(error, IMH_REJECTED, "%s: more than %d templates",
                                       name, FOLLOW_MOST));
}

static bool visit_included(struct follow *follow, uint32_t number, struct error *error)
{
    char path[NAME_BYTES];
    struct key key;
    struct text source;
    struct str where = value_str(array_at(follow->names, number, &key));
    struct str name = {key.name, key.len};
    (void)snprintf(path, sizeof path, "%s/%.*s", follow->folder, STR_ARGS(name));
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    bool read = template_folder_read((void *)follow->folder, name, &source, error);
    if (!read) {
        (void)error_wrap(error, "%.*s: there is no template '%.*s'", STR_ARGS(where),
                         STR_ARGS(name));
    }
    bool good = read && visit(follow, path, text_str(&source), error);
    text_done(&source);
    return good;
}

bool template_follow(const char *path, const char *folder,
                     const struct template_visitor *visitor, struct error *error)
{
    struct follow follow = {.folder = folder, .visitor = visitor};
    struct text source;
    arena_init(&follow.arena, BLOCK_BYTES, 0);
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    follow.names = array_make(&follow.arena, 0);
    bool good = follow.names ? template_read(path, &source, error)
                             : error_set(error, IMH_RETRY, "no memory");
    good = good && visit(&follow, path, text_str(&source), error);
    for (uint32_t i = 0; good && i < follow.names->count; i++) {
        good = visit_included(&follow, i, error);
    }
    text_done(&source);
    arena_done(&follow.arena);
    return good;
}
