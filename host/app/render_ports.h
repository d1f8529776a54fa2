/* render_ports - where the recipients of `imh render` come from and its messages go. */
#ifndef HOST_APP_RENDER_PORTS_H
#define HOST_APP_RENDER_PORTS_H

#include "app/recipients.h"
#include "engine/mailing.h"

enum { RENDER_NAMED_MOST = 64, RENDER_FOLDER_BYTES = 4000 };

/* Without a file of recipients there is one, without fields; without a folder, messages go
 * to standard output. */
struct render_ports {
    struct recipients *recipients;
    const char *folder;    /* at most RENDER_FOLDER_BYTES */
    const char *extension; /* of the messages' files: ".html" */
    bool given;            /* the one recipient was handed out */
    bool cannot_write;
    bool reader_left;           /* of standard output: that is no failure to tell of */
    const struct value *common; /* fields that all recipients share: an array */
    /* Those the template names: people are told once when one hides a field. */
    const struct integration *named[RENDER_NAMED_MOST];
    uint32_t named_count;
};

/* The template names this integration; more than RENDER_NAMED_MOST are not told about. */
void render_name(struct render_ports *ports, const struct integration *integration);

bool render_next(void *self, struct arena *arena, struct value *recipient,
                 struct error *error);
bool render_write(void *self, uint64_t index, struct str message, struct error *error);
/* What an earlier run left in the folder as this message is not to be taken for it. */
void render_wait(void *self, uint64_t index);

#endif
