/* ops - the operations of a program.
 *
 * Operands a, b, c, d as named at each one; `=` is where the result goes. A value that is
 * PENDING makes the result pending; what cannot go on without it jumps or stops.
 */
#ifndef HOST_SMARTY_OPS_H
#define HOST_SMARTY_OPS_H

#include "smarty/program.h"

enum { JUMP_NOWHERE = -1 }; /* pending data stops the render here */

/* ops_print.c */
op_run op_text;          /* a: constant, printed */
op_run op_print;         /* a: value */
op_run op_print_escaped; /* a: value, escaped for HTML */
op_run op_print_json;    /* a: value, as JSON */
op_run op_capture;       /* =a: where the output begins that is captured */
op_run op_captured;      /* =a: the text since op_capture b */

/* ops_value.c */
op_run op_end;      /* of the program */
op_run op_move;     /* =a: b */
op_run op_member;   /* =a: member of b; c: number of a key; d: MEMBER_ASKED or 0 */
op_run op_index;    /* =a: member of b; c: value of the key; d: likewise */
op_run op_compute;  /* =a: b with c; d: enum operation */
op_run op_compare;  /* =a: b with c; d: enum comparison */
op_run op_test;     /* =a: b, maybe with c; d: enum test, plus TEST_BY, plus TEST_NOT */
op_run op_not;      /* =a: not b */
op_run op_truth;    /* =a: truth of b */
op_run op_xor;      /* =a: b xor c */
op_run op_cast;     /* =a: b; c: enum cast */
op_run op_concat;   /* =a: texts b .. b + c - 1 joined */
op_run op_array;    /* =a: an empty array; b: elements follow */
op_run op_element;  /* array a: value b added; c: its key, or a itself for none */
op_run op_call;     /* =a: function d of arguments b .. b + c - 1 */
op_run op_now;      /* =a */
op_run op_template; /* =a: the template's name */
op_run op_captured_named; /* =a: {capture} named b; c: all of them */
op_run
    op_property; /* =a: property c (of property.h) of the loop in slot b; d: by its name */

enum { TEST_BY = 16, TEST_NOT = 32 };
enum { MEMBER_ASKED = 1 }; /* only whether it exists matters */

/* ops_flow.c */
op_run op_jump;        /* d: target */
op_run op_if_not;      /* a: condition; d: target; c: target when it is pending */
op_run op_and;         /* =a: a as truth; d: target when that is false or pending */
op_run op_or;          /* =a: a as truth; d: target when that is true or pending */
op_run op_if_given;    /* a: neither null nor "", or pending; d: target */
op_run op_if_set;      /* a: not null, or pending; d: target */
op_run op_choice;      /* a: condition; d: target when false; =b, c: when pending: target */
op_run op_isset;       /* =a: whether a is not null; d: target when not, or pending */
op_run op_foreach;     /* a: list; b: number of a struct foreach */
op_run op_next;        /* b: likewise */
op_run op_foreach_end; /* b: likewise; restores item and key */

/* ops_loop.c */
op_run op_for;          /* a: start, to, step, maybe max; b: struct foreach; c: how many */
op_run op_for_next;     /* b: likewise */
op_run op_section;      /* a: loop, start, step, max, show; b: likewise; d: counting */
op_run op_section_next; /* b: likewise */
op_run op_turn;         /* one more turn of a {while} */
op_run op_forget_loop;  /* the loop in slot b: its variable is another one now */

/* In the reference the number of turns may be a float, which is neither the integer 0 nor
 * the number of a turn: such a section is shown without a turn, and no turn is its last.
 * Where all is KNOWN beforehand only the first is so. */
enum { SECTION_INTEGER, SECTION_KNOWN, SECTION_FLOAT };

/* ops_tool.c */
op_run op_tool; /* b: number of a named_call; values from a on, the content behind them */

/* ops_part.c; each runs another program */
op_run op_include;   /* a: name; b: number of a named_call; values from c on; d: scope */
op_run op_call_part; /* a: name; b, c: likewise */
op_run op_eval;      /* a: source */
op_run op_defaults;  /* a function's own values from a on, b of them; c: named_call */
op_run op_export;    /* variable a, or (d) the one named a: to scope c */

/* ops_block.c */
op_run op_inherit;      /* a: the template is a child */
op_run op_inherit_end;  /* a: name of the parent */
op_run op_block;        /* a: name; b: number of a block_kind */
op_run op_block_parent; /* of the block that runs */
op_run op_block_child;

/* ops_assign.c */
op_run op_assign;         /* variable a: value b */
op_run op_assign_path;    /* variable a, keys b .. b + c - 1: value d */
op_run op_assign_dynamic; /* variable named a, keys b .. b + c - 1: value d */
op_run op_append_path;    /* as assign_path, but [] at the end */
op_run op_append_dynamic; /* likewise */
op_run op_append_shared;  /* variable a: value d at its end, where it was set, too */
op_run op_dynamic;        /* =a: variable named b */
op_run op_capture_named;  /* {capture} named a: value b */
op_run op_taint;          /* variable a is pending: what sets it was skipped */

/* ops_step.c */
op_run op_step; /* =a: variable b; c: by; d: the new value counts */

/* ops_assign.c */
op_run
    op_step_path; /* variable a, keys b .. b + c - 1: their place; =b + c: it; d: STEP_ */

enum { STEP_DOWN = 1, STEP_BEFORE = 2 };

/* What comes after `before`, counted by 1 or -1; false after vm_fail(). */
bool step_value(struct vm *vm, const struct op *op, const struct value *before, int by,
                struct value *after);

#endif
