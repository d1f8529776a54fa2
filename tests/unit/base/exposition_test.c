#include "base/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct text out;

static int start(void **state)
{
    (void)state;
    text_init(&out, 16 << 10);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    text_done(&out);
    return 0;
}

static void a_family_says_what_it_is(void **state)
{
    (void)state;
    exposition_family(&out, "imh_x_total", EXPOSITION_COUNTER, "Some things.");
    exposition_number(&out, "imh_x_total", NULL, INT64_MAX);
    assert_string_equal(text_cstr(&out), "# HELP imh_x_total Some things.\n"
                                         "# TYPE imh_x_total counter\n"
                                         "imh_x_total 9223372036854775807\n");
}

static void values_of_labels_are_escaped(void **state)
{
    struct exposition_labels labels = {.count = 0};
    (void)state;
    exposition_label(&labels, "a", STR_OF("say \"hi\"\\ \n\t"));
    exposition_label(&labels, "b", STR_OF(""));
    exposition_number(&out, "x", &labels, -1);
    assert_string_equal(text_cstr(&out), "x{a=\"say \\\"hi\\\"\\\\ \\n\t\",b=\"\"} -1\n");
}

static void labels_too_many_are_left_out(void **state)
{
    struct exposition_labels labels = {.count = 0};
    (void)state;
    for (unsigned i = 0; i < 2 * EXPOSITION_LABELS_MOST; i++) {
        exposition_label(&labels, "a", STR_OF("b"));
    }
    assert_int_equal(labels.count, EXPOSITION_LABELS_MOST);
}

static void times_are_seconds(void **state)
{
    (void)state;
    exposition_ms(&out, "x", NULL, 0);
    exposition_ms(&out, "x", NULL, 2500);
    exposition_ms(&out, "x", NULL, 10000);
    exposition_ms(&out, "x", NULL, 7);
    exposition_ms(&out, "x", NULL, -7);
    assert_string_equal(text_cstr(&out), "x 0\nx 2.5\nx 10\nx 0.007\nx 0\n");
}

static void a_histogram_adds_up_and_ends_with_all(void **state)
{
    struct histogram histogram = {.sum_ms = 0};
    struct exposition_labels labels = {.count = 0};
    (void)state;
    histogram_note(&histogram, 1);
    histogram_note(&histogram, 3);
    histogram_note(&histogram, 60001);
    exposition_label(&labels, "kind", STR_OF("run"));
    exposition_histogram(&out, "x", &labels, &histogram);
    assert_string_equal(text_cstr(&out), "x_bucket{kind=\"run\",le=\"0.001\"} 1\n"
                                         "x_bucket{kind=\"run\",le=\"0.002\"} 1\n"
                                         "x_bucket{kind=\"run\",le=\"0.005\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.01\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.025\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.05\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.1\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.25\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"0.5\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"1\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"2.5\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"5\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"15\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"60\"} 2\n"
                                         "x_bucket{kind=\"run\",le=\"+Inf\"} 3\n"
                                         "x_sum{kind=\"run\"} 60.005\n"
                                         "x_count{kind=\"run\"} 3\n");
}

#define test(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_family_says_what_it_is),
        test(values_of_labels_are_escaped),
        test(labels_too_many_are_left_out),
        test(times_are_seconds),
        test(a_histogram_adds_up_and_ends_with_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
