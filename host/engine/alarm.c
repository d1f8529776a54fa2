#include "engine/alarm.h"

void alarm_note(struct alarm *alarm, enum trouble trouble, uint32_t times, int64_t now_ms)
{
    if (alarm->since_ms == 0) {
        alarm->since_ms = now_ms;
    }
    alarm->last_ms = now_ms;
    alarm->well = false;
    alarm->counts[trouble] += times;
}

void alarm_well(struct alarm *alarm)
{
    alarm->well = true;
}

enum alarm_word alarm_says(struct alarm *alarm, int64_t every_ms, int64_t now_ms)
{
    if (alarm->since_ms == 0) {
        return ALARM_NOTHING;
    }
    if (alarm->well && now_ms - alarm->last_ms >= every_ms / ALARM_CALM_SHARE) {
        return alarm->raised ? ALARM_RECOVERED : ALARM_OVER;
    }
    if (alarm->raised || (alarm->told_ms != 0 && now_ms - alarm->told_ms < every_ms)) {
        return ALARM_NOTHING;
    }
    alarm->raised = true;
    alarm->told_ms = now_ms;
    return ALARM_FAILS;
}

void alarm_rest(struct alarm *alarm)
{
    *alarm = (struct alarm){.told_ms = alarm->told_ms};
}

void alarm_unsaid(struct alarm *alarm, int64_t every_ms, int64_t again_ms, int64_t now_ms)
{
    alarm->raised = false;
    alarm->told_ms = now_ms - every_ms + again_ms;
}

const char *alarm_trouble_name(enum trouble trouble)
{
    static const char *const names[TROUBLES] = {
        [TROUBLE_FAILED] = "failed",           [TROUBLE_UNKNOWN] = "unknown",
        [TROUBLE_DENIED] = "denied",           [TROUBLE_DOWN] = "down",
        [TROUBLE_QUARANTINED] = "quarantined", [TROUBLE_DISK] = "disk",
        [TROUBLE_WAITING] = "waiting",
    };
    return names[trouble];
}
