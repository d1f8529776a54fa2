#include "smarty/height.h"

/* A list still to be looked at: one of both. */
struct rest {
    const struct expression *expression;
    const struct statement *statement;
    uint32_t height;
};

/* Siblings take turns in one place and go last, so a node on the way down leaves less than
 * this behind. */
enum { REST_EACH = 6 };

struct climb {
    struct rest *rests;
    size_t count;
};

static void add_expression(struct climb *climb, const struct expression *expression,
                           uint32_t height)
{
    if (expression) {
        climb->rests[climb->count++] =
            (struct rest){.expression = expression, .height = height};
    }
}

static void add_statement(struct climb *climb, const struct statement *statement,
                          uint32_t height)
{
    if (statement) {
        climb->rests[climb->count++] =
            (struct rest){.statement = statement, .height = height};
    }
}

static void open_expression(struct climb *climb, const struct expression *expression,
                            uint32_t height)
{
    bool body = expression->kind == EXPRESSION_BODY;
    add_expression(climb, expression->next, height);
    add_expression(climb, expression->first, height + 1);
    add_expression(climb, expression->second, height + 1);
    add_expression(climb, expression->third, height + 1);
    add_expression(climb, expression->key, height + 1);
    add_statement(climb, body ? expression->body : NULL, height + 1);
}

static void open_statement(struct climb *climb, const struct statement *statement,
                           uint32_t height)
{
    add_statement(climb, statement->next, height);
    add_expression(climb, statement->target, height + 1);
    add_expression(climb, statement->value, height + 1);
    add_expression(climb, statement->key, height + 1);
    add_statement(climb, statement->body, height + 1);
    add_statement(climb, statement->otherwise, height + 1);
}

bool height_check(struct parser *parser, const struct statement *tree)
{
    struct climb climb = {.rests =
                              arena_alloc(parser->arena, (HEIGHT_MOST + 2) * REST_EACH *
                                                             sizeof(struct rest))};
    if (!climb.rests) {
        return fail_here(parser, "the template is too large");
    }
    add_statement(&climb, tree, 1);
    while (climb.count > 0) {
        struct rest rest = climb.rests[--climb.count];
        uint32_t line = rest.statement ? rest.statement->line : rest.expression->line;
        if (rest.height > HEIGHT_MOST) {
            return lexer_fail(&parser->lexer, line,
                              "more than %d operations or conditions in one go",
                              HEIGHT_MOST);
        }
        if (rest.statement) {
            open_statement(&climb, rest.statement, rest.height);
        } else {
            open_expression(&climb, rest.expression, rest.height);
        }
    }
    return true;
}
