/* parser - a template's source into a tree.
 *
 * Recursive descent straight over the bytes. The parts share this header:
 *   parser.c      text, tags and blocks
 *   print.c       printed values, and assignments to variables
 *   quoted.c      quoted strings, which are bodies of their own kind
 *   tags.h        the named tags: one table, one small function a tag
 *   expression.c  operators
 *   operand.c     literals, arrays, calls, modifiers
 *   variable.c    variables, their paths, $smarty
 *
 * Every function returns false after lexer_fail(). Nesting is limited: templates come from
 * customers.
 */
#ifndef HOST_SMARTY_PARSER_H
#define HOST_SMARTY_PARSER_H

#include "smarty/lexer.h"
#include "smarty/tree.h"

enum { PARSER_DEPTH_MOST = 200, PARSER_TREE_BYTES = 256 << 20 };

enum { NAME_SHOWN = 40 }; /* so much of a name goes into an error */

/* Does the render know a template function of this name, from another template? */
struct functions_known {
    void *self;
    bool (*knows)(void *self, struct str name);
};

/* Who is told of each mistake when parsing goes on behind one. */
struct mistakes {
    void *self;
    void (*found)(void *self, const struct lexer *lexer);
    uint32_t count;
};

enum { MISTAKES_MOST = 20 };

struct parser {
    struct lexer lexer;
    struct mistakes *mistakes; /* NULL: the first one ends it */
    struct arena *arena;
    struct part *part;  /* what is being parsed */
    struct part *parts; /* functions and blocks, the newest first */
    struct functions_known known;
    struct array *asked; /* properties that any part asks of a loop: bits, by its name */
    struct statement *stripped; /* the last text in {strip}, */
    struct str unstripped;      /* as it was before */
    const char *filter;         /* where the modifiers of {setfilter} begin; NULL: none */
    uint32_t depth;             /* blocks and parentheses that are open */
    uint32_t open_loops;        /* loops that are open: how far {break} can go */
    uint32_t open_blocks;       /* {block} inside each other */
    bool in_string;             /* text is the content of a "quoted string" */
    bool strip;                 /* newlines in text go */
    bool eat_newline; /* if text comes next and begins with a newline, that goes */
    bool escape_html; /* printed expressions are escaped */
    bool raw;         /* a modifier of this tag switched escaping off */
    struct expression *escapes;  /* |escape for HTML in this tag, the last one first */
    struct expression *variable; /* read already, while an assignment was looked for: */
    size_t variable_from;        /* where it stands, */
    size_t variable_to;          /* and what is behind it */
};

/* The number of a name, a new one if it is new; false after lexer_fail(). */
bool names_number(struct parser *parser, struct names *names, struct str name,
                  uint32_t *number);

/* The slot of the loops whose item has this name. */
bool item_loop(struct parser *parser, struct str item, uint32_t *slot);

/* This property of the loop is asked for somewhere in the template. */
bool ask_property(struct parser *parser, const char *prefix, struct str loop,
                  struct str property);

/* The slot of the sections of this name. */
bool section_loop(struct parser *parser, struct str name, uint32_t *slot);

/* A function or block begins: its names are its own. parser_close() goes back to `outer`;
 * what the part names, the outer one names too. */
struct part_state {
    struct part *part;
    const char *filter;
    uint32_t open_loops;
    bool strip;
};

struct part *parser_open(struct parser *parser, struct part_state *outer);
bool parser_close(struct parser *parser, const struct part_state *outer);

bool parser_knows_function(const struct parser *parser, struct str name);

/* The whole template, as a part. */
bool parse_template(struct parser *parser, struct part **whole);

/* ---- for the parts ---- */

/* A list of statements being built. */
struct body {
    struct statement *first;
    struct statement **last;
};

/* Statements up to what only an outer block can take: `stop` names it ("/if", "else";
 * empty at the end of the source or string), and the lexer stands behind the name. */
bool parse_body(struct parser *parser, struct statement **first, struct str *stop);

/* Text as a statement of its own, less the newline that the tag before eats. */
bool add_text(struct parser *parser, struct body *body, struct str text);

/* In a quoted string {literal} and {/literal} are text. */
bool is_tag_in_string(const struct lexer *lexer);

/* A part of a quoted string that is no tag. */
bool parse_string_piece(struct parser *parser, struct body *body);

bool parse_expression(struct parser *parser, struct expression **expression);

/* Does an operator stand here, maybe behind white space? */
bool operator_follows(const struct lexer *lexer);

/* Any value without operators and modifiers; an argument may have a sign, `!` or a cast. */
bool parse_value(struct parser *parser, struct expression **expression);
bool parse_argument(struct parser *parser, struct expression **expression);

/* A value and its modifiers. */
bool parse_operand(struct parser *parser, struct expression **expression);

/* `name:argument|name...`, the first one without its bar: of {setfilter}. */
bool parse_filter(struct parser *parser, struct expression **expression);

/* $name and what may follow it; `target` allows an empty [] at its end. */
bool parse_variable(struct parser *parser, bool target, struct expression **expression);

/* {expression}: the lexer stands behind the brace. */
bool parse_print(struct parser *parser, uint32_t line, struct statement **statement);

/* `$name.path =`, and what is assigned to stands behind it; without the sign NULL, and
 * nothing is taken. */
bool parse_target(struct parser *parser, struct expression **target);

/* {$name.path = value}: true with a NULL statement when it is no assignment after all. */
bool parse_assignment(struct parser *parser, uint32_t line, struct statement **statement);

/* The content of a quoted string; the lexer stands behind the opening `"`. */
bool parse_quoted(struct parser *parser, struct expression **expression);

/* {tag} where a value stands: what it prints, as text. */
bool parse_printed(struct parser *parser, struct expression **expression);

/* Any tag: adds what it makes, or sets `stop` when an outer block must see it. */
bool parse_any_tag(struct parser *parser, struct body *body, struct str *stop);

/* The tag `name`, behind which the lexer stands; NULL in `statement` when it makes none. */
bool parse_tag(struct parser *parser, struct str name, uint32_t line,
               struct statement **statement);

/* Is this the name of a tag that ends or divides a block: "else", "foreachelse"? */
bool is_divider(struct str name);

/* Behind a tag's last part: white space, `}`, and the newline that this kind of tag eats.
 */
bool parse_tag_end(struct parser *parser, bool eats_newline);

/* Likewise, for tags that make nothing at all: what the tag before eats is still eaten. */
bool parse_tag_close(struct parser *parser);

/* After a mistake in the tag that began at `start`: goes on behind it, if somebody is told
 * of it and that is safe (check.c). */
bool parser_recover(struct parser *parser, const struct parser *start);

bool parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);

/* NULL after lexer_fail() when memory is out. */
struct expression *new_expression(struct parser *parser, enum expression_kind kind);
struct statement *new_statement(struct parser *parser, enum statement_kind kind,
                                uint32_t line);
struct expression *new_constant(struct parser *parser, struct value value);
struct expression *new_variable(struct parser *parser, struct str name);

/* `what`, on the line of the lexer. */
bool fail_here(struct parser *parser, const char *what);

/* Refuses ->, :: and ( behind a variable or word: templates call only what they are given.
 */
bool refuse_code(struct parser *parser);

/* "unexpected 'x'" or "unexpected end", on the line of the lexer. */
bool fail_unexpected(struct parser *parser, const char *wanted);

#endif
