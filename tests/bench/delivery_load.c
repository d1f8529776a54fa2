#include "delivery_load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/control_client.h"
#include "crew_rig.h"
#include "delivery_sink.h"

enum { PRODUCERS_MOST = 64 };

struct producer {
    const struct load *load;
    pthread_t thread;
    unsigned number, made;
    double until_us;
};

static atomic_uint numbers;

static void order(const struct producer *producer, struct control_client *daemon)
{
    const struct load *load = producer->load;
    unsigned stream = producer->number + load->producers * (producer->made % load->streams);
    const char *identifier = load->identifiers[producer->made % load->identifier_count];
    char name[16];
    char body[SINK_BODY_BYTES + 1];
    char args[SINK_BODY_BYTES + 100];
    struct error error;
    sink_body(body, atomic_fetch_add(&numbers, 1) + 1, stream, crew_rig_now_us());
    (void)snprintf(name, sizeof name, "%u", stream);
    (void)snprintf(args, sizeof args, "{\"stream\":\"%s\",\"json\":%s}", name, body);
    json_t *arguments = json_pack("{s:s, s:s, s:s, s:s}", "account", "bench", "integration",
                                  identifier, "action", "request", "args", args);
    json_t *answer = control_ask_json(daemon, "action run", arguments, STR_OF(""), &error);
    if (!answer) {
        (void)fprintf(stderr, "an order: %s\n", error.text);
        exit(EXIT_FAILURE);
    }
    json_decref(answer);
}

static void *produce(void *data)
{
    struct producer *producer = data;
    char state[4200];
    struct error error;
    (void)snprintf(state, sizeof state, "%s/state", producer->load->host->folder);
    struct control_client *daemon = control_connect(state, &error);
    if (!daemon) {
        (void)fprintf(stderr, "a producer: %s\n", error.text);
        exit(EXIT_FAILURE);
    }
    while (crew_rig_now_us() < producer->until_us) {
        order(producer, daemon);
        producer->made++;
        if (producer->load->pause_us > 0) {
            (void)usleep((useconds_t)producer->load->pause_us);
        }
    }
    control_client_free(daemon);
    return NULL;
}

struct load_figures load_run(const struct load *load)
{
    struct producer producers[PRODUCERS_MOST];
    struct load_figures figures = {.accepted = 0};
    double start_us = crew_rig_now_us();
    atomic_store(&numbers, 0);
    for (unsigned i = 0; i < load->producers; i++) {
        producers[i] = (struct producer){
            .load = load, .number = i, .until_us = start_us + (double)load->span_ms * 1000};
        if (pthread_create(&producers[i].thread, NULL, produce, &producers[i]) != 0) {
            exit(EXIT_FAILURE);
        }
    }
    for (unsigned i = 0; i < load->producers; i++) {
        (void)pthread_join(producers[i].thread, NULL);
        figures.accepted += producers[i].made;
    }
    figures.accepted_s = figures.accepted * 1e6 / (crew_rig_now_us() - start_us);
    return figures;
}
