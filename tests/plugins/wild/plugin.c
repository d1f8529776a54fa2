/* wild - a plugin that misbehaves as its key says: {$wild.thing.crash}. Only for tests. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <imh/imh.h>

static const imh_variable variables[] = {
    {.name = "thing", .type = IMH_OBJECT, .flags = IMH_KEYED, .ttl_s = 60},
};

static imh_status well(imh_call *call, const imh_lookup *lookup)
{
    return imh_answer(call, lookup, imh_print(call, "{\"name\":\"well\"}"));
}

static imh_status crash(imh_call *call, const imh_lookup *lookup)
{
    (void)raise(SIGSEGV);
    return well(call, lookup);
}

static imh_status leave(imh_call *call, const imh_lookup *lookup)
{
    exit(0);
    return well(call, lookup);
}

static imh_status leave_at_once(imh_call *call, const imh_lookup *lookup)
{
    _exit(3);
    return well(call, lookup);
}

static imh_status give_up(imh_call *call, const imh_lookup *lookup)
{
    abort();
    return well(call, lookup);
}

static imh_status hang(imh_call *call, const imh_lookup *lookup)
{
    for (;;) {
        (void)pause();
    }
    return well(call, lookup);
}

static imh_status spin(imh_call *call, const imh_lookup *lookup)
{
    for (volatile unsigned turns = 0;; turns++) {
    }
    return well(call, lookup);
}

/* Takes memory until there is none. */
static imh_status swell(imh_call *call, const imh_lookup *lookup)
{
    enum { PIECE = 1 << 24 };
    for (;;) {
        char *piece = malloc(PIECE);
        if (!piece) {
            abort();
        }
        memset(piece, 1, PIECE);
    }
    return well(call, lookup);
}

static imh_status nap(imh_call *call, const imh_lookup *lookup)
{
    static const struct timespec half_a_second = {.tv_nsec = 500000000};
    (void)nanosleep(&half_a_second, NULL);
    return well(call, lookup);
}

static imh_status lie(imh_call *call, const imh_lookup *lookup)
{
    return imh_answer(call, lookup, imh_print(call, "{\"name\":"));
}

static imh_status miss(imh_call *call, const imh_lookup *lookup)
{
    (void)lookup;
    return imh_fail(call, IMH_MISSING, "no such thing");
}

static imh_status refuse(imh_call *call, const imh_lookup *lookup)
{
    (void)lookup;
    return imh_fail(call, IMH_REJECTED, "this thing is refused");
}

static imh_status invent(imh_call *call, const imh_lookup *lookup)
{
    (void)call;
    (void)lookup;
    return 4711;
}

static imh_status tell(imh_call *call, const imh_lookup *lookup)
{
    imh_str key = call->host->json_quote(call, lookup->path[0]);
    return imh_answer(call, lookup,
                      imh_print(call, "{\"name\":\"well\",\"key\":%s}", key.ptr));
}

static const struct {
    const char *key;
    imh_status (*deed)(imh_call *call, const imh_lookup *lookup);
} deeds[] = {
    {"well", well},     {"crash", crash}, {"exit", leave}, {"_exit", leave_at_once},
    {"abort", give_up}, {"hang", hang},   {"spin", spin},  {"swell", swell},
    {"nap", nap},       {"lie", lie},     {"miss", miss},  {"refuse", refuse},
    {"invent", invent},
};

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    (void)self;
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        if (strcmp(lookup->path[0].ptr, deeds[i].key) == 0) {
            return deeds[i].deed(call, lookup);
        }
    }
    return tell(call, lookup);
}

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "wild",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .variables = IMH_LIST(variables),
    .resolve = resolve,
};
