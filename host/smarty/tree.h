/* tree - a template as the parser understood it, before it is compiled.
 *
 * Nodes lie in the compiler's arena and are not changed once parsed, but for what says so.
 * Text in them points into the template's source or into the arena.
 */
#ifndef HOST_SMARTY_TREE_H
#define HOST_SMARTY_TREE_H

#include "smarty/juggle.h"

struct function;
struct program;
struct statement;
struct tool;

enum expression_kind {
    EXPRESSION_CONSTANT, /* constant */
    EXPRESSION_VARIABLE, /* name */
    EXPRESSION_DYNAMIC,  /* {$$name}: the variable whose name is `first` */
    EXPRESSION_MEMBER,   /* first[second]; second NULL only in a target: first[] */
    EXPRESSION_PROPERTY, /* $name@property; first: its name */
    EXPRESSION_LOOP,     /* $smarty.foreach.name.property, and of a section; first: it */
    EXPRESSION_CAPTURED, /* $smarty.capture[first]; first NULL: $smarty.capture */
    EXPRESSION_NOW,      /* $smarty.now */
    EXPRESSION_TEMPLATE, /* $smarty.template */
    EXPRESSION_NOT,
    EXPRESSION_NEGATE,
    EXPRESSION_COMPUTE, /* first operation second */
    EXPRESSION_COMPARE, /* first comparison second */
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_XOR,
    EXPRESSION_COALESCE, /* first ?? second */
    EXPRESSION_CHOICE,   /* first ? second : third; second NULL: first ?: third */
    EXPRESSION_TEST,     /* first is [not] test [by second] */
    EXPRESSION_CAST,     /* (cast) first */
    EXPRESSION_CALL,     /* function(first, next of first ...) */
    EXPRESSION_DEFAULT,  /* first|default:next:next */
    EXPRESSION_ISSET,    /* isset(first, next of first ...) */
    EXPRESSION_EMPTY,    /* empty(first) */
    EXPRESSION_NOPRINT,  /* first|noprint: "", and first is not evaluated */
    EXPRESSION_ARRAY,    /* elements: first and its nexts, keys in `key` */
    EXPRESSION_CONCAT,   /* "text $first {next}": parts one after the other */
    EXPRESSION_BODY,     /* what `body` prints: tags in a quoted string */
    EXPRESSION_ASSIGN,   /* first = second; `negated`: only when that is true */
    EXPRESSION_STEP      /* $name++ and the like: name, step; first: the member it counts */
};

#define SLOT_NONE UINT32_MAX

/* Of $i++, $i--, ++$i, --$i. */
struct step {
    int by;      /* 1 or -1 */
    bool before; /* the new value counts, not the old one */
};

struct expression {
    enum expression_kind kind;
    uint32_t line;
    struct expression *first, *second, *third;
    struct expression *next; /* in a list of arguments, parts, elements */
    struct expression *key;  /* of an array's element; NULL for [value] */
    struct expression
        *escapes; /* CALL of |escape: the one before it, while a tag is parsed */
    struct str name;
    uint32_t slot; /* VARIABLE, STEP: of the variable; PROPERTY, LOOP: of the loop */
    bool negated;  /* TEST: is not; ASSIGN: see there */
    union {
        struct value constant;
        enum operation operation;
        enum comparison comparison;
        enum test test;
        enum cast cast;
        struct step step;
        const struct function *function;
        struct statement *body;
    };
};

/* Names of one kind, numbered as they are met. */
struct names {
    struct array *numbers; /* name to number */
};

/* What is compiled to a program of its own: the template, a {function}, a {block}. */
struct part {
    struct str name;
    uint32_t line;
    struct statement *tree;
    struct names variables; /* every variable named in it: its slot */
    struct names loops;     /* loops asked for a property: "@item", "name", "#section" */
    struct expression *defaults; /* of a function's attributes, */
    struct str *default_names;   /* which are called so */
    uint32_t default_count;
    struct expression *extends; /* of a template: its {extends file=} */
    bool has_blocks;
    bool hides, appends, prepends, calls_child; /* of a block */
    struct program *program;                    /* filled when compiled */
    struct part *next;                          /* functions and blocks: the next one */
    bool is_function;
};

/* How far an assignment goes: it stays in its part; out of a function to its template; up
 * to the template that includes that one; or to all. */
enum scope { SCOPE_OWN, SCOPE_LOCAL, SCOPE_PARENT, SCOPE_ALL };

enum statement_kind {
    STATEMENT_TEXT,         /* text */
    STATEMENT_PRINT,        /* value */
    STATEMENT_IF,           /* value, body, otherwise (an elseif is an if in there) */
    STATEMENT_FOREACH,      /* value, item, key, loop, body, otherwise */
    STATEMENT_FOR,          /* item from value to key, by list: step, most */
    STATEMENT_WHILE,        /* value, body, after (each turn), otherwise (of a {for}) */
    STATEMENT_SECTION,      /* value: loop; list: start, step, most, show; name_loop */
    STATEMENT_ASSIGN,       /* target = value */
    STATEMENT_APPEND,       /* target[key] = value */
    STATEMENT_CAPTURE,      /* body to target, or to $smarty.capture[key] */
    STATEMENT_BREAK,        /* levels */
    STATEMENT_CONTINUE,     /* levels */
    STATEMENT_GROUP,        /* value, thrown away; item_loop, forgotten; body */
    STATEMENT_TOOL,         /* tool, list, names, body of a block */
    STATEMENT_INCLUDE,      /* value: name; list, names; target */
    STATEMENT_CALL,         /* value: name; list, names; target */
    STATEMENT_EVAL,         /* value; target */
    STATEMENT_BLOCK,        /* value: name; part; target */
    STATEMENT_BLOCK_PARENT, /* target */
    STATEMENT_BLOCK_CHILD,  /* target */
    STATEMENT_COUNT
};

struct statement {
    enum statement_kind kind;
    uint32_t line;
    struct statement *next;
    struct str text;
    struct expression *target; /* VARIABLE, DYNAMIC or MEMBER of those */
    struct expression *value;
    struct expression *key;
    struct expression *list; /* each the next of the one before */
    struct str *names;       /* of the elements of `list` */
    uint32_t name_count;
    struct statement *body;
    struct statement *otherwise;
    struct statement *after;
    struct part *part;
    const struct tool *tool;
    uint32_t item, item_key; /* FOREACH: slots; SLOT_NONE without a key */
    uint32_t item_loop;      /* FOREACH: slot of the loop, by its item */
    uint32_t name_loop;      /* FOREACH: by its name; SLOT_NONE without one */
    enum scope scope;        /* ASSIGN, APPEND, INCLUDE */
    bool escape;             /* PRINT: automatic escaping applies */
    bool as_json;            /* PRINT: the value with its type */
    bool append;             /* CAPTURE: to the end of the array `target` */
    uint32_t levels;         /* BREAK, CONTINUE */
    bool taintable, sets;    /* see compile.h; filled when compiled */
};

#endif
