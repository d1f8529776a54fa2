/* The tables of the rogue, and which acts are tried before it is asked:
 *
 *     ROGUE_AT_LOAD          all forbidden ones; {$rogue.loaded.NAME.error} tells of them
 *     ROGUE_LOAD_ACT "x"     that one, while it is loaded
 *     ROGUE_CREATE_ACT "x"   that one, in create()
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rogue.h"

struct rogue_target rogue_target = {
    .file = "/etc/hostname", .folder = "/tmp", .socket = "/run/systemd/private", .port = 1};

_Noreturn void rogue_wait(void)
{
    for (;;) {
        (void)pause();
    }
}

_Noreturn void rogue_loop(void)
{
    for (volatile unsigned turns = 0;; turns++) {
    }
}

int rogue_errno(long result)
{
    return result < 0 ? errno : 0;
}

static const struct rogue_table *const tables[] = {&rogue_files,     &rogue_net,
                                                   &rogue_processes, &rogue_kernel,
                                                   &rogue_deadly,    &rogue_hostile};
enum { FORBIDDEN = 4, TABLES = sizeof tables / sizeof *tables };

static const struct rogue_act *find(const char *name, unsigned most)
{
    for (unsigned i = 0; i < most; i++) {
        for (unsigned at = 0; at < tables[i]->count; at++) {
            if (strcmp(tables[i]->acts[at].name, name) == 0) {
                return &tables[i]->acts[at];
            }
        }
    }
    return NULL;
}

/* ---- while the plugin is loaded ---- */

#ifdef ROGUE_AT_LOAD
static struct {
    const struct rogue_act *act;
    int failed;
} at_load[200];
static unsigned tried;

__attribute__((constructor)) static void try_all_at_load(void)
{
    rogue_target.host = getppid();
    for (unsigned i = 0; i < FORBIDDEN; i++) {
        for (unsigned at = 0; at < tables[i]->count && tried < 200; at++) {
            at_load[tried].act = &tables[i]->acts[at];
            at_load[tried].failed =
                at_load[tried].act->late ? EPERM : tables[i]->acts[at].act();
            tried++;
        }
    }
}

static int came_of(const struct rogue_act *act)
{
    for (unsigned i = 0; i < tried; i++) {
        if (at_load[i].act == act) {
            return at_load[i].failed;
        }
    }
    return 0;
}
#else
static int came_of(const struct rogue_act *act)
{
    (void)act;
    return 0;
}
#endif

#ifdef ROGUE_LOAD_ACT
__attribute__((constructor)) static void act_at_load(void)
{
    rogue_target.host = getppid();
    (void)find(ROGUE_LOAD_ACT, TABLES)->act();
}
#endif

#ifdef ROGUE_CREATE_ACT
#define CREATE create
static imh_status create(imh_call *call, void **self)
{
    (void)call;
    (void)self;
    (void)find(ROGUE_CREATE_ACT, TABLES)->act();
    return IMH_OK;
}
#else
#define CREATE NULL
#endif

/* ---- when it is asked ---- */

static void aim(imh_call *call, const imh_lookup *lookup)
{
    imh_str port = call->host->option(call, "port");
    rogue_target.file = call->host->option(call, "file").ptr;
    rogue_target.folder = call->host->option(call, "folder").ptr;
    rogue_target.socket = call->host->option(call, "socket").ptr;
    rogue_target.port = (int)strtol(port.ptr, NULL, 10);
    rogue_target.host = getppid();
    rogue_target.call = call;
    rogue_target.lookup = lookup;
}

static imh_status tell(imh_call *call, const imh_lookup *lookup, int failed)
{
    const char *name = failed ? strerrorname_np(failed) : "done";
    return imh_answer(call, lookup,
                      imh_print(call, "{\"error\":\"%s\"}", name ? name : "unknown"));
}

/* Which forbidden acts there are, so that a test forgets none. */
static imh_status list(imh_call *call, const imh_lookup *lookup)
{
    char names[8192] = "";
    size_t length = 0;
    for (unsigned i = 0; i < FORBIDDEN; i++) {
        for (unsigned at = 0; at < tables[i]->count; at++) {
            length += (size_t)snprintf(names + length, sizeof names - length, "%s ",
                                       tables[i]->acts[at].name);
        }
    }
    return imh_answer(call, lookup, imh_print(call, "{\"names\":\"%s\"}", names));
}

enum { ACT, LOADED, ACTS };

static imh_status resolve(void *self, imh_call *call, const imh_lookup *lookup)
{
    (void)self;
    if (lookup->variable == ACTS) {
        return list(call, lookup);
    }
    const struct rogue_act *act = find(lookup->path[0].ptr, TABLES);
    if (!act) {
        return imh_fail(call, IMH_MISSING, "no such act");
    }
    if (lookup->variable == LOADED) {
        return tell(call, lookup, came_of(act));
    }
    aim(call, lookup);
    return tell(call, lookup, act->act());
}

static const imh_option options[] = {
    {.name = "file", .help = "What is read, changed, removed", .fallback = "/etc/hostname"},
    {.name = "folder", .help = "Where files are made", .fallback = "/tmp"},
    {.name = "socket", .help = "Where somebody listens", .fallback = "/run/none"},
    {.name = "port", .help = "The same, at 127.0.0.1", .fallback = "1"},
};

static const imh_variable variables[] = {
    [ACT] = {.name = "act", .type = IMH_OBJECT, .flags = IMH_KEYED},
    [LOADED] = {.name = "loaded", .type = IMH_OBJECT, .flags = IMH_KEYED},
    [ACTS] = {.name = "acts", .type = IMH_OBJECT},
};

const imh_plugin imh_plugin_entry = {
    .abi = IMH_ABI,
    .name = "rogue",
    .version = "1.0.0",
    .flags = IMH_CONCURRENT,
    .options = IMH_LIST(options),
    .variables = IMH_LIST(variables),
    .create = CREATE,
    .resolve = resolve,
};
