/* followups_fill STATE FILE EVENTS - the same events into a store and a file, for
 * followups: of account acme, a second apart, carts and orders with two items. Events of a
 * cart follow each other; persons come again after nine days. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/event.h"
#include "queue/book_sql.h"
#include "store/store.h"

enum { A_COMMIT = 10000, DATA_BYTES = 1000, KEY_BYTES = 60 };

static const int64_t start_ms = 1764547200000; /* 2025-12-01 */

struct filling {
    struct store_work work; /* first */
    FILE *file;
    int64_t made, count;
};

static void write_data(int64_t number, char *data)
{
    int64_t person = number / 8 * 104729 % 100000;
    (void)snprintf(
        data, DATA_BYTES,
        "{\"id\":%" PRId64 ",\"number\":\"%09" PRId64 "\",\"cart_id\":%" PRId64
        ",\"status\":\"processing\",\"grand_total\":\"%" PRId64
        ".95\",\"currency\":\"EUR\","
        "\"items_qty\":%" PRId64 ",\"customer\":{\"email\":\"someone%" PRId64
        "@example.com\",\"name\":\"Someone\"},\"items\":[{\"sku\":\"24-MB%" PRId64
        "\",\"name\":\"Joust Duffle Bag\",\"qty_ordered\":1,\"price\":\"%" PRId64
        ".00\"},{\"sku\":\"24-WG09\",\"name\":\"Luma Water Bottle\",\"qty_ordered\":2,"
        "\"price\":\"27.98\"}]}",
        number, number, number / 3 % 40000, number % 997, number % 3, person, number % 50,
        number % 83);
}

static void write_line(FILE *file, const struct event *event)
{
    char at[CLOCK_TEXT_BYTES];
    clock_write(event->at_ms, at);
    (void)fprintf(file,
                  "{\"id\":%" PRId64 ",\"integration\":\"event\",\"type\":\"%s\",\"key\":"
                  "\"%s\",\"at\":\"%s\",\"seen_at\":\"%s\",\"subject\":{},\"data\":%s}\n",
                  event->id, event->type.ptr, event->key.ptr, at, at, event->data.ptr);
}

static bool add_one(const struct filling *filling, struct db *db, int64_t integration,
                    struct error *error)
{
    static const char *const types[] = {"cart-update", "cart-abandoned", "order-create",
                                        "cart-update", "user-register",  "product-update",
                                        "cart-update", "order-shipped"};
    char key[KEY_BYTES];
    char data[DATA_BYTES];
    int64_t number = filling->made;
    (void)snprintf(key, sizeof key, "cart/%" PRId64 "/%" PRId64, number / 3 % 40000,
                   number);
    write_data(number, data);
    struct event event = {.integration = integration,
                          .type = str_from(types[number % 8]),
                          .key = str_from(key),
                          .at_ms = start_ms + number * 1000,
                          .seen_at_ms = start_ms + number * 1000,
                          .subject = STR("{}"),
                          .data = str_from(data),
                          .origin = STR("")};
    if (!event_add(db, &event, false, error)) {
        return false;
    }
    write_line(filling->file, &event);
    return true;
}

static bool fill(struct store_work *work, struct db *db, struct error *error)
{
    struct filling *filling = (struct filling *)(void *)work;
    int64_t integration;
    bool good =
        book_sql_integration(db, STR_OF("acme"), STR_OF("event"), &integration, error);
    for (unsigned i = 0; good && i < A_COMMIT && filling->made < filling->count; i++) {
        filling->made++;
        good = add_one(filling, db, integration, error);
    }
    return good;
}

int main(int count, char **words)
{
    struct error error;
    if (count != 4) {
        (void)fprintf(stderr, "followups_fill STATE FILE EVENTS\n");
        return EXIT_FAILURE;
    }
    const struct store_settings settings = {
        .folder = words[1], .place = "sqlite:imh.db", .clock = &clock_real};
    struct filling filling = {.work = {.run = fill},
                              .file = fopen(words[2], "we"),
                              .count = strtoll(words[3], NULL, 10)};
    struct store *store = store_open(&settings, &error);
    bool good = filling.file && store;
    while (good && filling.made < filling.count) {
        good = store_do(store, &filling.work, &error);
    }
    store_close(store);
    if (!good || fclose(filling.file) != 0) {
        (void)fprintf(stderr, "followups_fill: %s\n",
                      filling.file && !good ? error.text : "the file cannot be written");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
