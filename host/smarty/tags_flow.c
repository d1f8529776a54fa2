#include "smarty/tags.h"

/* ---- if ---- */

/* Behind {else: is it {else if ...}? */
static bool take_else_if(struct lexer *lexer)
{
    struct lexer here = *lexer;
    struct str name;
    if (!lexer_skip(&here) || !lexer_name(&here, &name) ||
        !str_eq_nocase(name, STR_OF("if"))) {
        return false;
    }
    *lexer = here;
    return true;
}

/* `$name = value`, maybe in parentheses, where a condition stands: it is assigned. NULL
 * when it is another condition. */
static bool parse_assigned(struct parser *parser, struct expression **out)
{
    struct lexer *lexer = &parser->lexer;
    struct lexer start = *lexer;
    struct expression *target = NULL;
    bool open = lexer_take(lexer, "(") && (lexer_skip(lexer), true);
    *out = NULL;
    if (lexer_peek(lexer, 0) == '$' && !parse_target(parser, &target)) {
        return false;
    }
    if (!target) {
        *lexer = start;
        return true;
    }
    struct expression *assigned = new_expression(parser, EXPRESSION_ASSIGN);
    if (!assigned || !parse_expression(parser, &assigned->second)) {
        return false;
    }
    assigned->first = target;
    *out = assigned;
    (void)lexer_skip(lexer);
    return !open || lexer_take(lexer, ")") || fail_unexpected(parser, "')'");
}

/* The condition, maybe `nocache`, and the end of the tag. */
static bool parse_condition(struct parser *parser, struct statement *statement)
{
    struct lexer *lexer = &parser->lexer;
    struct str word;
    if (!parse_assigned(parser, &statement->value) ||
        (!statement->value && !parse_expression(parser, &statement->value))) {
        return false;
    }
    (void)lexer_skip(lexer);
    if (lexer_peek_name(lexer, &word) && str_is(word, "nocache")) {
        lexer->at += word.len;
    }
    return parse_tag_end(parser, true);
}

static bool parse_branch(struct parser *parser, struct statement *statement,
                         struct str *stop)
{
    return need_blank(parser, "a condition behind a space") &&
           parse_condition(parser, statement) && parse_body(parser, &statement->body, stop);
}

/* Is another condition here: {elseif}, or {else if}? */
static bool take_next_condition(struct parser *parser, struct str stop)
{
    return str_eq_nocase(stop, STR_OF("elseif")) ||
           (str_eq_nocase(stop, STR_OF("else")) && take_else_if(&parser->lexer));
}

/* An {elseif} is an {if} in the {else} of the one before. */
bool parse_if(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement **place = out;
    struct str stop;
    do {
        *place = new_statement(parser, STATEMENT_IF,
                               place == out ? line : lexer_line(&parser->lexer));
        if (!*place || !parse_branch(parser, *place, &stop)) {
            return false;
        }
        place = &(*place)->otherwise;
    } while (take_next_condition(parser, stop));
    if (str_eq_nocase(stop, STR_OF("else")) &&
        (!parse_tag_end(parser, true) || !parse_body(parser, place, &stop))) {
        return false;
    }
    return check_close(parser, stop, "if", line) && parse_tag_end(parser, true);
}

/* ---- loops ---- */

/* The turns of a loop, what comes instead of them, and its end. */
static bool parse_loop_body(struct parser *parser, struct statement *statement,
                            const char *tag, const char *divider)
{
    struct str stop;
    parser->open_loops++;
    bool good = parse_body(parser, &statement->body, &stop);
    parser->open_loops--;
    if (good && divider && str_eq_nocase(stop, str_from(divider))) {
        good =
            parse_tag_end(parser, true) && parse_body(parser, &statement->otherwise, &stop);
    }
    return good && check_close(parser, stop, tag, statement->line) &&
           parse_tag_end(parser, divider != NULL); /* all but {/while} eat a newline */
}

static bool parse_loop_variable(struct parser *parser, struct str *name)
{
    (void)lexer_skip(&parser->lexer);
    return (lexer_take(&parser->lexer, "$") && lexer_name(&parser->lexer, name)) ||
           fail_unexpected(parser, "the variable of the loop, as in $list as $item");
}

