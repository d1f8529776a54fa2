#include "engine/deliver.h"

#include "engine/deliver_inside.h"

static uint32_t running(const struct deliver *deliver, const struct served *served)
{
    uint32_t count = 0;
    for (const struct run *at = deliver->runs; at; at = at->next) {
        count += at->served == served;
    }
    return count;
}

void deliver_tell(const struct deliver *deliver,
                  void (*each)(void *self, const struct deliver_figures *figures),
                  void *self)
{
    for (const struct served *at = deliver->served; at; at = at->next) {
        struct deliver_figures figures = at->figures;
        if ((at->everybodys || at->own) && figures.accepted == 0 && figures.attempts == 0) {
            continue;
        }
        figures.account = at->account;
        figures.identifier = at->identifier;
        figures.id = at->id;
        figures.running = running(deliver, at);
        each(self, &figures);
    }
}
