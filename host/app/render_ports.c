#include "app/render_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/output.h"

bool render_next(void *self, struct arena *arena, struct value *recipient,
                 struct error *error)
{
    struct render_ports *ports = self;
    if (ports->recipients) {
        return recipients_next(ports->recipients, arena, recipient, error);
    }
    if (ports->given) {
        return false;
    }
    ports->given = true;
    struct array *nobody = array_make(arena, 0);
    *recipient = value_array(nobody);
    return nobody || error_set(error, IMH_RETRY, "no memory");
}

/* Under another name until it is whole: a folder never holds half a message. */
static bool write_file(const char *path, struct str message)
{
    char partial[4200];
    (void)snprintf(partial, sizeof partial, "%s.part", path);
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    bool good = output_write(fd, message);
    good = close(fd) == 0 && good;
    good = good && rename(partial, path) == 0;
    if (!good) {
        int why = errno;
        (void)unlink(partial);
        errno = why;
    }
    return good;
}

bool render_write(void *self, uint64_t index, struct str message, struct error *error)
{
    struct render_ports *ports = self;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%06" PRIu64 "%s",
                   ports->folder ? ports->folder : "", index + 1, ports->extension);
    bool good =
        ports->folder ? write_file(path, message) : output_write(STDOUT_FILENO, message);
    if (!good) {
        ports->cannot_write = true;
        return error_set(error, IMH_REJECTED, "%s: %s",
                         ports->folder ? path : "standard output", strerror(errno));
    }
    return true;
}
