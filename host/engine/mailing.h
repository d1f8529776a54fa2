/* mailing - one template, many recipients: messages out of live data.
 *
 * Recipients are taken in windows. All messages of a window are rendered; what they missed
 * is fetched at once, and only those that missed something are rendered again: until dry.
 * So 10,000 messages that mention 500 products cost about five remote calls. Where answers
 * are many and large, a window is rendered in parts, so that they need not all be in
 * memory.
 *
 * Thread: that of the variables.
 */
#ifndef HOST_ENGINE_MAILING_H
#define HOST_ENGINE_MAILING_H

#include "engine/variables.h"
#include "smarty/smarty.h"

enum {
    MAILING_WINDOW = 10000,          /* most messages of a window */
    MAILING_WINDOW_BYTES = 16 << 20, /* most bytes of their recipients' data */
    MAILING_PASSES_MOST = 200 /* renders of a message until it must be dry; those for the
                                 next page of a list do not count: lists have an end */
};

/* Where recipients come from and messages go. */
struct mailing_ports {
    void *self;
    /* The next recipient's data, an array made in `arena`; false at the end, or with an
     * error (status other than IMH_OK). */
    bool (*next)(void *self, struct arena *arena, struct value *recipient,
                 struct error *error);
    /* Message number `index`, from 0 on. */
    bool (*write)(void *self, uint64_t index, struct str message, struct error *error);
    /* This one is not written: it waits. */
    void (*wait)(void *self, uint64_t index);
};

struct mailing {
    struct variables *variables;
    const struct smarty_template *template;
    const struct smarty_store *store; /* templates to include; NULL: none */
    /* The integrations of the account, by identifier. */
    const struct integration *(*find)(void *self, struct str identifier);
    void *find_self;
    const struct value *common; /* variables for all messages; an array, or NULL */
    const struct zone *zone;
    const struct clock *clock;
    const struct smarty_limits *limits; /* of each message; NULL: the usual ones */
};

struct mailing_result {
    uint64_t messages; /* written */
    uint64_t waiting;  /* not written: live data could not be had */
    struct error why;  /* of the first one that waits */
    bool stopped;      /* by an integration whose failures stop the mailing */
};

/* false: it stopped; the error says where. What was written before stays written. */
bool mailing_run(const struct mailing *mailing, const struct mailing_ports *ports,
                 struct mailing_result *result, struct error *error);

#endif
