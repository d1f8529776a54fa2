/* imh-worker: runs one plugin. Started by imh, never by hand.
 *
 *     imh-worker PARENT-PID PLUGIN.so, with descriptors 3 (to imh) and 4 (to imh-net)
 */
#include <malloc.h>
#include <stdio.h>

#include "base/cage.h"
#include "base/str.h"
#include "plugin/worker.h"

enum { SUPERVISOR_FD = 3, NET_FD = 4, FILES_MOST = 256 };

#ifdef IMH_SANITIZE
enum { MEMORY_BYTES = 0 }; /* sanitizers reserve terabytes of addresses */
#else
enum { MEMORY_BYTES = 256 << 20 };
#endif

int main(int argc, char **argv)
{
    struct error error;
    int64_t parent;
    if (argc != 3 || !str_to_int64(str_from(argv[1]), 1, INT32_MAX, &parent)) {
        (void)fprintf(stderr, "imh-worker: started by imh, not by hand\n");
        return 2;
    }
    struct cage cage = {
        .parent = (pid_t)parent, .memory_bytes = MEMORY_BYTES, .files = FILES_MOST};
    if (!cage_enter(&cage, &error)) {
        (void)fprintf(stderr, "imh-worker: %s\n", error.text);
        return 70;
    }
    /* Each thread's own heap would reserve a quarter of the memory that is allowed. */
    (void)mallopt(M_ARENA_MAX, 1);
    worker_serve(argv[2], SUPERVISOR_FD, NET_FD);
    return 0;
}
