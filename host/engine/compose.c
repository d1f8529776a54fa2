#include "engine/compose.h"

#include <stdlib.h>

#include "engine/mailing.h"
#include "engine/reserved.h"
#include "engine/template_folder.h"
#include "smarty/data.h"

enum { PART_BYTES = 4 << 20, BLOCK_BYTES = 16 << 10 };

struct compose {
    struct compose_settings settings;
    struct variables *variables;
    struct smarty_renderer *renderer;
    struct smarty_template *templates[COMPOSE_PARTS];
    struct text parts[COMPOSE_PARTS];
    struct arena arena; /* the event */
    struct value trigger;
    struct error *error;
    unsigned passes;
    bool fetching; /* something was missing at the last pass */
    bool refused;  /* no memory for an integration: `error` says so */
};

static const char *const names[COMPOSE_PARTS] = {"subject", "text", "html"};

/* ---- its templates ---- */

static bool read_source(const struct compose *compose, struct str source,
                        struct text *content, struct error *error)
{
    struct str prefix = STR_OF("file:");
    const char *folder = compose->settings.folder;
    if (!str_starts(source, prefix)) {
        text_add(content, source);
        return true;
    }
    if (!folder || !*folder) {
        return error_set(error, IMH_REJECTED,
                         "'templates' in [mail] does not say in which folder it is");
    }
    return template_folder_read((void *)folder, str_after(source, prefix.len), content,
                                error);
}

/* A mistake in a template, and a file that is not there, stay so. */
static bool compile(struct compose *compose, enum compose_part part, struct error *error)
{
    const struct smarty_options options = {.escape_html = part == COMPOSE_HTML};
    struct str source = compose->settings.sources[part];
    struct text content;
    if (source.len == 0) {
        return true;
    }
    text_init(&content, SMARTY_SOURCE_BYTES);
    bool good = read_source(compose, source, &content, error) ||
                error_wrap(error, "'%s'", names[part]);
    if (good) {
        compose->templates[part] =
            smarty_compile(names[part], text_str(&content), &options, error);
    } else if (error->status != IMH_RETRY) {
        error->status = IMH_REJECTED;
    }
    text_done(&content);
    return compose->templates[part] != NULL;
}

static bool link_nowhere(void *self, const struct data_reference *reference,
                         struct arena *arena, struct value *value)
{
    (void)self;
    (void)reference;
    (void)arena;
    (void)value;
    return false;
}

/* The integration whose event it is; NULL: it is not here, or not on. */
static const struct integration *source_of(struct compose *compose)
{
    const struct compose_settings *settings = &compose->settings;
    struct str whole;
    bool is_text = json_find(settings->trigger, STR_OF("/source"), &compose->arena,
                             &whole) == JSON_STRING;
    struct str name = is_text ? str_before(str_after(whole, 1), whole.len - 2) : STR_OF("");
    const struct integration *found =
        name.len > 0 ? settings->find(settings->self, name) : NULL;
    return found && integration_is_on(found) ? found : NULL;
}

static bool read_trigger(struct compose *compose, struct error *error)
{
    const struct compose_settings *settings = &compose->settings;
    struct data_linker linker = {.zone = settings->zone, .link = link_nowhere};
    const struct integration *source = source_of(compose);
    return settings->trigger.len == 0 ||
           ((!source || variables_linker(compose->variables, source, &linker, error)) &&
            data_read_linked(settings->trigger, &json_limits_input, &linker,
                             &compose->arena, &compose->trigger, error));
}

struct compose *compose_make(const struct compose_settings *settings, struct error *error)
{
    struct compose *compose = calloc(1, sizeof *compose);
    if (compose) {
        compose->settings = *settings;
        compose->variables = variables_make(settings->supervisor, settings->clock);
        compose->renderer = smarty_renderer_make();
    }
    bool good = compose && compose->variables && compose->renderer;
    if (!good) {
        (void)error_set(error, IMH_RETRY, "no memory for a mail");
    } else if (settings->limits) {
        smarty_renderer_limit(compose->renderer, settings->limits);
    }
    if (compose) {
        arena_init(&compose->arena, BLOCK_BYTES, 0);
    }
    good = good && read_trigger(compose, error);
    for (unsigned i = 0; compose && i < COMPOSE_PARTS; i++) {
        text_init(&compose->parts[i], PART_BYTES);
        good = good && compile(compose, i, error);
    }
    if (!good) {
        compose_free(compose);
        return NULL;
    }
    return compose;
}

