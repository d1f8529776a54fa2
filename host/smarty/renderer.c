#include "smarty/renderer.h"

#include <stdlib.h>

#include "smarty/include.h"
#include "smarty/parser.h"
#include "smarty/scope.h"

enum { BLOCK_BYTES = 16 << 10 };

enum { PART_STEPS = 10 }; /* a part costs as much as so many turns of a loop */

/* Of {eval}: different texts, and their bytes together. */
enum { EVALUATED_MOST = 1000, EVALUATED_BYTES = 1 << 20 };

struct smarty_renderer *smarty_renderer_make(void)
{
    struct smarty_renderer *renderer = calloc(1, sizeof *renderer);
    if (renderer) {
        arena_init(&renderer->arena, BLOCK_BYTES, SMARTY_MEMORY_BYTES);
        text_init(&renderer->scratch, SMARTY_OUTPUT_BYTES);
        renderer->limits = smarty_limits_usual;
    }
    return renderer;
}

void smarty_renderer_limit(struct smarty_renderer *renderer,
                           const struct smarty_limits *limits)
{
    const struct smarty_limits *usual = &smarty_limits_usual;
    struct smarty_limits *kept = &renderer->limits;
    *kept = *limits;
    kept->steps = kept->steps ? kept->steps : usual->steps;
    kept->effort = kept->effort ? kept->effort : usual->effort;
    kept->regex_steps = kept->regex_steps ? kept->regex_steps : usual->regex_steps;
    kept->memory_bytes = kept->memory_bytes ? kept->memory_bytes : usual->memory_bytes;
    kept->output_bytes = kept->output_bytes ? kept->output_bytes : usual->output_bytes;
    kept->depth = kept->depth && kept->depth < usual->depth ? kept->depth : usual->depth;
    kept->include_depth = kept->include_depth && kept->include_depth < usual->include_depth
                              ? kept->include_depth
                              : usual->include_depth;
    renderer->arena.most = kept->memory_bytes;
    renderer->scratch.most = kept->output_bytes;
}

static void free_templates(struct kept_template **list)
{
    while (*list) {
        struct kept_template *next = (*list)->next;
        smarty_template_free((*list)->template);
        free(*list);
        *list = next;
    }
}

void renderer_forget_evaluated(struct smarty_renderer *renderer)
{
    free_templates(&renderer->evaluated);
    renderer->evaluated_count = 0;
    renderer->evaluated_bytes = 0;
}

void smarty_renderer_free(struct smarty_renderer *renderer)
{
    if (renderer) {
        free_templates(&renderer->included);
        renderer_forget_evaluated(renderer);
        for (size_t i = 0; i <= SMARTY_DEPTH; i++) {
            free(renderer->frames[i].values);
            free(renderer->frames[i].loops);
        }
        arena_done(&renderer->arena);
        text_done(&renderer->scratch);
        free(renderer);
    }
}

/* ---- frames ---- */

static bool grow_values(struct frame *frame, size_t count)
{
    if (count > frame->count) {
        struct value *values = realloc(frame->values, count * sizeof *values);
        if (!values) {
            return false;
        }
        frame->values = values;
        frame->count = count;
    }
    return true;
}

static bool grow_loops(struct frame *frame, size_t count)
{
    if (count > frame->loop_count) {
        struct loop **loops = realloc(frame->loops, count * sizeof *loops);
        if (!loops) {
            return false;
        }
        frame->loops = loops;
        frame->loop_count = count;
    }
    return true;
}

/* It has one value and one loop at least, so that it is never nothing. */
bool renderer_frame(struct smarty_renderer *renderer, struct vm *vm)
{
    const struct program *program = vm->program;
    struct frame *frame = &renderer->frames[vm->render->depth];
    size_t count = 1 + (size_t)program->constant_count + program->variable_count +
                   program->temporary_count;
    size_t loops = 1 + (size_t)program->loop_count + program->depth_count;
    if (!grow_values(frame, count) || !grow_loops(frame, loops)) {
        return false;
    }
    vm->frame = frame->values + program->constant_count;
    for (uint32_t i = 0; i < program->constant_count; i++) {
        vm->frame[-1 - (int64_t)i] = program->constants[i];
    }
    memset(frame->loops, 0, loops * sizeof *frame->loops);
    vm->loops = frame->loops;
    vm->depths = frame->loops + program->loop_count;
    return true;
}

