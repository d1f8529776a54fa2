/* imh-worker: runs one plugin. Started by imh, never by hand.
 *
 *     imh-worker PARENT-PID PLUGIN.so, with descriptors 3 (to imh) and 4 (to imh-net)
 */
#include <malloc.h>
#include <stdio.h>

#include "base/cage.h"
#include "base/str.h"
#include "base/zone.h"
#include "plugin/worker.h"

enum {
    SUPERVISOR_FD = 3,
    NET_FD = 4,
    FILES_MOST = 256,
    THREADS_MOST = 4096, /* of all workers of our user: the host ends one with too many */
    LARGE_BYTES = 128 << 10 /* what is larger goes back to the system when it is freed */
};

#ifdef IMH_SANITIZE
enum { MEMORY_BYTES = 0 }; /* sanitizers reserve terabytes of addresses */

IMH_EXPORT const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* see cage.h */
}
#else
enum { MEMORY_BYTES = 256 << 20 };
#endif

static bool seal(struct error *error)
{
    return cage_seal(&cage_rules_loaded, error);
}

int main(int argc, char **argv)
{
    struct error error;
    int64_t parent;
    if (argc != 3 || !str_to_int64(str_from(argv[1]), 1, INT32_MAX, &parent)) {
        (void)fprintf(stderr, "imh-worker: started by imh, not by hand\n");
        return 2;
    }
    /* The plugin, what the loader needs for the libraries that it needs, the time zones. */
    const char *const readable[] = {argv[2],          "/etc/ld.so.cache", "/lib",
                                    "/lib64",         "/usr/lib",         "/usr/lib64",
                                    "/usr/local/lib", ZONE_FOLDER,        NULL};
    struct cage cage = {.parent = (pid_t)parent,
                        .memory_bytes = MEMORY_BYTES,
                        .files = FILES_MOST,
                        .threads = THREADS_MOST,
                        .rules = &cage_rules_worker,
                        .readable = readable};
    /* Each thread's own heap would reserve a quarter of the memory that is allowed. */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
    if (cage_enter(&cage, &error)) {
        worker_serve(argv[2], SUPERVISOR_FD, NET_FD, seal);
    } else {
        worker_refuse(error.text, SUPERVISOR_FD);
    }
    return 0;
}
