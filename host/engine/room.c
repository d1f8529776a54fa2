#include "engine/room.h"

#include <inttypes.h>

enum { AFTER_S = 10, MIB = 1 << 20 };

int64_t room_mark_bytes(const struct room *room)
{
    int64_t usual = room->disk.size_bytes / ROOM_SHARE;
    int64_t most = (int64_t)ROOM_USUAL_MIB * MIB;
    usual = usual < most ? usual : most;
    return room->asked_bytes < 0 ? usual : room->asked_bytes;
}

bool room_look(struct room *room, const struct store_disk *disk)
{
    bool was_short = room->is_short;
    room->disk = *disk;
    int64_t mark = room_mark_bytes(room);
    int64_t enough = was_short ? mark + mark / ROOM_AGAIN_SHARE : mark;
    room->is_short = disk->free_bytes < enough;
    return room->is_short != was_short;
}

void room_say(const struct room *room, struct error *error)
{
    (void)error_set(error, IMH_RETRY,
                    "the disk of the store is nearly full: %" PRId64 " MiB are free, and "
                    "%" PRId64 " are to be ('min_free' in [host]): make room; nothing new "
                    "is accepted until then",
                    room->disk.free_bytes / MIB, room_mark_bytes(room) / MIB);
    error->after_s = AFTER_S;
}
