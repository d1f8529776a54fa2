/* A template of a stranger: compiled, rendered with data of every kind, its paths told. */
#include "fuzz.h"
#include "smarty/data.h"
#include "smarty/effort.h"
#include "smarty/smarty.h"

static const struct str variables = STR(
    "{\"n\":5,\"m\":-2.5,\"s\":\"O'Neil & <b>sons</b> h\\u00e9llo\",\"t\":\"12 apples\","
    "\"z\":null,\"y\":true,\"l\":[1,\"two\",3.5,null,[4]],\"e\":[],"
    "\"k\":{\"a\":\"x\",\"5\":\"five\",\"b\":{\"c\":\"deep\"}},"
    "\"r\":[{\"name\":\"A\",\"price\":19.99},{\"name\":\"B\",\"price\":5}],"
    "\"d\":\"2024-02-29 13:05:09\"}");

static const struct str answer =
    STR("{\"price\":{\"$value\":19.95,\"currency\":\"EUR\"},\"name\":\"Bag\",\"big\":"
        "12345678901234567890,\"attributes\":{\"$value\":1},\"at\":{\"$time\":"
        "\"2026-11-21 19:50:59\"}}");

static const struct smarty_limits limits = {
    .steps = 20000, .effort = 200000, .regex_steps = 100000, .memory_bytes = 4 << 20};

enum { OUTPUT_BYTES = 1 << 20, PATHS_SOURCE_BYTES = 20000 };

/* ---- data that is fetched: some of it is there, some pending, some fails ---- */

struct remote {
    struct lazy lazy;
    struct value answer;
};

static bool remote_member(const struct lazy *lazy, const struct key *key,
                          struct arena *arena, struct value *value, struct error *error)
{
    const struct remote *remote = (const struct remote *)lazy;
    (void)arena;
    if (key->name && key->len == 4 && memcmp(key->name, "fail", 4) == 0) {
        return error_set(error, IMH_RETRY, "the remote does not answer");
    }
    bool pending = key->name && key->len > 0 && key->name[0] == 'p';
    bool again = !key->name && key->number > 0;
    *value = pending ? value_pending()
             : again ? (struct value){.type = VALUE_LAZY, .lazy = lazy}
                     : remote->answer;
    return true;
}

static bool remote_whole(const struct lazy *lazy, struct arena *arena, struct value *value,
                         struct error *error)
{
    (void)arena;
    (void)error;
    *value = ((const struct remote *)lazy)->answer;
    return true;
}

static const struct lazy_type remote_type = {.member = remote_member,
                                             .whole = remote_whole};

struct source {
    struct value data;
    struct remote remote;
};

/* "shop" is remote, "p" is on its way; others are what the JSON says. */
static bool find_root(void *self, const struct key *name, struct value *value)
{
    struct source *source = self;
    struct str text = {name->name, name->len};
    if (str_is(text, "shop")) {
        *value = (struct value){.type = VALUE_LAZY, .lazy = &source->remote.lazy};
        return true;
    }
    if (str_is(text, "p")) {
        *value = value_pending();
        return true;
    }
    return smarty_array_root(&source->data, name, value);
}

/* ---- templates that others include ---- */

static bool read_template(void *self, struct str name, struct text *source,
                          struct error *error)
{
    static const struct {
        struct str name, source;
    } templates[] = {
        {STR("self"), STR("{include 'self'}")},
        {STR("base"), STR("<{block a}{$s}{/block}{block b}{$smarty.block.child}{/block}>")},
        {STR("part"),
         STR("{$p1}{$i++}{$l[]=1}{assign var=x value=$p scope=root}{$v@last}")},
    };
    (void)self;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        if (str_eq(name, templates[i].name)) {
            text_add(source, templates[i].source);
            return true;
        }
    }
    return error_set(error, IMH_MISSING, "no such template");
}

/* ---- one input ---- */

static void read_data(struct source *source, struct arena *arena)
{
    struct error error;
    source->remote.lazy.type = &remote_type;
    fuzz_check(
        data_read(variables, &json_limits_input, DATA_PLAIN, arena, &source->data, &error));
    fuzz_check(data_read(answer, &json_limits_input, DATA_ANSWER, arena,
                         &source->remote.answer, &error));
}

/* "fuzz:LINE: what", always; of another template its name. */
static void check_error(const struct error *error)
{
    struct str text = str_from(error->text);
    size_t colon = str_find_char(text, ':');
    fuzz_check(colon >= 4 && colon + 1 < text.len);
    fuzz_check(text.ptr[colon + 1] >= '1' && text.ptr[colon + 1] <= '9');
    fuzz_check(error->status != IMH_OK);
}

static void render(const struct smarty_template *template, struct source *source)
{
    OWN(smarty_renderer) renderer = smarty_renderer_make();
    static const struct smarty_store store = {.read = read_template};
    struct smarty_data data = {
        .self = source, .root = find_root, .store = &store, .now_s = 1767225600};
    struct text out;
    fuzz_check(renderer);
    smarty_renderer_limit(renderer, &limits);
    text_init(&out, OUTPUT_BYTES);
    text_add_cstr(&out, "before");
    for (int i = 0; i < 2; i++) { /* a renderer is used again, whatever happened */
        struct error error;
        size_t before = out.len;
        enum smarty_result result = smarty_render(renderer, template, &data, &out, &error);
        fuzz_check(!out.failed && out.len >= before);
        fuzz_check(result == SMARTY_DONE || out.len == before);
        if (result == SMARTY_FAILED) {
            check_error(&error);
        }
    }
    text_done(&out);
}

static void count_path(void *self, const struct smarty_path *path)
{
    size_t *count = self;
    fuzz_check(path->text.len > 0 && path->root.len > 0 && path->line > 0);
    ++*count;
}

static void check_problem(void *self, const struct smarty_problem *problem)
{
    uint32_t *count = self;
    fuzz_check(problem->line > 0 && problem->column > 0);
    fuzz_check(str_starts(str_from(problem->text), STR_OF("fuzz:")));
    ++*count;
}

/* It takes what the compiler takes, and nothing else. */
static void check_all(struct str input, const struct smarty_options *options, bool good)
{
    uint32_t count = 0;
    fuzz_check(smarty_check("fuzz", input, options, check_problem, &count) == count);
    fuzz_check(good ? count == 0 : count > 0);
}

static void tell_paths(struct str input)
{
    struct error error;
    size_t count = 0;
    if (input.len <= PATHS_SOURCE_BYTES &&
        !smarty_paths("fuzz", input, count_path, &count, &error)) {
        check_error(&error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    struct smarty_options options = {.escape_html = size % 2};
    struct source source;
    struct arena arena;
    struct error error;
    OWN(smarty_template) template = smarty_compile("fuzz", input, &options, &error);
    if (template) {
        arena_init(&arena, 4096, 0);
        read_data(&source, &arena);
        for (uint32_t i = 0; smarty_variable(template, i).len > 0; i++) {
        }
        render(template, &source);
        arena_done(&arena);
    } else {
        check_error(&error);
    }
    check_all(input, &options, template != NULL);
    tell_paths(input);
    return 0;
}
