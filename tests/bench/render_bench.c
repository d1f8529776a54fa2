/* render_bench FOLDER NAME LOOPS - what one rendering of NAME.tpl with NAME.json costs.
 *
 * Prints: name, bytes of the message, microseconds to compile, to render, and to copy the
 * bytes of the message. Each is the least of some rounds; run by tests/bench/template.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/path.h"
#include "smarty/data.h"
#include "smarty/smarty.h"

enum { ROUNDS = 25, FILE_BYTES = 4 << 20, NOW_S = 1767225600 };

struct bench {
    char name[64];
    struct text source, json, out;
    struct arena arena;
    struct value data;
    struct smarty_template *template;
    struct smarty_renderer *renderer;
    struct error error;
    char *copy;
};

static double now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fail(const struct bench *bench)
{
    (void)fprintf(stderr, "render_bench: %s\n", bench->error.text);
    exit(EXIT_FAILURE);
}

static void compile(struct bench *bench)
{
    static const struct smarty_options options = {.escape_html = false};
    smarty_template_free(bench->template);
    bench->template =
        smarty_compile(bench->name, text_str(&bench->source), &options, &bench->error);
    if (!bench->template) {
        fail(bench);
    }
}

static void render(struct bench *bench)
{
    const struct smarty_data data = {
        .self = &bench->data, .root = smarty_array_root, .now_s = NOW_S};
    text_clear(&bench->out);
    if (smarty_render(bench->renderer, bench->template, &data, &bench->out,
                      &bench->error) != SMARTY_DONE) {
        fail(bench);
    }
}

static void copy(struct bench *bench)
{
    void *(*volatile copy_bytes)(void *, const void *, size_t) = memcpy;
    copy_bytes(bench->copy, bench->out.ptr, bench->out.len);
}

/* Microseconds of one turn. */
static double measure(struct bench *bench, void (*work)(struct bench *bench), long loops)
{
    double least_us = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (long i = 0; i < loops; i++) {
            work(bench);
        }
        least_us = fmin(least_us, (now_us() - start) / (double)loops);
    }
    return least_us;
}

static void read_file(struct bench *bench, const char *folder, const char *ending,
                      struct text *text)
{
    char path[8192];
    (void)snprintf(path, sizeof path, "%s/%s%s", folder, bench->name, ending);
    text_init(text, FILE_BYTES);
    if (!path_read(path, FILE_BYTES, text, &bench->error)) {
        fail(bench);
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {.renderer = smarty_renderer_make()};
    if (argc != 4 || !bench.renderer) {
        (void)fprintf(stderr, "usage: render_bench FOLDER NAME LOOPS\n");
        return EXIT_FAILURE;
    }
    (void)snprintf(bench.name, sizeof bench.name, "%s", argv[2]);
    long loops = strtol(argv[3], NULL, 10);
    read_file(&bench, argv[1], ".tpl", &bench.source);
    read_file(&bench, argv[1], ".json", &bench.json);
    arena_init(&bench.arena, 64 << 10, 0);
    text_init(&bench.out, SMARTY_OUTPUT_BYTES);
    if (!data_read(text_str(&bench.json), &json_limits_reply, DATA_PLAIN, &bench.arena,
                   &bench.data, &bench.error)) {
        fail(&bench);
    }
    double compiling = measure(&bench, compile, loops / 10 + 1);
    render(&bench);
    bench.copy = malloc(bench.out.len + 1);
    if (!bench.copy) {
        return EXIT_FAILURE;
    }
    double rendering = measure(&bench, render, loops);
    double copying = measure(&bench, copy, loops);
    printf("%s\t%zu\t%.3f\t%.4f\t%.4f\n", bench.name, bench.out.len, compiling, rendering,
           copying);
    smarty_template_free(bench.template);
    smarty_renderer_free(bench.renderer);
    free(bench.copy);
    return EXIT_SUCCESS;
}
