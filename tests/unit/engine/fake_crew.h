/* fake_crew - imh-net and imh-worker as tests of the engine need them.
 *
 * They are the test program itself, started again under their names: main() of the test
 * begins with fake_crew_plays(). What a worker does is said by its plugin's name, what a
 * call does by its lookups' keys, what imh-net does by a word in a file.
 *
 *     plugin   "good" answers; "dies" ends at once; "refused" and "liar" cannot be used;
 *              "babbles" says what no plugin may; "mute" says nothing
 *     key      a word of `deeds` in fake_player.c or fake_hostile.c; any other is answered
 *              with {"key":KEY,"call":N,"subject":SUBJECT}, N being the worker's count of
 *              calls
 *     net      "" serves; "deaf" never says what a call cost; "unsafe" says that something
 *              was under way, "done" that it was done; "leaves" ends at the first ticket,
 *              "fades" a moment later, "dares" after it said that something may be done;
 *              "loses" has lost the worker by then; "renews" gives the token of integration
 *              7 a new value, "renews nobody" that of 8
 */
#ifndef TESTS_UNIT_ENGINE_FAKE_CREW_H
#define TESTS_UNIT_ENGINE_FAKE_CREW_H

#include "base/log.h"
#include "base/text.h"
#include "engine/crew.h"

/* Is this process one of them? Then it has played its part, and ends with the status. */
bool fake_crew_plays(int argc, char **argv, int *status);

struct fake_crew {
    char folder[64]; /* of the programs, plugins and what they write down */
    struct log log;
    struct supervisor_settings settings;
    struct supervisor *supervisor;
    struct integration integration; /* "shop" of plugin "good" */
    struct secret_value token;      /* its only secret, "s3cret" */
};

/* For cmocka: a supervisor in a folder of its own. */
int fake_crew_setup(void **state);
int fake_crew_teardown(void **state);

/* What imh-net does from its next start on. */
void fake_crew_net(const struct fake_crew *crew, const char *word);

/* What the processes were told, a line each; "log" is what the supervisor logged. */
void fake_crew_heard(const struct fake_crew *crew, const char *who, struct text *out);

/* How often a word stands in that. */
unsigned fake_crew_count(const struct fake_crew *crew, const char *who, const char *word);

/* What came of a call. */
struct seen {
    struct text answers; /* "token=json;" each, of unanswered ones "token!status;" */
    unsigned ended;
    struct outcome outcome; /* its text is in `why` */
    char why[ERROR_TEXT_BYTES];
    struct spent spent;
};

void seen_init(struct seen *seen);
void seen_done(struct seen *seen);

/* Starts a call that asks for keys, separated by blanks, and does not wait. */
void fake_crew_ask(struct fake_crew *crew, const struct integration *integration,
                   const char *keys, struct seen *seen);

/* Turns until no call is under way. */
void fake_crew_wait(struct fake_crew *crew);

/* Both, for the crew's own integration. */
void fake_crew_call(struct fake_crew *crew, const char *keys, struct seen *seen);

/* The pauses of all workers and of imh-net are over. */
void fake_crew_rested(struct fake_crew *crew);

#endif