void compose_free(struct compose *compose)
{
    if (!compose) {
        return;
    }
    for (unsigned i = 0; i < COMPOSE_PARTS; i++) {
        smarty_template_free(compose->templates[i]);
        text_done(&compose->parts[i]);
    }
    smarty_renderer_free(compose->renderer);
    variables_free(compose->variables);
    arena_done(&compose->arena);
    free(compose);
}

/* ---- where a variable comes from ---- */

static bool data_root(const struct compose *compose, const struct key *name,
                      struct value *value)
{
    const struct value *data = compose->settings.data;
    const struct value *found =
        data && data->type == VALUE_ARRAY ? array_get(data->array, name) : NULL;
    if (found) {
        *value = *found;
    }
    return found != NULL;
}

/* Reserved words and data, then identifiers, then data. */
static bool find_root(void *self, const struct key *name, struct value *value)
{
    struct compose *compose = self;
    const struct compose_settings *settings = &compose->settings;
    struct str text = {name->name, name->len};
    if (settings->trigger.len > 0 && str_is(text, "trigger")) {
        *value = compose->trigger;
        return true;
    }
    const struct integration *integration =
        reserved_is(text) ? NULL : settings->find(settings->self, text);
    if (!integration) {
        return data_root(compose, name, value);
    }
    compose->refused = compose->refused || !variables_root(compose->variables, integration,
                                                           value, compose->error);
    return !compose->refused;
}

/* ---- rendering ---- */

static enum smarty_result render(struct compose *compose, unsigned part)
{
    const struct compose_settings *settings = &compose->settings;
    struct smarty_store store = {(void *)settings->folder, template_folder_read};
    struct smarty_data data = {.self = compose,
                               .root = find_root,
                               .store =
                                   settings->folder && *settings->folder ? &store : NULL,
                               .zone = settings->zone,
                               .now_s = clock_now_ms(settings->clock) / 1000};
    struct text *out = &compose->parts[part];
    text_clear(out);
    if (!compose->templates[part]) {
        return SMARTY_DONE;
    }
    enum smarty_result result = smarty_render(compose->renderer, compose->templates[part],
                                              &data, out, compose->error);
    bool lost = result == SMARTY_FAILED || compose->refused;
    return lost || !text_ok(out, names[part], compose->error) ? SMARTY_FAILED : result;
}

/* What is wrong with a remote is not wrong with the mail, unless that is to stop. */
static enum compose_state fail_for_now(const struct compose *compose, struct error *error)
{
    *error = *variables_failure(compose->variables);
    error->status = error->status == IMH_WAIT ? IMH_WAIT : IMH_RETRY;
    return COMPOSE_FAILED;
}

/* All parts once: so that all that is missing is asked for together. */
static enum compose_state render_all(struct compose *compose, struct error *error)
{
    enum compose_state state = COMPOSE_DONE;
    compose->error = error;
    variables_begin(compose->variables, compose->settings.data);
    for (unsigned i = 0; i < COMPOSE_PARTS; i++) {
        enum smarty_result result = render(compose, i);
        if (result == SMARTY_FAILED) {
            return COMPOSE_FAILED;
        }
        state = result == SMARTY_PENDING ? COMPOSE_WAITS : state;
    }
    enum variables_state met = variables_end(compose->variables, state == COMPOSE_DONE);
    return met == VARIABLES_FAILED ? fail_for_now(compose, error) : state;
}

enum compose_state compose_go_on(struct compose *compose, int64_t *wait_ms,
                                 struct error *error)
{
    while (!compose->fetching || !variables_turn(compose->variables)) {
        enum compose_state state = render_all(compose, error);
        if (state != COMPOSE_WAITS) {
            return state;
        }
        compose->fetching = true;
        if (++compose->passes > MAILING_PASSES_MOST) {
            (void)error_set(error, IMH_REJECTED,
                            "the mail asks for more live data each time it gets some: it "
                            "never ends");
            return COMPOSE_FAILED;
        }
    }
    *wait_ms = *wait_ms < VARIABLES_LOOK_MS ? *wait_ms : VARIABLES_LOOK_MS;
    return COMPOSE_WAITS;
}

struct str compose_part(struct compose *compose, enum compose_part part)
{
    return text_str(&compose->parts[part]);
}