/* ---- parts ---- */

/* The functions of a template are known from its start. */
static bool define(struct vm *vm)
{
    const struct program *program = vm->program;
    for (uint32_t i = 0; i < program->defined_count; i++) {
        struct known_function *known = arena_alloc(vm->call.arena, sizeof *known);
        if (!known) {
            return false;
        }
        *known = (struct known_function){program->defined[i], vm->render->functions};
        vm->render->functions = known;
    }
    return true;
}

/* What goes on in the part around it. */
static void hand_back(struct vm *vm, const struct vm *inner)
{
    vm->call = inner->call;
    vm->steps_left = inner->steps_left;
    vm->pending = inner->pending;
    vm->failed = inner->failed;
}

static const struct op *run_inner(struct vm *vm, const struct op *op, const struct run *run)
{
    struct vm inner = *vm;
    inner.program = run->program;
    inner.outer = vm;
    inner.dynamic = NULL;
    inner.given = run->given;
    inner.defaults = NULL;
    inner.block = run->block;
    inner.is_template = run->is_template;
    inner.done = false;
    if (!renderer_frame(vm->render->renderer, &inner) ||
        (run->is_template && !define(&inner))) {
        return vm_fail_memory(vm, op);
    }
    scope_enter(&inner);
    if (run->given && !run->program->has_defaults && !scope_give(&inner, run->given)) {
        return vm_fail_memory(vm, op);
    }
    vm_run(&inner);
    hand_back(vm, &inner);
    if (vm->failed || !inner.done) {
        return NULL; /* it stopped: data is missing */
    }
    if (run->returns && !scope_return(vm, &inner, run->scope)) {
        return vm_fail_memory(vm, op);
    }
    return op + 1;
}

const struct op *renderer_run(struct vm *vm, const struct op *op, const struct run *run)
{
    struct smarty_renderer *renderer = vm->render->renderer;
    if (run->is_template && vm->render->include_depth >= renderer->limits.include_depth) {
        return vm_fail_limit(vm, op, LIMIT_INCLUDE_DEPTH,
                             "templates are included more than %u levels deep",
                             renderer->limits.include_depth);
    }
    if (vm->render->depth >= renderer->limits.depth) {
        return vm_fail_limit(vm, op, LIMIT_DEPTH,
                             "templates, functions and blocks are more than %u levels deep",
                             renderer->limits.depth);
    }
    if (vm->steps_left < PART_STEPS) {
        return vm_fail_limit(vm, op, LIMIT_STEPS, STEPS_SPENT);
    }
    vm->steps_left -= PART_STEPS;
    vm->render->depth++;
    vm->render->include_depth += run->is_template;
    const struct op *next = run_inner(vm, op, run);
    vm->render->depth--;
    vm->render->include_depth -= run->is_template;
    return next;
}

/* ---- templates that are compiled on the way ---- */

static bool knows_function(void *self, struct str name)
{
    const struct render *render = self;
    for (const struct known_function *at = render->functions; at; at = at->next) {
        if (str_eq(at->defined.name, name)) {
            return true;
        }
    }
    return false;
}

static struct kept_template *find_kept(struct kept_template *list, struct str name,
                                       bool escape_html)
{
    while (list && !(str_eq(list->name, name) && list->escape_html == escape_html)) {
        list = list->next;
    }
    return list;
}

/* Compiles and keeps it; NULL when that failed, and the render with it. */
static const struct program *keep(struct vm *vm, struct kept_template **list,
                                  struct str name, const char *shown, struct str source)
{
    struct functions_known known = {vm->render, knows_function};
    struct smarty_options options = {.escape_html = vm->program->escape_html};
    struct kept_template *kept = malloc(sizeof *kept + name.len);
    struct smarty_template *template =
        kept ? template_make(shown, source, &options, &known, vm->call.error) : NULL;
    if (!template) {
        free(kept);
        vm->failed = true;
        return NULL;
    }
    char *copy = (char *)(kept + 1);
    memcpy(copy, name.ptr, name.len);
    *kept = (struct kept_template){{copy, name.len}, options.escape_html, template, *list};
    *list = kept;
    return &template->program;
}

