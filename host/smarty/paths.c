#include "smarty/parser.h"
#include "smarty/smarty.h"

/* Walks a tree and tells every path it can touch. A loop's item stands for `list[]`, an
 * assigned variable for what was assigned to it, if that is a path. */

enum { PATH_BYTES = 4096 };

struct walk {
    void (*found)(void *self, const struct smarty_path *path);
    void *self;
    struct arena *arena;
    struct array *seen;  /* paths told already */
    struct str *aliases; /* by slot: what a variable of the template stands for */
    bool *is_local;      /* by slot: the template sets it */
    uint32_t slots;
};

static void walk_expression(struct walk *walk, const struct expression *expression);

static bool is_plain_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (!is_name_char(key.ptr[i])) {
            return false;
        }
    }
    return key.len > 0;
}

static bool write_path(struct walk *walk, const struct expression *expression,
                       struct text *out, bool *is_dynamic);

/* `.key`, `["odd key"]`, `[$variable]`, `[...]` for any other expression. */
static void write_key(struct walk *walk, const struct expression *key, struct text *out,
                      bool *is_dynamic)
{
    struct number_text room;
    bool ignored = false;
    if (!key) {
        text_add_cstr(out, "[]");
    } else if (key->kind == EXPRESSION_CONSTANT) {
        struct str text = value_to_str(&key->constant, &room);
        bool plain = is_plain_key(text);
        text_add_cstr(out, plain ? "." : "[\"");
        text_add(out, text);
        text_add_cstr(out, plain ? "" : "\"]");
    } else {
        struct text inner;
        text_init(&inner, PATH_BYTES);
        *is_dynamic = true;
        bool path = write_path(walk, key, &inner, &ignored);
        text_add_cstr(out, path ? ".[$" : ".[...");
        text_add(out, path ? text_str(&inner) : STR_OF(""));
        text_add_char(out, ']');
        text_done(&inner);
    }
}

/* Writes a path; false when the expression is none. */
static bool write_path(struct walk *walk, const struct expression *expression,
                       struct text *out, bool *is_dynamic)
{
    if (expression->kind == EXPRESSION_VARIABLE) {
        struct str alias = walk->aliases[expression->slot];
        if (walk->is_local[expression->slot]) {
            text_add(out, alias);
            *is_dynamic = *is_dynamic || str_find(alias, STR_OF("[$"), 0) < alias.len;
            return alias.len > 0;
        }
        text_add(out, expression->name);
        return true;
    }
    if (expression->kind != EXPRESSION_MEMBER ||
        !write_path(walk, expression->first, out, is_dynamic)) {
        return false;
    }
    write_key(walk, expression->second, out, is_dynamic);
    return true;
}

static void tell(struct walk *walk, const struct expression *expression)
{
    struct text text;
    bool is_dynamic = false;
    text_init(&text, PATH_BYTES);
    if (write_path(walk, expression, &text, &is_dynamic) && !text.failed) {
        struct str path = arena_copy(walk->arena, text_str(&text));
        struct key key = key_named(path);
        struct value *place = path.ptr ? array_place(walk->arena, walk->seen, &key) : NULL;
        if (place && place->type == VALUE_UNDEFINED) {
            *place = value_bool(true);
            size_t end = 0;
            while (end < path.len && is_name_char(path.ptr[end])) {
                end++;
            }
            struct smarty_path found = {.text = path,
                                        .root = str_before(path, end),
                                        .is_dynamic = is_dynamic,
                                        .line = expression->line};
            walk->found(walk->self, &found);
        }
    }
    text_done(&text);
}

/* ---- expressions ---- */

/* Keys inside a path are paths of their own. */
static void walk_keys(struct walk *walk, const struct expression *expression)
{
    while (expression->kind == EXPRESSION_MEMBER) {
        if (expression->second) {
            walk_expression(walk, expression->second);
        }
        expression = expression->first;
    }
    if (expression->kind != EXPRESSION_VARIABLE) {
        walk_expression(walk, expression);
    }
}

static void walk_body(struct walk *walk, const struct statement *body);
static void walk_target(struct walk *walk, const struct expression *target,
                        const struct expression *value);