static bool set_loop_variables(struct parser *parser, struct str item, struct str key,
                               struct statement *statement)
{
    statement->item_key = SLOT_NONE;
    return names_number(parser, &parser->part->variables, item, &statement->item) &&
           item_loop(parser, item, &statement->item_loop) &&
           (key.len == 0 ||
            names_number(parser, &parser->part->variables, key, &statement->item_key));
}

/* `in` behind a plain variable, as the mailing platform has it. */
static bool is_in(const struct statement *statement, struct str word)
{
    return statement->value->kind == EXPRESSION_VARIABLE && str_is(word, "in");
}

/* $list as $item, $list as $key => $item; $item in $list. Not `found`: $list, and something
 * else behind it. */
static bool parse_as(struct parser *parser, struct statement *statement, bool *found)
{
    struct lexer *lexer = &parser->lexer;
    struct str word;
    struct str item;
    struct str key = {"", 0};
    if (!parse_expression(parser, &statement->value)) {
        return false;
    }
    if (!lexer_skip(lexer) || !lexer_peek_name(lexer, &word)) {
        return fail_unexpected(parser, "'as' and a variable");
    }
    *found = str_eq_nocase(word, STR_OF("as")) || is_in(statement, word);
    if (!*found) {
        lexer->at--; /* the blank that must stand before an attribute */
        return true;
    }
    lexer->at += word.len;
    if (is_in(statement, word)) {
        item = statement->value->name;
        return need_blank(parser, "a list") &&
               parse_expression(parser, &statement->value) &&
               set_loop_variables(parser, item, key, statement);
    }
    if (!parse_loop_variable(parser, &item)) {
        return false;
    }
    struct lexer here = *lexer;
    (void)lexer_skip(&here);
    if (lexer_take(&here, "=>")) {
        *lexer = here;
        key = item;
        if (!parse_loop_variable(parser, &item)) {
            return false;
        }
    }
    return set_loop_variables(parser, item, key, statement);
}

/* item=name, or item=$name. */
static bool variable_name(struct parser *parser, const struct expression *value,
                          struct str *name)
{
    if (value && value->kind == EXPRESSION_VARIABLE) {
        *name = value->name;
        return true;
    }
    return constant_text(parser, value, "a name", name);
}

/* from=$list item=name key=name */
static bool set_from_attributes(struct parser *parser, const struct attributes *attributes,
                                struct statement *statement)
{
    struct expression *item = find_attribute(attributes, "item");
    struct str item_name;
    struct str key_name;
    if (!statement->value) {
        statement->value = find_attribute(attributes, "from");
    }
    if (!statement->value || !item) {
        return fail_here(parser, "{foreach} needs from= and item=");
    }
    return variable_name(parser, item, &item_name) &&
           variable_name(parser, find_attribute(attributes, "key"), &key_name) &&
           set_loop_variables(parser, item_name, key_name, statement);
}

/* Behind `as` only the key may still be missing. */
static bool set_key_attribute(struct parser *parser, const struct attributes *attributes,
                              struct statement *statement)
{
    const struct expression *key = find_attribute(attributes, "key");
    struct str name;
    return !key || statement->item_key != SLOT_NONE ||
           (variable_name(parser, key, &name) &&
            names_number(parser, &parser->part->variables, name, &statement->item_key));
}

static bool parse_foreach_head(struct parser *parser, struct statement *statement)
{
    struct attributes attributes;
    bool is_new = false;
    if (!need_blank(parser, "a list behind a space")) {
        return false;
    }
    if (is_named(&parser->lexer)) {
        parser->lexer.at--;
    } else if (!parse_as(parser, statement, &is_new)) {
        return false;
    }
    const struct signature signature = {"foreach",
                                        is_new ? "item key name" : "from item key name",
                                        is_new             ? ""
                                        : statement->value ? "item key name"
                                                           : "from item key name",
                                        NULL};
    struct str name;
    if (!parse_attributes(parser, &signature, &attributes) ||
        !constant_text(parser, find_attribute(&attributes, "name"), "a name", &name)) {
        return false;
    }
    statement->name_loop = SLOT_NONE;
    if (name.len > 0 &&
        !names_number(parser, &parser->part->loops, name, &statement->name_loop)) {
        return false;
    }
    return (is_new ? set_key_attribute(parser, &attributes, statement)
                   : set_from_attributes(parser, &attributes, statement)) &&
           parse_tag_end(parser, true);
}

