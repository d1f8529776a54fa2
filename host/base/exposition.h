/* exposition - figures as Prometheus reads them: its text format, version 0.0.4.
 *
 *     exposition_family(&out, "imh_jobs", EXPOSITION_GAUGE, "Jobs in the queue.");
 *     exposition_label(&labels, "state", STR_OF("waiting"));
 *     exposition_number(&out, "imh_jobs", &labels, 17);
 *
 * A family is begun once, and all of its samples follow it. Names are our own: they are
 * written as they are. Values of labels are anybody's: they are escaped.
 */
#ifndef HOST_BASE_EXPOSITION_H
#define HOST_BASE_EXPOSITION_H

#include "base/histogram.h"
#include "base/text.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { EXPOSITION_LABELS_MOST = 6 };

enum exposition_kind {
    EXPOSITION_COUNTER, /* its name ends in _total */
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM /* of seconds */
};

/* Lent. */
struct exposition_labels {
    struct {
        const char *name;
        struct str value;
    } items[EXPOSITION_LABELS_MOST];
    unsigned count;
};

void exposition_label(struct exposition_labels *labels, const char *name, struct str value);

/* `help` is one line. */
void exposition_family(struct text *out, const char *name, enum exposition_kind kind,
                       const char *help);

/* `labels` NULL: none. */
void exposition_number(struct text *out, const char *name,
                       const struct exposition_labels *labels, int64_t number);

/* A time in seconds. */
void exposition_ms(struct text *out, const char *name,
                   const struct exposition_labels *labels, int64_t ms);

void exposition_histogram(struct text *out, const char *name,
                          const struct exposition_labels *labels,
                          const struct histogram *histogram);

#endif
