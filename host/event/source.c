#include "event/source.h"

#include "base/backoff.h"

static const struct backoff rests = {.first_s = 5, .most_s = 3600};

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Half of those among whom the bad one is; one that failed all alone is skipped. */
static void narrow(const struct source_place *place, struct source_page *page)
{
    bool alone = place->suspects == 1;
    page->most = alone || place->creeps ? 1 : place->suspects / 2;
    page->most = place->suspects == 0 ? 0 : page->most;
    page->skip = alone && place->failures > 0;
}

static void begin_span(const struct source_place *place, const struct source_pace *pace,
                       int64_t now_ms, struct source_page *page)
{
    int64_t end_ms = pace->lags ? now_ms - pace->margin_ms : now_ms;
    if (!place->learned) {
        page->to_ms = end_ms;
        return;
    }
    page->from_ms = pace->lags ? place->done_ms : place->done_ms - pace->margin_ms;
    page->to_ms = least(end_ms, place->done_ms + SOURCE_SPAN_MS);
}

bool source_next(const struct source_place *place, const struct source_pace *pace,
                 int64_t now_ms, struct source_page *page)
{
    *page = (struct source_page){.first = !place->learned, .cursor = STR_OF("")};
    narrow(place, page);
    if (place->to_ms == 0) {
        begin_span(place, pace, now_ms, page);
        return page->to_ms > place->done_ms;
    }
    page->from_ms = place->from_ms;
    page->to_ms = place->to_ms;
    page->cursor = place->cursor;
    return true;
}

void source_took(struct source_place *place, const struct source_page *page,
                 struct str cursor, bool more, int64_t now_ms)
{
    place->polls++;
    place->failures = 0;
    place->trouble = STR_OF("");
    place->good_at_ms = place->tried_at_ms = now_ms;
    if (page->skip) {
        place->parked++;
        place->suspects = 0;
    } else {
        place->suspects -= page->most; /* the rest of them; none: it was not one of them */
    }
    if (more) {
        place->from_ms = page->from_ms;
        place->to_ms = page->to_ms;
        place->cursor = cursor;
        return;
    }
    place->learned = true;
    place->done_ms = page->to_ms;
    place->from_ms = place->to_ms = 0;
    place->cursor = STR_OF("");
    place->suspects = 0;
}

/* Is it the record, and not the remote as a whole? */
static bool is_fault(imh_status status)
{
    return status == IMH_REJECTED || status == IMH_BROKEN || status == IMH_MISSING;
}

/* Nothing but the whole remote speaks through these. */
static bool is_general(imh_status status)
{
    return status == IMH_DENIED || status == IMH_WAIT || status == IMH_CANCELED;
}

void source_failed(struct source_place *place, const struct source_page *page,
                   const struct error *why, bool killed, int64_t now_ms, int64_t *rest_ms)
{
    place->polls++;
    place->tried_at_ms = now_ms;
    place->failures++;
    place->trouble = str_from(why->text);
    if (place->to_ms == 0) { /* asked for again as it was: the halves have to fit */
        place->from_ms = page->from_ms;
        place->to_ms = page->to_ms;
        place->cursor = page->cursor;
    }
    *rest_ms = (int64_t)backoff_rest_s(&rests, place->failures, 0) * 1000;
    if (is_general(why->status)) {
        int64_t after_ms = (int64_t)why->after_s * 1000;
        *rest_ms = after_ms > *rest_ms ? after_ms : *rest_ms;
        return;
    }
    if (page->skip) { /* it is not that record, or not that record only */
        place->suspects = 0;
        return;
    }
    bool narrower = page->most > 0 || killed || is_fault(why->status) ||
                    place->failures % SOURCE_PATIENCE == 0;
    if (narrower) {
        place->creeps = killed;
        place->suspects = page->most > 0 ? page->most : SOURCE_SUSPECTS;
        *rest_ms = 0;
    }
}

/* FNV-1a. */
uint64_t source_dice(const char *account, const char *identifier, const char *source)
{
    const char *const names[] = {account, identifier, source};
    uint64_t hash = 0xcbf29ce484222325U;
    for (unsigned i = 0; i < 3; i++) {
        for (const char *at = names[i]; *at; at++) {
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3U;
        }
        hash = (hash ^ '/') * 0x100000001b3U;
    }
    return hash ^ hash >> 29;
}

int64_t source_due_ms(int64_t after_ms, int64_t every_ms, uint64_t dice)
{
    int64_t phase_ms = (int64_t)(dice % (uint64_t)every_ms);
    int64_t since_ms = after_ms - phase_ms;
    int64_t periods = since_ms / every_ms - (since_ms % every_ms < 0);
    return phase_ms + (periods + 1) * every_ms;
}
