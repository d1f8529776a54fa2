/* equation - what {math} computes: "(x + y) * 2".
 *
 * Numbers, the tag's other attributes by name, + - * / % ^ and some functions; PHP's
 * arithmetic. It is read and computed here, never handed to anything that runs code.
 */
#ifndef HOST_SMARTY_EQUATION_H
#define HOST_SMARTY_EQUATION_H

#include "smarty/tools.h"

enum equation_result {
    EQUATION_SOLVED,
    EQUATION_NOTHING, /* a name or sign that is not allowed: the reference prints nothing */
    EQUATION_FAILED   /* allowed, but nonsense, or a division by zero; the error says so */
};

enum equation_result equation_solve(struct str equation, struct tool_call *call,
                                    struct value *number);

#endif
