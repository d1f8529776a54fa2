/* render_ports - where the recipients of `imh render` come from and its messages go. */
#ifndef HOST_APP_RENDER_PORTS_H
#define HOST_APP_RENDER_PORTS_H

#include "app/recipients.h"
#include "engine/mailing.h"

/* Without a file of recipients there is one, without fields; without a folder, messages go
 * to standard output. */
struct render_ports {
    struct recipients *recipients;
    const char *folder;
    const char *extension; /* of the messages' files: ".html" */
    bool given;            /* the one recipient was handed out */
    bool cannot_write;
};

bool render_next(void *self, struct arena *arena, struct value *recipient,
                 struct error *error);
bool render_write(void *self, uint64_t index, struct str message, struct error *error);

#endif
