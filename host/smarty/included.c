#include "smarty/parser.h"
#include "smarty/smarty.h"

enum { TREE_BLOCK_BYTES = 16 << 10 };

struct search {
    void (*found)(void *self, struct str included, uint32_t line);
    void *self;
};

static void tell(const struct search *search, const struct expression *name)
{
    if (name->kind == EXPRESSION_CONSTANT && name->constant.type == VALUE_TEXT) {
        search->found(search->self, value_str(&name->constant), name->line);
    }
}

static void search_body(const struct search *search, const struct statement *body)
{
    for (; body; body = body->next) {
        if (body->kind == STATEMENT_INCLUDE) {
            tell(search, body->value);
        }
        search_body(search, body->body);
        search_body(search, body->otherwise);
    }
}

bool smarty_included(const char *name, struct str source,
                     void (*found)(void *self, struct str included, uint32_t line),
                     void *self, struct error *error)
{
    const struct search search = {found, self};
    struct arena arena;
    struct part *whole;
    struct parser parser = {.arena = &arena};
    arena_init(&arena, TREE_BLOCK_BYTES, PARSER_TREE_BYTES);
    bool good = lexer_init(&parser.lexer, name, source, &arena, error) &&
                parse_template(&parser, &whole);
    for (const struct part *part = good ? whole : NULL; part; part = part->next) {
        if (part->extends) {
            tell(&search, part->extends);
        }
        search_body(&search, part->tree);
    }
    arena_done(&arena);
    return good;
}
