#include "smarty/smarty.h"

#include <stdlib.h>

#include "smarty/compile.h"
#include "smarty/parser.h"
#include "smarty/renderer.h"

enum { BLOCK_BYTES = 16 << 10 };

/* ---- templates ---- */

void smarty_template_free(struct smarty_template *template)
{
    if (template) {
        arena_done(&template->program.arena);
        free(template);
    }
}

/* `parser` has its arena and options already. */
static bool parse(struct parser *parser, const char *name, struct str source,
                  struct part **whole, struct error *error)
{
    if (source.len > SMARTY_SOURCE_BYTES) {
        return error_set(error, IMH_REJECTED, "%s:1: a template of more than %d MiB", name,
                         SMARTY_SOURCE_BYTES >> 20);
    }
    return lexer_init(&parser->lexer, name, source, parser->arena, error) &&
           parse_template(parser, whole);
}

static bool is_single_print(const struct part *whole)
{
    const struct statement *tree = whole->tree;
    return tree && tree->kind == STATEMENT_PRINT && !tree->next;
}

struct smarty_template *template_make(const char *name, struct str source,
                                      const struct smarty_options *options,
                                      const struct functions_known *known,
                                      struct error *error)
{
    OWN(smarty_template) template = calloc(1, sizeof *template);
    if (!template) {
        (void)error_set(error, IMH_RETRY, "%s: no memory for the template", name);
        return NULL;
    }
    struct program *program = &template->program;
    struct arena tree_arena;
    struct parser parser = {.arena = &tree_arena, .escape_html = options->escape_html};
    struct part *whole;
    if (known) {
        parser.known = *known;
    }
    arena_init(&program->arena, BLOCK_BYTES, SMARTY_MEMORY_BYTES);
    arena_init(&tree_arena, BLOCK_BYTES, PARSER_TREE_BYTES);
    struct str kept_name = arena_copy(&program->arena, str_from(name));
    program->name = kept_name.ptr ? kept_name.ptr : "";
    bool good = parse(&parser, name, source, &whole, error);
    if (good) {
        program->escape_html = parser.escape_html;
        if (options->keeps_type && is_single_print(whole)) {
            program->prints_json = whole->tree->as_json = true;
        }
        good = compile_template(program, whole, parser.asked) ||
               error_set(error, IMH_REJECTED, "%s:1: the template is too large", name);
    }
    arena_done(&tree_arena);
    return good ? GIVE(template) : NULL;
}

struct smarty_template *smarty_compile(const char *name, struct str source,
                                       const struct smarty_options *options,
                                       struct error *error)
{
    return template_make(name, source, options, NULL, error);
}

bool smarty_prints_json(const struct smarty_template *template)
{
    return template->program.prints_json;
}

struct str smarty_variable(const struct smarty_template *template, uint32_t index)
{
    struct key key;
    const struct array *slots = template->program.slots;
    if (index >= slots->count) {
        return (struct str){"", 0};
    }
    (void)array_at(slots, index, &key);
    return (struct str){key.name, key.len};
}
