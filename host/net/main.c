/* imh-net: the only process with sockets to the outside. Started by imh, never by hand.
 *
 *     imh-net PARENT-PID, with descriptor 3 as its channel to imh
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cage.h"
#include "base/str.h"
#include "net/gate.h"

enum { SUPERVISOR_FD = 3, FILES_MOST = 1024 };

int main(int argc, char **argv)
{
    struct error error;
    int64_t parent;
    if (argc != 2 || !str_to_int64(str_from(argv[1]), 1, INT32_MAX, &parent)) {
        (void)fprintf(stderr, "imh-net: started by imh, not by hand\n");
        return 2;
    }
    struct cage cage = {.parent = (pid_t)parent, .files = FILES_MOST};
    if (!cage_enter(&cage, &error) || !gate_serve(SUPERVISOR_FD, &error)) {
        (void)fprintf(stderr, "imh-net: %s\n", error.text);
        return 70;
    }
    return 0;
}
