/* scope - variables by name, in the part that runs and in those around it.
 *
 * A part (an included template, a function, a block) sees what was set around it; what it
 * sets stays its own, unless it says otherwise.
 */
#ifndef HOST_SMARTY_SCOPE_H
#define HOST_SMARTY_SCOPE_H

#include "smarty/program.h"
#include "smarty/tree.h"

/* The variable as it is seen from here; NULL when there is none. */
const struct value *scope_find(struct vm *vm, const struct key *key);

/* Its place in this part, made with what is seen from here; NULL when memory is out. */
struct value *scope_place(struct vm *vm, const struct key *key);

/* The loop that has the name; NULL for none. */
struct loop *scope_loop(const struct vm *vm, const struct key *key);

/* Sets the variable in the templates that include this one: the next one, or all. */
bool scope_export(struct vm *vm, const struct key *key, const struct value *value,
                  enum scope scope);

/* A variable that was counted is counted where it was set, too: as in the reference, where
 * both are one object. What the part was given is its own. */
void scope_step(struct vm *vm, const struct key *key, const struct value *before,
                const struct value *after);

/* What was set in a part goes to the one around it (LOCAL), or beyond. */
bool scope_return(struct vm *vm, const struct vm *inner, enum scope scope);

/* Variables and loops of a part that begins. */
void scope_enter(struct vm *vm);

/* Values that the part is given, by name. */
struct given {
    const struct str *names;
    const struct value *values;
    uint32_t count;
};

bool scope_give(struct vm *vm, const struct given *given);

#endif
