#include "app/command.h"

#include <stdio.h>

#include "app/arguments.h"
#include "app/output.h"
#include "app/template_file.h"
#include "engine/variables.h"
#include "smarty/data.h"

/* ---- get ---- */

enum {
    STEPS_MOST = 64,
    PASSES_MOST = 20,   /* fetches for one value */
    FOLLOWED_MOST = 500 /* references of one value that are followed, or none of them */
};

/* A path cut into its steps: the integration's identifier is the first. */
struct path {
    struct str steps[STEPS_MOST];
    unsigned count;
};

/* What stands in brackets: a quoted text, or a number. */
static bool bracketed(struct str *rest, struct str *step)
{
    bool quoted = rest->len > 2 && (rest->ptr[1] == '"' || rest->ptr[1] == '\'');
    const char close[2] = {quoted ? rest->ptr[1] : ']', ']'};
    size_t begin = quoted ? 2 : 1;
    size_t end = str_find(*rest, (struct str){close, begin}, begin);
    *step = str_before(str_after(*rest, begin), end - begin);
    bool found = end < rest->len && step->len > 0;
    *rest = str_after(*rest, end + begin);
    return found;
}

/* What stands behind a dot, or begins the path. */
static bool named(struct str *rest, struct str *step)
{
    size_t dot = str_find_char(*rest, '.');
    size_t bracket = str_find_char(*rest, '[');
    *step = str_before(*rest, dot < bracket ? dot : bracket);
    *rest = str_after(*rest, step->len);
    return step->len > 0;
}

/* "$shop.product["24-MB01"].name", without the dollar sign, or as templates have it. */
static bool read_path(struct str text, struct path *path)
{
    bool braces = str_starts(text, STR_OF("{$")) && str_ends(text, STR_OF("}"));
    struct str rest = braces ? str_before(str_after(text, 1), text.len - 2) : text;
    rest = str_after(rest, str_starts(rest, STR_OF("$")) ? 1 : 0);
    bool good = named(&rest, &path->steps[0]);
    path->count = 1;
    while (good && rest.len > 0 && path->count < STEPS_MOST) {
        struct str *step = &path->steps[path->count++];
        if (rest.ptr[0] == '.') {
            rest = str_after(rest, 1);
            good = named(&rest, step);
        } else { /* named() stops at nothing else; behind a bracket there may be more */
            good = rest.ptr[0] == '[' && bracketed(&rest, step);
        }
    }
    return good && rest.len == 0;
}

/* There is no such variable; perhaps one nearly called so. */
static int miss_variable(const struct descriptor *descriptor, const char *identifier,
                         struct str name)
{
    struct text names;
    struct text hint;
    text_init(&names, 64 << 10);
    text_init(&hint, 256);
    for (uint32_t i = 0; i < descriptor->variable_count; i++) {
        text_print(&names, "%s ", descriptor->variables[i].name);
    }
    problems_suggest(&hint, name, text_str(&names));
    int status = command_fail(EXIT_NO, "integration '%s' has no variable '%.*s'%s",
                              identifier, STR_ARGS(name), text_cstr(&hint));
    text_done(&hint);
    text_done(&names);
    return status;
}

/* A path that names no variable would be empty in a template; here it is a mistake. */
static int check_path(struct context *context, const struct integration *integration,
                      const struct path *path)
{
    struct text refusal;
    text_init(&refusal, 16 << 10);
    const struct descriptor *descriptor =
        supervisor_plugin(context->supervisor, integration->plugin, &refusal);
    text_done(&refusal);
    if (!descriptor) {
        return EXIT_DONE; /* walking says why */
    }
    if (path->count == 1) {
        return command_fail(EXIT_WRONG_USE, "which variable? see 'imh variable list %s %s'",
                            integration->account, integration->identifier);
    }
    int number = descriptor_variable(descriptor, path->steps[1]);
    if (number < 0) {
        return miss_variable(descriptor, integration->identifier, path->steps[1]);
    }
    bool keyed = (descriptor->variables[number].flags & IMH_KEYED) != 0;
    if (keyed && path->count == 2) {
        return command_fail(EXIT_WRONG_USE, "which %s? %s.%s.KEY",
                            descriptor->variables[number].name, integration->identifier,
                            descriptor->variables[number].name);
    }
    return EXIT_DONE;
}

/* One step further into a value. */
static bool step_into(struct value *value, struct str step, struct arena *arena,
                      struct error *error)
{
    struct key key = key_from_text(step);
    if (value->type == VALUE_LAZY) {
        return value->lazy->type->member(value->lazy, &key, arena, value, error);
    }
    const struct value *found =
        value->type == VALUE_ARRAY ? array_get(value->array, &key) : NULL;
    *value = found ? *found : value_null();
    return true;
}

/* One value that is asked for. */
struct wish {
    struct variables *variables;
    const struct integration *integration;
    struct path path;
    struct value recipient; /* for variables with a subject */
};