/* Reads it from the store into `source`. */
static bool read_included(struct vm *vm, const struct op *op, struct str name,
                          struct text *source)
{
    const struct smarty_store *store = vm->data->store;
    const char *problem = include_name_problem(name);
    struct error error = {.text = ""};
    if (problem) {
        (void)vm_fail(vm, op, "cannot include '%.*s': %s",
                      STR_ARGS(str_before(name, NAME_SHOWN)), problem);
        return false;
    }
    if (!store || !store->read(store->self, name, source, &error)) {
        (void)vm_fail(vm, op, "there is no template '%.*s'%s%s",
                      STR_ARGS(str_before(name, NAME_SHOWN)), error.text[0] ? ": " : "",
                      error.text);
        return false;
    }
    return true;
}

const struct program *renderer_include(struct vm *vm, const struct op *op, struct str name)
{
    struct smarty_renderer *renderer = vm->render->renderer;
    const struct kept_template *kept =
        find_kept(renderer->included, name, vm->program->escape_html);
    if (kept) {
        return &kept->template->program;
    }
    struct text source;
    const struct program *program = NULL;
    text_init(&source, SMARTY_SOURCE_BYTES + 1);
    if (read_included(vm, op, name, &source)) {
        struct str shown = arena_copy(vm->call.arena, name);
        program = keep(vm, &renderer->included, name, shown.ptr ? shown.ptr : "",
                       text_str(&source));
    }
    text_done(&source);
    return program;
}

const struct program *renderer_evaluate(struct vm *vm, const struct op *op,
                                        struct str source)
{
    struct smarty_renderer *renderer = vm->render->renderer;
    const struct kept_template *kept =
        find_kept(renderer->evaluated, source, vm->program->escape_html);
    if (kept) {
        return &kept->template->program;
    }
    renderer->evaluated_count++;
    renderer->evaluated_bytes += source.len;
    if (renderer->evaluated_count > EVALUATED_MOST ||
        renderer->evaluated_bytes > EVALUATED_BYTES) {
        (void)vm_fail(vm, op, "{eval} of more than %d different texts, or %d KiB",
                      EVALUATED_MOST, EVALUATED_BYTES >> 10);
        return NULL;
    }
    return keep(vm, &renderer->evaluated, source, "eval", source);
}

/* ---- the render ---- */

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

static enum smarty_result finish(struct vm *vm, size_t before, size_t most)
{
    renderer_forget_evaluated(vm->render->renderer);
    vm->out->most = most;
    if (!vm->failed && !vm->pending) {
        return SMARTY_DONE;
    }
    vm->out->len = before;
    vm->out->failed = false;
    return vm->failed ? SMARTY_FAILED : SMARTY_PENDING;
}

/* What is in `out` already does not count. */
static bool limit_output(struct text *out, size_t before, size_t most)
{
    if (out->most > before && out->most - before > most) {
        out->most = before + most;
        return true;
    }
    return out->most >= before && out->most - before == most;
}

enum smarty_result smarty_render(struct smarty_renderer *renderer,
                                 const struct smarty_template *template,
                                 const struct smarty_data *data, struct text *out,
                                 struct error *error)
{
    const struct program *program = &template->program;
    const struct smarty_limits *limits = &renderer->limits;
    size_t before = out->len;
    size_t most = out->most;
    struct render render = {.renderer = renderer};
    struct vm vm = {.program = program,
                    .out = out,
                    .data = data,
                    .render = &render,
                    .is_template = true,
                    .call = {.arena = &renderer->arena,
                             .scratch = &renderer->scratch,
                             .error = error,
                             .effort = {.left = limits->effort},
                             .regex_left = limits->regex_steps,
                             .zone = data->zone,
                             .now_s = data->now_s},
                    .steps_left = limits->steps};
    arena_clear(&renderer->arena);
    if (!renderer_frame(renderer, &vm) || !define(&vm)) {
        (void)error_set(error, IMH_RETRY, "%s: no memory to render", program->name);
        return SMARTY_FAILED;
    }
    render.output_is_limited = limit_output(out, before, limits->output_bytes);
    scope_enter(&vm);
    vm_run(&vm);
    return finish(&vm, before, most);
}
