/* alarm - when people are told that calls of an integration fail, and that they do not any
 * more.
 *
 * Once when it begins, with what was counted by then, and once when it is over: when a call
 * went well and nothing failed for a while. It is not told to begin again before `every_ms`
 * after the last time; what fails meanwhile is counted. Pure: the caller tells the time,
 * which is monotonic and above 0.
 */
#ifndef HOST_ENGINE_ALARM_H
#define HOST_ENGINE_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum trouble {
    TROUBLE_FAILED,      /* a job, for good */
    TROUBLE_UNKNOWN,     /* a job was sent, and its answer was lost */
    TROUBLE_DENIED,      /* credentials are refused: jobs are held */
    TROUBLE_DOWN,        /* the remote is left alone */
    TROUBLE_QUARANTINED, /* the plugin */
    TROUBLE_DISK,        /* too little of it is free */
    TROUBLE_WAITING,     /* too many jobs wait */
    TROUBLES
};

enum { ALARM_CALM_SHARE = 12 /* calm for this part of `every_ms`: it is over */ };

/* All zero at first. */
struct alarm {
    bool raised; /* people know that it fails */
    bool well;   /* it went well since the last trouble */
    int64_t since_ms, last_ms;
    int64_t told_ms; /* when it was raised last; 0: never */
    uint32_t counts[TROUBLES];
};

void alarm_note(struct alarm *alarm, enum trouble trouble, uint32_t times, int64_t now_ms);
void alarm_well(struct alarm *alarm);

enum alarm_word {
    ALARM_NOTHING,
    ALARM_FAILS,     /* tell it, with the counts */
    ALARM_RECOVERED, /* the same; then alarm_rest() */
    ALARM_OVER       /* nobody was told, and nobody need be: alarm_rest() */
};

/* What is to be told now; ALARM_FAILS is said once. */
enum alarm_word alarm_says(struct alarm *alarm, int64_t every_ms, int64_t now_ms);

/* Nothing is known of any trouble but when people were told last. */
void alarm_rest(struct alarm *alarm);

/* It could not be told: it is said again in `again_ms`. */
void alarm_unsaid(struct alarm *alarm, int64_t every_ms, int64_t again_ms, int64_t now_ms);

/* "failed", "denied": for people and programs. */
const char *alarm_trouble_name(enum trouble trouble);

#endif
