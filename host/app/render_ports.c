#include "app/render_ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/command.h"
#include "app/output.h"

enum { PATH_BYTES = RENDER_FOLDER_BYTES + 64 };

void render_name(struct render_ports *ports, const struct integration *integration)
{
    if (ports->named_count < RENDER_NAMED_MOST) {
        ports->named[ports->named_count++] = integration;
    }
}

static bool has_field(const struct value *fields, const char *name)
{
    struct key key = key_named(str_from(name));
    return fields && fields->type == VALUE_ARRAY && array_get(fields->array, &key) != NULL;
}

/* The integration wins, and the field can only be had as {$profile.NAME}: that may be a
 * surprise. */
static void warn_hidden(struct render_ports *ports, const struct value *recipient)
{
    for (uint32_t i = 0; i < ports->named_count;) {
        const struct integration *integration = ports->named[i];
        if (!has_field(recipient, integration->identifier) &&
            !has_field(ports->common, integration->identifier)) {
            i++;
            continue;
        }
        command_warn(integration, "hides the field of that name");
        ports->named[i] = ports->named[--ports->named_count];
    }
}

bool render_next(void *self, struct arena *arena, struct value *recipient,
                 struct error *error)
{
    struct render_ports *ports = self;
    if (!ports->recipients && ports->given) {
        return false;
    }
    if (ports->recipients) {
        if (!recipients_next(ports->recipients, arena, recipient, error)) {
            return false;
        }
    } else {
        *recipient = *ports->common; /* the data is that of the one who gets it */
        ports->given = true;
    }
    warn_hidden(ports, recipient);
    return true;
}

static void path_of(const struct render_ports *ports, uint64_t index, char *path,
                    size_t bytes)
{
    (void)snprintf(path, bytes, "%s/%06" PRIu64 "%s", ports->folder, index + 1,
                   ports->extension);
}

/* Under another name until it is whole: a folder never holds half a message. Made anew, so
 * that a link somebody left there leads nowhere. */
static bool write_file(const char *path, struct str message)
{
    char partial[PATH_BYTES + sizeof ".part"];
    (void)snprintf(partial, sizeof partial, "%s.part", path);
    (void)unlink(partial);
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
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
    char path[PATH_BYTES] = "standard output";
    if (ports->folder) {
        path_of(ports, index, path, sizeof path);
    }
    bool good =
        ports->folder ? write_file(path, message) : output_write(STDOUT_FILENO, message);
    if (!good) {
        ports->cannot_write = true;
        ports->reader_left = !ports->folder && errno == EPIPE;
        return error_set(error, IMH_REJECTED, "%s: %s", path, strerror(errno));
    }
    return true;
}

void render_wait(void *self, uint64_t index)
{
    const struct render_ports *ports = self;
    char path[PATH_BYTES];
    if (ports->folder) {
        path_of(ports, index, path, sizeof path);
        (void)unlink(path);
    }
}
