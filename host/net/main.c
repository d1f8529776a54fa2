/* imh-net: the only process with sockets to the outside. Started by imh, never by hand.
 *
 *     imh-net PARENT-PID, with descriptor 3 as its channel to imh
 */
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cage.h"
#include "base/str.h"
#include "net/gate.h"

enum { SUPERVISOR_FD = 3, FILES_MOST = 1024, LOCKED_BYTES = 8 << 20 };

#ifdef IMH_SANITIZE
IMH_EXPORT const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* see cage.h */
}
#endif

/* The folder of the file that tells where to ask for names: most often it is a link to one
 * that another program writes, again and again. */
static void find_resolver(char folder[PATH_MAX])
{
    char *slash = realpath("/etc/resolv.conf", folder) ? strrchr(folder, '/') : NULL;
    (void)(slash ? (*slash = '\0') : snprintf(folder, PATH_MAX, "/etc"));
}

int main(int argc, char **argv)
{
    struct error error;
    int64_t parent;
    char resolver[PATH_MAX];
    if (argc != 2 || !str_to_int64(str_from(argv[1]), 1, INT32_MAX, &parent)) {
        (void)fprintf(stderr, "imh-net: started by imh, not by hand\n");
        return 2;
    }
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* in which names of hosts are read */
    find_resolver(resolver);
    /* Names and certificates, and the modules that look for them. */
    const char *const readable[] = {"/etc",
                                    resolver,
                                    "/lib",
                                    "/lib64",
                                    "/usr/lib",
                                    "/usr/lib64",
                                    "/usr/local/lib",
                                    "/usr/share/ca-certificates",
                                    "/dev/null",
                                    "/dev/urandom",
                                    "/usr/local/share/ca-certificates",
                                    NULL};
    struct cage cage = {.parent = (pid_t)parent,
                        .files = FILES_MOST,
                        .locked_bytes = LOCKED_BYTES,
                        .rules = &cage_rules_net,
                        .readable = readable,
                        .internet = true};
    if (!cage_enter(&cage, &error) || !gate_serve(SUPERVISOR_FD, &error)) {
        (void)fprintf(stderr, "imh-net: %s\n", error.text);
        return 70;
    }
    return 0;
}
