#include "smarty/smarty.h"

#include <stdlib.h>

#include "smarty/compile.h"
#include "smarty/parser.h"

enum { BLOCK_BYTES = 16 << 10 };

/* ---- templates ---- */

struct smarty_template {
    struct program program;
};

void smarty_template_free(struct smarty_template *template)
{
    if (template) {
        arena_done(&template->program.arena);
        free(template);
    }
}

/* Names found by the parser, in their own memory: the tree's goes. */
static struct array *keep_names(const struct array *names, struct arena *arena)
{
    struct array *kept = array_make(arena, 0);
    for (uint32_t i = 0; kept && names && i < names->count; i++) {
        struct key key;
        const struct value *number = array_at(names, i, &key);
        struct str name = arena_copy(arena, (struct str){key.name, key.len});
        key.name = name.ptr;
        if (!name.ptr || !array_set(arena, kept, &key, number)) {
            return NULL;
        }
    }
    return kept;
}

static uint32_t count_names(const struct names *names)
{
    return names->numbers ? names->numbers->count : 0;
}

static bool compile(struct program *program, const struct parser *parser,
                    struct statement *tree, struct error *error)
{
    struct compiler compiler = {.program = program,
                                .arena = &program->arena,
                                .variables = (int32_t)count_names(&parser->variables)};
    program->variable_count = count_names(&parser->variables);
    program->loop_count = count_names(&parser->loops);
    program->slots = keep_names(parser->variables.numbers, &program->arena);
    if (!program->slots || !compile_program(&compiler, tree)) {
        return error_set(error, IMH_REJECTED, "%s:1: the template is too large",
                         program->name);
    }
    return true;
}

/* `parser` has its arena and options already. */
static bool parse(struct parser *parser, const char *name, struct str source,
                  struct statement **tree, struct error *error)
{
    if (source.len > SMARTY_SOURCE_BYTES) {
        return error_set(error, IMH_REJECTED, "%s:1: a template of more than %d MiB", name,
                         SMARTY_SOURCE_BYTES >> 20);
    }
    return lexer_init(&parser->lexer, name, source, parser->arena, error) &&
           parse_template(parser, tree);
}

struct smarty_template *smarty_compile(const char *name, struct str source,
                                       const struct smarty_options *options,
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
    struct statement *tree;
    arena_init(&program->arena, BLOCK_BYTES, SMARTY_MEMORY_BYTES);
    arena_init(&tree_arena, BLOCK_BYTES, PARSER_TREE_BYTES);
    struct str kept_name = arena_copy(&program->arena, str_from(name));
    program->name = kept_name.ptr ? kept_name.ptr : "";
    bool good = parse(&parser, name, source, &tree, error) &&
                compile(program, &parser, tree, error);
    arena_done(&tree_arena);
    return good ? GIVE(template) : NULL;
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

/* ---- rendering ---- */

struct smarty_renderer {
    struct arena arena;
    struct text scratch;
    struct value *frame; /* constants, variables, temporaries */
    size_t frame_count;
    uint64_t steps;
    struct effort effort;
    uint64_t regex_steps;
};

struct smarty_renderer *smarty_renderer_make(void)
{
    struct smarty_renderer *renderer = calloc(1, sizeof *renderer);
    if (renderer) {
        arena_init(&renderer->arena, BLOCK_BYTES, SMARTY_MEMORY_BYTES);
        text_init(&renderer->scratch, SMARTY_OUTPUT_BYTES);
        renderer->steps = SMARTY_STEPS;
        renderer->effort = effort_full();
        renderer->regex_steps = SMARTY_REGEX_STEPS;
    }
    return renderer;
}

void smarty_renderer_limit(struct smarty_renderer *renderer,
                           const struct smarty_limits *limits)
{
    renderer->steps = limits->steps;
    renderer->effort.left = limits->effort;
    renderer->regex_steps = limits->regex_steps;
    renderer->arena.most = limits->memory_bytes;
}

void smarty_renderer_free(struct smarty_renderer *renderer)
{
    if (renderer) {
        arena_done(&renderer->arena);
        text_done(&renderer->scratch);
        free(renderer->frame);
        free(renderer);
    }
}

bool smarty_array_root(void *self, const struct key *name, struct value *value)
{
    const struct value *array = self;
    const struct value *found =
        array->type == VALUE_ARRAY ? array_get(array->array, name) : NULL;
    if (found) {
        *value = *found;
    }
    return found != NULL;
}

/* A frame large enough, its constants set; NULL when memory is out. Of an empty template it
 * has one value, so that it is never nothing. */
static struct value *prepare_frame(struct smarty_renderer *renderer,
                                   const struct program *program)
{
    size_t count = 1 + (size_t)program->constant_count + program->variable_count +
                   program->temporary_count;
    if (count > renderer->frame_count) {
        struct value *frame = realloc(renderer->frame, count * sizeof *frame);
        if (!frame) {
            return NULL;
        }
        renderer->frame = frame;
        renderer->frame_count = count;
    }
    struct value *zero = renderer->frame + program->constant_count;
    for (uint32_t i = 0; i < program->constant_count; i++) {
        zero[-1 - (int64_t)i] = program->constants[i];
    }
    return zero;
}

static void set_variables(struct vm *vm)
{
    const struct program *program = vm->program;
    for (uint32_t i = 0; i < program->variable_count; i++) {
        struct key key;
        (void)array_at(program->slots, i, &key);
        vm->frame[i] = (struct value){.type = VALUE_UNDEFINED};
        (void)vm->data->root(vm->data->self, &key, &vm->frame[i]);
    }
}

static enum smarty_result finish(struct vm *vm, size_t before)
{
    if (!vm->failed && !vm->pending) {
        return SMARTY_DONE;
    }
    vm->out->len = before;
    vm->out->failed = false;
    return vm->failed ? SMARTY_FAILED : SMARTY_PENDING;
}

enum smarty_result smarty_render(struct smarty_renderer *renderer,
                                 const struct smarty_template *template,
                                 const struct smarty_data *data, struct text *out,
                                 struct error *error)
{
    const struct program *program = &template->program;
    size_t before = out->len;
    arena_clear(&renderer->arena);
    struct vm vm = {.program = program,
                    .frame = prepare_frame(renderer, program),
                    .out = out,
                    .data = data,
                    .call = {.arena = &renderer->arena,
                             .scratch = &renderer->scratch,
                             .error = error,
                             .effort = renderer->effort,
                             .regex_left = renderer->regex_steps,
                             .zone = data->zone,
                             .now_s = data->now_s},
                    .steps_left = renderer->steps};
    vm.loops = arena_zero(&renderer->arena, program->loop_count, sizeof(struct loop *));
    vm.depths = arena_zero(&renderer->arena, program->depth_count, sizeof(struct loop *));
    if (!vm.frame || !vm.loops || !vm.depths) {
        (void)error_set(error, IMH_RETRY, "%s: no memory to render", program->name);
        return SMARTY_FAILED;
    }
    set_variables(&vm);
    vm_run(&vm);
    return finish(&vm, before);
}