bool parse_foreach(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement *statement = new_statement(parser, STATEMENT_FOREACH, line);
    *out = statement;
    if (!statement || !parse_foreach_head(parser, statement)) {
        return false;
    }
    return parse_loop_body(parser, statement, "foreach", "foreachelse");
}

/* ---- for, while ---- */

/* $i = value, without the `=` that must be here. */
static bool parse_start(struct parser *parser, struct statement *assign)
{
    struct lexer *lexer = &parser->lexer;
    (void)lexer_skip(lexer);
    if (lexer_peek(lexer, 0) != '$' || !parse_variable(parser, true, &assign->target)) {
        return fail_unexpected(parser, "a variable, as in $i=1");
    }
    (void)lexer_skip(lexer);
    if (!lexer_take(lexer, "=")) {
        return fail_unexpected(parser, "'='");
    }
    (void)lexer_skip(lexer);
    return parse_expression(parser, &assign->value);
}

static bool take_word(struct lexer *lexer, const char *word)
{
    struct lexer here = *lexer;
    struct str name;
    if (!lexer_skip(&here) || !lexer_name(&here, &name) ||
        !str_eq_nocase(name, str_from(word))) {
        return false;
    }
    *lexer = here;
    return true;
}

/* Behind the start value: `to b`, `step c`, `max=n`. */
static bool parse_count(struct parser *parser, const struct statement *start,
                        struct statement *statement)
{
    static const struct signature signature = {"for", "max step", "", NULL};
    struct lexer *lexer = &parser->lexer;
    struct attributes attributes;
    struct expression *step = NULL;
    if (start->target->kind != EXPRESSION_VARIABLE) {
        return fail_here(parser, "{for} counts with a plain variable");
    }
    (void)lexer_skip(lexer);
    if (!parse_expression(parser, &statement->key)) {
        return false;
    }
    struct lexer here = *lexer;
    bool named = lexer_skip(&here) && is_named(&here);
    if (!named && take_word(lexer, "step")) {
        (void)lexer_skip(lexer);
        if (!parse_expression(parser, &step)) {
            return false;
        }
    }
    if (!parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    step = step ? step : find_attribute(&attributes, "step");
    step = step ? step : new_constant(parser, value_int(1));
    if (!step) {
        return false;
    }
    statement->value = start->value;
    statement->list = step;
    step->next = find_attribute(&attributes, "max");
    statement->item = start->target->slot;
    statement->name_loop = SLOT_NONE;
    return item_loop(parser, start->target->name, &statement->item_loop) &&
           parse_tag_end(parser, true) &&
           parse_loop_body(parser, statement, "for", "forelse");
}

/* $i++, $i-- or $i = value, of a {for} with semicolons. */
static bool parse_after(struct parser *parser, struct statement **after)
{
    struct expression *target = NULL;
    struct statement *statement =
        new_statement(parser, STATEMENT_ASSIGN, lexer_line(&parser->lexer));
    *after = statement;
    if (!statement ||
        (lexer_peek(&parser->lexer, 0) == '$' && !parse_target(parser, &target))) {
        return false;
    }
    statement->target = target;
    if (!target) {
        statement->kind = STATEMENT_GROUP;
        statement->item_loop = SLOT_NONE;
    }
    return parse_expression(parser, &statement->value) &&
           (target || statement->value->kind == EXPRESSION_STEP ||
            fail_unexpected(parser, "'='"));
}

/* Behind the first start: more of them, `; condition; step`. */
static bool parse_three(struct parser *parser, struct statement *start,
                        struct statement *loop)
{
    struct lexer *lexer = &parser->lexer;
    while (lexer_take(lexer, ",")) {
        start->next = new_statement(parser, STATEMENT_ASSIGN, start->line);
        if (!start->next || !parse_start(parser, start->next)) {
            return false;
        }
        start = start->next;
        (void)lexer_skip(lexer);
    }
    if (!lexer_take(lexer, ";")) {
        return fail_unexpected(parser, "'to' or ';'");
    }
    (void)lexer_skip(lexer);
    if (!parse_expression(parser, &loop->value)) {
        return false;
    }
    (void)lexer_skip(lexer);
    if (!lexer_take(lexer, ";")) {
        return fail_unexpected(parser, "';'");
    }
    (void)lexer_skip(lexer);
    start->next = loop;
    return parse_after(parser, &loop->after) && parse_tag_end(parser, true) &&
           parse_loop_body(parser, loop, "for", "forelse");
}

bool parse_for(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement *start = new_statement(parser, STATEMENT_ASSIGN, line);
    struct statement *loop = new_statement(parser, STATEMENT_FOR, line);
    if (!start || !loop || !need_blank(parser, "a variable behind a space") ||
        !parse_start(parser, start)) {
        return false;
    }
    if (take_word(&parser->lexer, "to")) {
        *out = loop;
        return parse_count(parser, start, loop);
    }
    *out = new_statement(parser, STATEMENT_GROUP, line);
    if (!*out) {
        return false;
    }
    (*out)->body = start;
    (*out)->item_loop = SLOT_NONE;
    if (start->target->kind == EXPRESSION_VARIABLE &&
        !item_loop(parser, start->target->name, &(*out)->item_loop)) {
        return false;
    }
    loop->kind = STATEMENT_WHILE;
    (void)lexer_skip(&parser->lexer);
    return parse_three(parser, start, loop);
}

bool parse_while(struct parser *parser, uint32_t line, struct statement **out)
{
    struct statement *statement = new_statement(parser, STATEMENT_WHILE, line);
    *out = statement;
    if (!statement || !need_blank(parser, "a condition behind a space") ||
        !parse_condition(parser, statement)) {
        return false;
    }
    statement->value->negated |= statement->value->kind == EXPRESSION_ASSIGN;
    return parse_loop_body(parser, statement, "while", NULL);
}

/* ---- section ---- */

/* The list of start, step, max and show: false where one is missing, but for show. */
static bool list_options(struct parser *parser, const struct attributes *attributes,
                         struct expression **list)
{
    static const char *const names[] = {"start", "step", "max", "show"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct expression *value = find_attribute(attributes, names[i]);
        bool show = i + 1 == sizeof names / sizeof *names;
        *list = value ? value : new_constant(parser, value_bool(show));
        if (!*list) {
            return false;
        }
        list = &(*list)->next;
    }
    return true;
}

bool parse_section(struct parser *parser, uint32_t line, struct statement **out)
{
    static const struct signature signature = {
        "section", "name loop start step max show properties", "name loop", NULL};
    struct attributes attributes;
    struct str name;
    struct statement *statement = new_statement(parser, STATEMENT_SECTION, line);
    *out = statement;
    if (!statement || !parse_attributes(parser, &signature, &attributes) ||
        !constant_text(parser, find_attribute(&attributes, "name"), "a name", &name)) {
        return false;
    }
    statement->value = find_attribute(&attributes, "loop");
    statement->item = SLOT_NONE;
    if (name.len == 0 || !statement->value) {
        return lexer_fail(&parser->lexer, line, "{section} needs name= and loop=");
    }
    return list_options(parser, &attributes, &statement->list) &&
           section_loop(parser, name, &statement->item_loop) &&
           parse_tag_end(parser, true) &&
           parse_loop_body(parser, statement, "section", "sectionelse");
}

/* ---- break, continue ---- */

static bool parse_jump(struct parser *parser, const char *tag, struct statement *statement)
{
    const struct signature signature = {tag, "levels", "levels", NULL};
    struct attributes attributes;
    if (!statement || !parse_attributes(parser, &signature, &attributes)) {
        return false;
    }
    struct expression *levels = find_attribute(&attributes, "levels");
    statement->levels = 1;
    if (levels) {
        if (levels->kind != EXPRESSION_CONSTANT || levels->constant.type != VALUE_INT ||
            levels->constant.integer < 1) {
            return fail_here(parser, "how many loops to leave must be a number, 1 or more");
        }
        int64_t count = levels->constant.integer;
        statement->levels = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    }
    if (statement->levels > parser->open_loops) {
        return lexer_fail(&parser->lexer, lexer_line(&parser->lexer),
                          "{%s} of %u loop%s, but %u are open here", tag, statement->levels,
                          statement->levels == 1 ? "" : "s", parser->open_loops);
    }
    return parse_tag_end(parser, true);
}

bool parse_break(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_BREAK, line);
    return parse_jump(parser, "break", *out);
}

bool parse_continue(struct parser *parser, uint32_t line, struct statement **out)
{
    *out = new_statement(parser, STATEMENT_CONTINUE, line);
    return parse_jump(parser, "continue", *out);
}
