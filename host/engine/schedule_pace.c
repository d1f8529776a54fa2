#include "engine/schedule.h"

#include "engine/schedule_step.h"

/* What the configuration says for this source, or for all when `own` is false. */
static void apply_pace(struct source_pace *pace, const struct integration *integration,
                       const char *source, bool own)
{
    for (uint32_t i = 0; i < integration->pace_count; i++) {
        const struct pace *said = &integration->paces[i];
        if (own ? !str_is(said->source, source) : said->source.len > 0) {
            continue;
        }
        pace->every_ms = said->poll_s > 0 ? said->poll_s * 1000 : pace->every_ms;
        pace->margin_ms = said->margin_s >= 0 ? said->margin_s * 1000 : pace->margin_ms;
    }
}

/* Ours, the plugin's, the configuration's for all, for this source. */
struct source_pace schedule_pace(const struct integration *integration,
                                 const imh_source *source)
{
    int64_t every_s = source->every_s ? source->every_s : SCHEDULE_EVERY_S;
    int64_t margin_s = source->margin_s ? source->margin_s : integration->margin_s;
    struct source_pace pace = {.every_ms = every_s * 1000,
                               .margin_ms = margin_s * 1000,
                               .lags = source->margin == IMH_MARGIN_LAG};
    apply_pace(&pace, integration, source->name, false);
    apply_pace(&pace, integration, source->name, true);
    return pace;
}
