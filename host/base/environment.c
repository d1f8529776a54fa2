#include "base/environment.h"

#include <stdlib.h>

struct variable {
    struct variable *next;
    char name[ENVIRONMENT_NAME_BYTES + 1];
    struct secret *value;
};

struct environment {
    struct variable *variables;
};

struct environment *environment_make(void)
{
    return calloc(1, sizeof(struct environment));
}

void environment_free(struct environment *environment)
{
    while (environment && environment->variables) {
        struct variable *variable = environment->variables;
        environment->variables = variable->next;
        secret_free(variable->value);
        free(variable);
    }
    free(environment);
}

static const struct variable *find(const struct environment *environment, struct str name)
{
    const struct variable *variable = environment->variables;
    while (variable && !str_is(name, variable->name)) {
        variable = variable->next;
    }
    return variable;
}

/* Moves the value out of where the system put it. */
static bool move(struct environment *environment, struct variable *variable,
                 struct error *error)
{
    char *value = getenv(variable->name);
    if (!value || !*value) {
        return error_set(error, IMH_MISSING, "the environment variable %s is %s",
                         variable->name, value ? "empty" : "not set");
    }
    variable->value = secret_copy(str_from(value), error);
    if (!variable->value) {
        return false;
    }
    explicit_bzero(value, strlen(value));
    variable->next = environment->variables;
    environment->variables = variable;
    return true;
}

const struct secret *environment_take(struct environment *environment, struct str name,
                                      struct error *error)
{
    const struct variable *known = find(environment, name);
    if (known) {
        return known->value;
    }
    if (name.len == 0 || name.len > ENVIRONMENT_NAME_BYTES ||
        str_find_char(name, '=') < name.len) {
        (void)error_set(error, IMH_REJECTED,
                        "env: needs the name of an environment variable");
        return NULL;
    }
    struct variable *variable = calloc(1, sizeof *variable);
    if (!variable) {
        (void)error_set(error, IMH_RETRY, "no memory for a secret");
        return NULL;
    }
    memcpy(variable->name, name.ptr, name.len);
    if (!move(environment, variable, error)) {
        free(variable);
        return NULL;
    }
    return variable->value;
}
