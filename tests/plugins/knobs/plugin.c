/* knobs - a plugin with an option of every kind, which it shows: {$knobs.all.number}. Only
 * for tests. */
#include <imh/imh.h>

static const imh_option options[] = {
    {.name = "word", .help = "Any text at all", .fallback = "something"},
    {.name = "free", .help = "A text without a value of its own"},
    {.name = "whole",
     .type = IMH_INTEGER,
     .flags = IMH_REQUIRED,
     .min = 10,
     .max = 20,
     .help = "A whole number"},
    {.name = "decimal", .type = IMH_NUMBER, .help = "A number with a point"},
    {.name = "truth", .type = IMH_BOOLEAN, .fallback = "no"},
    {.name = "pause", .type = IMH_SECONDS, .min = 60, .max = 3600, .help = "A duration"},
    {.name = "size", .type = IMH_BYTES, .help = "A size"},
    {.name = "place", .type = IMH_URL, .flags = IMH_REQUIRED, .help = "An address"},
    {.name = "mode",
     .type = IMH_CHOICE,
     .choices = "live|test|off",
     .flags = IMH_REQUIRED,
     .help = "What is done: live does it, test only says what it would do, and off does "
             "nothing at all, which is a sentence too long for a line of an INI file, as "
             "every plugin is free to declare"},
    {.name = "password", .flags = IMH_REQUIRED | IMH_SECRET, .help = "A secret"},
    {.name = "second", .flags = IMH_SECRET, .help = "Another, if there is one"},
};

static const imh_variable variables[] = {
    {.name = "all",
     .type = IMH_OBJECT,
     .help = "All values",
     .example = "{\"word\": \"x\"}"},
};

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    imh_str json = imh_text("{");
    (void)self;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        imh_str value = call->host->option(call, options[i].name);
        json = imh_print(call, "%s%s\"%s\":%s", json.ptr, i > 0 ? "," : "", options[i].name,
                         call->host->json_quote(call, value).ptr);
    }
    return imh_answer(call, lookup, imh_print(call, "%s}", json.ptr));
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "knobs",
    .version = "1.2.3",
    .vendor = "tests",
    .summary = "An option of every kind",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
