/* tags - what the parsers of named tags share: attributes, ends of blocks.
 *
 *   tags.c        attributes, and the table of all tags
 *   tags_flow.c   if, foreach, for, while, section, break, continue
 *   tags_set.c    assign, append, capture
 *   tags_part.c   include, function, call, extends, block, eval
 *   tags_text.c   strip, setfilter, nocache, ldelim, and the tools
 */
#ifndef HOST_SMARTY_TAGS_H
#define HOST_SMARTY_TAGS_H

#include "smarty/parser.h"

enum { ATTRIBUTES_MOST = 48 };

struct attribute {
    struct str name;
    struct expression *value;
};

struct attributes {
    struct attribute items[ATTRIBUTES_MOST];
    unsigned count;
};

/* What a tag says of its attributes. */
struct signature {
    const char *tag;
    const char *names;       /* all there are; NULL: any */
    const char *short_names; /* of those that may stand without a name, in order */
    const char *flags;       /* words that stand for `word=true`; `nocache` is one of all */
};

/* All attributes up to the `}`. */
bool parse_attributes(struct parser *parser, const struct signature *signature,
                      struct attributes *attributes);

/* `name =` here, and no comparison? */
bool is_named(const struct lexer *lexer);

/* The last one of that name; NULL when it is not there. */
struct expression *find_attribute(const struct attributes *attributes, const char *name);

/* The text of an attribute that must be a plain word or string; empty when it is absent. */
bool constant_text(struct parser *parser, const struct expression *value, const char *what,
                   struct str *text);

/* The variable that `name` names: known now, or only when it is rendered. */
struct expression *target_from(struct parser *parser, struct expression *name);

/* A scope's word among the attributes; "local" without one. */
bool parse_scope(struct parser *parser, const struct attributes *attributes,
                 enum scope *scope);

/* The end of a block named `tag` must be here. */
bool check_close(struct parser *parser, struct str stop, const char *tag, uint32_t line);

/* White space, and something behind it. */
bool need_blank(struct parser *parser, const char *wanted);

/* Values and names of the attributes into a statement, but for those words. */
bool list_attributes(struct parser *parser, const struct attributes *attributes,
                     const char *without, struct statement *statement);

bool has_word(const char *words, struct str wanted);

/* One parser of a tag, behind its name. */
typedef bool parse_named_tag(struct parser *parser, uint32_t line,
                             struct statement **statement);

parse_named_tag parse_if, parse_foreach, parse_for, parse_while, parse_section, parse_break,
    parse_continue;
parse_named_tag parse_assign, parse_append, parse_capture, parse_raw_capture;
parse_named_tag parse_include, parse_function, parse_call, parse_extends, parse_block,
    parse_eval, parse_block_parent, parse_block_child;
parse_named_tag parse_strip, parse_setfilter, parse_nocache, parse_ldelim, parse_rdelim;

/* {tool ...}: any of tools.h. */
struct tool;
bool parse_tool(struct parser *parser, const struct tool *tool, uint32_t line,
                struct statement **statement);

/* {name ...}: a template function. */
bool parse_call_of(struct parser *parser, struct str name, uint32_t line,
                   struct statement **statement);

#endif
