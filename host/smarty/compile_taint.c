#include "smarty/compile.h"
#include "smarty/tools.h"

/* When the data that decides about a part of a template is still on its way, the render
 * goes on behind that part, so that as much as possible is asked for at once. What the part
 * might have set must not be used then. */

static bool expression_steps(const struct expression *expression);

static bool any_steps(const struct expression *list)
{
    for (; list; list = list->next) {
        if (expression_steps(list)) {
            return true;
        }
    }
    return false;
}

/* Does evaluating it change a variable ($i++, $x = 1), or run tags in a string? */
static bool expression_steps(const struct expression *expression)
{
    if (!expression) {
        return false;
    }
    return expression->kind == EXPRESSION_STEP || expression->kind == EXPRESSION_BODY ||
           expression->kind == EXPRESSION_ASSIGN || any_steps(expression->first) ||
           expression_steps(expression->second) || expression_steps(expression->third) ||
           expression_steps(expression->key);
}

/* The variable at the root of an assignment's target; NULL when its name is not known. */
static const struct expression *root_of(const struct expression *target)
{
    while (target->kind == EXPRESSION_MEMBER) {
        target = target->first;
    }
    return target->kind == EXPRESSION_VARIABLE ? target : NULL;
}

static bool has_assign(const struct statement *tool)
{
    for (uint32_t i = 0; i < tool->name_count; i++) {
        if (str_is(tool->names[i], "assign")) {
            return true;
        }
    }
    return false;
}

/* What runs another part, or remembers that it was called, can do anything. */
static bool is_open_ended(const struct statement *at)
{
    return (at->kind >= STATEMENT_INCLUDE && at->kind <= STATEMENT_BLOCK_CHILD) ||
           (at->kind == STATEMENT_TOOL && (at->tool->remembers || has_assign(at))) ||
           (at->kind == STATEMENT_WHILE && at->after) || at->scope != SCOPE_OWN;
}

static bool is_known(const struct statement *at)
{
    bool target = !at->target || root_of(at->target);
    bool jumps = at->kind == STATEMENT_BREAK || at->kind == STATEMENT_CONTINUE;
    bool named = at->kind == STATEMENT_CAPTURE && at->key->kind != EXPRESSION_CONSTANT;
    return target && !jumps && !named && !is_open_ended(at) && !any_steps(at->list) &&
           !any_steps(at->value) && !any_steps(at->key);
}

void note_effects(struct statement *body)
{
    for (struct statement *at = body; at; at = at->next) {
        bool loop = at->kind == STATEMENT_FOREACH || at->kind == STATEMENT_FOR;
        bool capture = at->kind == STATEMENT_CAPTURE;
        note_effects(at->body);
        note_effects(at->otherwise);
        note_effects(at->after);
        at->taintable = is_known(at) && can_taint(at->body) && can_taint(at->otherwise);
        at->sets = at->target || loop || capture || sets_anything(at->body) ||
                   sets_anything(at->otherwise);
    }
}

bool can_taint(const struct statement *body)
{
    while (body && body->taintable) {
        body = body->next;
    }
    return !body;
}

bool sets_anything(const struct statement *body)
{
    while (body && !body->sets) {
        body = body->next;
    }
    return body;
}

static void taint_slot(struct compiler *compiler, uint32_t slot)
{
    if (slot != SLOT_NONE) {
        emit(compiler, op_taint, (int32_t)slot, 0, 0, 0);
    }
}

static void taint_capture(struct compiler *compiler, const struct statement *capture)
{
    struct value pending = value_pending();
    int32_t name = constant(compiler, &capture->key->constant);
    emit(compiler, op_capture_named, name, constant(compiler, &pending), 0, 0);
}

void compile_taint(struct compiler *compiler, const struct statement *body)
{
    for (const struct statement *at = body; at && !compiler->too_large; at = at->next) {
        if (at->target) {
            taint_slot(compiler, root_of(at->target)->slot);
        }
        if (at->kind == STATEMENT_FOREACH) {
            taint_slot(compiler, at->item);
            taint_slot(compiler, at->item_key);
        } else if (at->kind == STATEMENT_FOR) {
            taint_slot(compiler, at->item);
        } else if (at->kind == STATEMENT_CAPTURE) {
            taint_capture(compiler, at);
        }
        compile_taint(compiler, at->body);
        compile_taint(compiler, at->otherwise);
    }
}