/* The value of the path as far as it is known: pending when something must be fetched. */
static bool walk_once(const struct wish *wish, struct arena *arena, struct value *value,
                      struct error *error)
{
    const struct path *path = &wish->path;
    variables_begin(wish->variables, &wish->recipient);
    bool good = variables_root(wish->variables, wish->integration, value, error);
    for (unsigned i = 1; good && i < path->count && value->type != VALUE_PENDING; i++) {
        good = step_into(value, path->steps[i], arena, error);
    }
    if (good && value->type == VALUE_LAZY && value->lazy->type->whole) {
        good = value->lazy->type->whole(value->lazy, arena, value, error);
    }
    return good;
}

/* One look at what the references of a value lead to. */
struct following {
    struct arena *arena;
    uint32_t count;
    bool pending;         /* something is to be fetched */
    struct error failure; /* the first */
};

/* A list stays what it is: it may have no end, and can be asked for by itself. So does what
 * cannot be had. */
static struct value follow(void *self, const struct lazy *lazy)
{
    struct following *following = self;
    struct value value = {.type = VALUE_LAZY, .lazy = lazy};
    struct value found = value_null();
    struct error error;
    if (lazy->type->refine || !lazy->type->whole || following->count++ >= FOLLOWED_MOST) {
        return value;
    }
    if (!lazy->type->whole(lazy, following->arena, &found, &error)) {
        following->failure = following->failure.status ? following->failure : error;
        return value;
    }
    following->pending = following->pending || found.type == VALUE_PENDING;
    return found;
}

/* With what its references lead to, if they are not too many. */
static void write_value(const struct wish *wish, const struct value *value,
                        struct arena *arena, struct text *out)
{
    struct following following = {.pending = true};
    const struct data_follower follower = {&following, follow};
    for (unsigned passes = 0; following.pending && passes < PASSES_MOST; passes++) {
        if (passes > 0) {
            (void)variables_fetch(wish->variables);
        }
        following = (struct following){.arena = arena};
        variables_begin(wish->variables, &wish->recipient);
        text_clear(out);
        data_write_followed(out, value, &follower);
    }
    if (following.pending || following.count > FOLLOWED_MOST) {
        text_clear(out);
        data_write(out, value);
    } else if (following.failure.status != IMH_OK) {
        command_warn(wish->integration, "what stays a reference cannot be had: %s",
                     following.failure.text);
    }
}

/* Walks until something is missing, fetches it, and walks again. */
static int walk(const struct wish *wish, struct text *out)
{
    struct error error;
    struct arena arena;
    struct value value = value_pending();
    bool good = true;
    arena_init(&arena, 4096, 0);
    variables_window(wish->variables);
    for (unsigned passes = 0; good && value.type == VALUE_PENDING;) {
        passes += !variables_fetch(wish->variables);
        good = passes <= PASSES_MOST
                   ? walk_once(wish, &arena, &value, &error)
                   : error_set(&error, IMH_BROKEN, "the value leads to another, %d times",
                               PASSES_MOST);
    }
    if (good) {
        write_value(wish, &value, &arena, out);
    }
    arena_done(&arena);
    return good ? EXIT_DONE : command_fail_remote(&error);
}

/* The value as JSON on stdout. There is nobody to wait and nothing to send: what is wrong
 * is said. */
static int print_value(struct context *context, struct configured *configured,
                       struct wish *wish)
{
    struct text out;
    int status = check_path(context, &configured->integration, &wish->path);
    if (status != EXIT_DONE) {
        return status;
    }
    configured->integration.on_failure = ON_FAILURE_STOP;
    OWN(variables) variables = variables_make(context->supervisor, &clock_real);
    if (!variables) {
        return command_fail(EXIT_OUR_BUG, "no memory");
    }
    wish->variables = variables;
    wish->integration = &configured->integration;
    text_init(&out, 64 << 20);
    status = walk(wish, &out);
    text_add_char(&out, '\n');
    status = status == EXIT_DONE ? command_print(text_str(&out)) : status;
    text_done(&out);
    return status;
}

static int get(struct context *context, const struct words *words, const char *data,
               struct arena *arena)
{
    struct wish wish = {.recipient = value_null()};
    struct configured *configured;
    struct error error;
    if (!read_path(str_from(words->items[1]), &wish.path)) {
        return command_fail(EXIT_WRONG_USE,
                            "'%s' is no path: try shop.product.24-MB01.name or "
                            "shop.product[\"24-MB01\"].name",
                            words->items[1]);
    }
    if (data && !template_data(data, arena, &wish.recipient, &error)) {
        return command_fail(EXIT_BAD_DATA, "%s", error.text);
    }
    int status =
        context_integration(context, words->items[0], wish.path.steps[0], &configured);
    return status == EXIT_DONE ? print_value(context, configured, &wish) : status;
}

int command_variable_get(struct context *context, int argc, char **argv)
{
    const char *data = NULL;
    const struct flag flags[] = {{"--data", &data, NULL}};
    struct words words;
    struct arena arena;
    int status = command_words(context, argc, argv, flags, 1, &words);
    if (status != EXIT_DONE) {
        return status;
    }
    arena_init(&arena, 4096, 0);
    status = get(context, &words, data, &arena);
    arena_done(&arena);
    return status;
}
