#include "engine/veil.h"

bool veil_payload(const struct integration *integration, struct str *payload,
                  struct text *room)
{
    size_t len;
    struct str words = *payload;
    size_t at = integration_tells(integration, words, 0, &len);
    text_init_wiped(room, words.len);
    if (at == words.len) {
        return true;
    }
    text_add(room, words);
    while (!room->failed && at < words.len) {
        memset(room->ptr + at, '*', len);
        at = integration_tells(integration, words, at + len, &len);
    }
    *payload = (struct str){room->ptr, room->len};
    return !room->failed;
}