static void walk_expression(struct walk *walk, const struct expression *expression)
{
    for (; expression; expression = expression->next) {
        if (expression->kind == EXPRESSION_VARIABLE ||
            expression->kind == EXPRESSION_MEMBER) {
            tell(walk, expression);
            walk_keys(walk, expression);
        } else if (expression->kind == EXPRESSION_STEP && !expression->first) {
            struct expression counted = *expression;
            counted.kind = EXPRESSION_VARIABLE;
            tell(walk, &counted);
        } else if (expression->kind == EXPRESSION_ASSIGN) {
            walk_expression(walk, expression->second);
            walk_target(walk, expression->first, expression->second);
        } else {
            walk_expression(walk, expression->first);
            walk_expression(walk, expression->second);
            walk_expression(walk, expression->third);
        }
        walk_expression(walk, expression->key);
        if (expression->kind == EXPRESSION_BODY) {
            walk_body(walk, expression->body);
        }
    }
}

/* ---- statements ---- */

/* What the variable stands for from here on. */
static void set_alias(struct walk *walk, uint32_t slot, const struct expression *value,
                      const char *suffix)
{
    struct text text;
    bool ignored = false;
    text_init(&text, PATH_BYTES);
    /* The value may name the variable itself, as it was before. */
    bool path = value && write_path(walk, value, &text, &ignored);
    text_add_cstr(&text, suffix);
    struct str copy = arena_copy(walk->arena, text_str(&text));
    walk->aliases[slot] = path && copy.ptr ? copy : (struct str){"", 0};
    walk->is_local[slot] = true;
    text_done(&text);
}

/* `value` is assigned to it; NULL: something that is no path. */
static void walk_target(struct walk *walk, const struct expression *target,
                        const struct expression *value)
{
    if (target->kind == EXPRESSION_VARIABLE) {
        set_alias(walk, target->slot, value, "");
    } else {
        walk_keys(walk, target);
    }
}

static void walk_statement(struct walk *walk, const struct statement *at)
{
    walk_expression(walk, at->value);
    walk_expression(walk, at->key);
    walk_expression(walk, at->list);
    if (at->kind == STATEMENT_FOR) {
        set_alias(walk, at->item, NULL, "");
    }
    if (at->kind == STATEMENT_FOREACH) {
        set_alias(walk, at->item, at->value, "[]");
        if (at->item_key != SLOT_NONE) {
            set_alias(walk, at->item_key, NULL, "");
        }
    } else if (at->target) {
        walk_target(walk, at->target, at->kind == STATEMENT_ASSIGN ? at->value : NULL);
    }
    walk_body(walk, at->body);
    walk_body(walk, at->otherwise);
    walk_body(walk, at->after);
}

static void walk_body(struct walk *walk, const struct statement *body)
{
    for (; body; body = body->next) {
        walk_statement(walk, body);
    }
}

/* One part, which has names of its own. What it calls its own is local. */
static bool walk_part(struct walk *walk, const struct part *part)
{
    const struct array *numbers = part->variables.numbers;
    walk->slots = numbers ? numbers->count : 0;
    walk->aliases = arena_zero(walk->arena, walk->slots, sizeof(struct str));
    walk->is_local = arena_zero(walk->arena, walk->slots, sizeof(bool));
    if (!walk->aliases || !walk->is_local) {
        return false;
    }
    for (uint32_t i = 0; i < part->default_count; i++) {
        struct key key = key_named(part->default_names[i]);
        const struct value *slot = numbers ? array_get(numbers, &key) : NULL;
        if (slot) {
            walk->is_local[slot->integer] = true;
        }
    }
    walk_expression(walk, part->defaults);
    walk_expression(walk, part->extends);
    walk_body(walk, part->tree);
    return true;
}

bool smarty_paths(const char *name, struct str source,
                  void (*found)(void *self, const struct smarty_path *path), void *self,
                  struct error *error)
{
    struct arena arena;
    struct part *whole;
    struct parser parser = {.arena = &arena};
    arena_init(&arena, PATH_BYTES * 4, PARSER_TREE_BYTES);
    bool good = lexer_init(&parser.lexer, name, source, &arena, error) &&
                parse_template(&parser, &whole);
    if (good) {
        struct walk walk = {
            .found = found, .self = self, .arena = &arena, .seen = array_make(&arena, 0)};
        good = walk.seen != NULL;
        for (const struct part *part = whole; good && part; part = part->next) {
            good = walk_part(&walk, part);
        }
        if (!good) {
            (void)error_set(error, IMH_REJECTED, "%s:1: the template is too large", name);
        }
    }
    arena_done(&arena);
    return good;
}
