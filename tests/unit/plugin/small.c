/* small - plugins for the tests of loading: good ones, and one for each thing that can be
 * wrong with a plugin's file. Compiled once for each, by the definitions in CMakeLists.txt.
 */
#include <imh/imh.h>

#ifndef SMALL_MAGIC
#define SMALL_MAGIC IMH_MAGIC
#endif
#ifndef SMALL_MAJOR
#define SMALL_MAJOR IMH_MAJOR
#endif
#ifndef SMALL_NEEDS
#define SMALL_NEEDS 0
#endif
#ifndef SMALL_SIZE
#define SMALL_SIZE sizeof(imh_plugin)
#endif
#ifndef SMALL_OPTIONS
#define SMALL_OPTIONS options
#endif
#ifndef SMALL_COUNT
#define SMALL_COUNT 2
#endif
#ifndef SMALL_STRIDE
#define SMALL_STRIDE sizeof(imh_option)
#endif
#ifndef SMALL_NAME
#define SMALL_NAME "small"
#endif
#ifndef SMALL_TYPE
#define SMALL_TYPE IMH_URL
#endif
#ifndef SMALL_POLL
#define SMALL_POLL poll
#endif

#ifdef SMALL_MISSING
extern void something_that_nobody_has(void);
#endif

__attribute__((unused)) static const imh_option options[] = {
    {.name = "url", .type = SMALL_TYPE, .flags = IMH_REQUIRED, .help = "Where"},
    {.name = SMALL_NAME "_token", .flags = IMH_SECRET},
};

__attribute__((unused)) static imh_status poll(void *self, imh_call *call,
                                               const imh_span *span)
{
    (void)self;
    (void)call;
    (void)span;
#ifdef SMALL_MISSING
    something_that_nobody_has();
#endif
    return IMH_OK;
}

static const imh_source sources[] = {{.name = "orders", .poll = SMALL_POLL}};

#ifdef SMALL_NO_ENTRY
#define ENTRY another_name
IMH_EXPORT extern const imh_plugin another_name;
#else
#define ENTRY imh_plugin_entry
#endif

const imh_plugin ENTRY = {
    .abi = {SMALL_MAGIC, SMALL_MAJOR, IMH_MINOR, SMALL_NEEDS, 0, SMALL_SIZE},
    .name = SMALL_NAME,
    .version = "1.0.0",
    .vendor = "tests",
    .summary = "A small plugin",
    .flags = IMH_CONCURRENT,
    .parallel = 3,
    .rate_a_minute = 60,
    .options = {SMALL_OPTIONS, SMALL_COUNT, SMALL_STRIDE},
    .sources = IMH_LIST(sources),
};
