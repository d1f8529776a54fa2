/* why - what became of an event, or why nothing did: facts in, a stage, a reason and a
 * sentence out.
 *
 *   stages    configured, daemon, seen, matched, if, wait, until, recheck, limit, loop,
 *             step, job, done
 *   reasons   stay the same from version to version; words are for people
 *
 * Facts are what the store, the daemon and the file say, see command_why.c. Pure.
 */
#ifndef HOST_APP_WHY_H
#define HOST_APP_WHY_H

#include <jansson.h>

/* Sets "stage", "reason" and "words" of each event of the facts, and of the whole: those of
 * the newest event that may start the follow-up; without one, why there is none. */
void why_judge(json_t *facts);

#endif
