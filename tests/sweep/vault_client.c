/* vault_client - fills a vault and tells all that is in it, for tests/sweep/vault_faults.
 *
 *     vault_client fill STATE KEY COUNT   makes the key's file, keeps COUNT secrets
 *     vault_client read STATE KEY...      "NAME VALUE" of each that these keys open,
 *                                         "NAME !" of the others; a KEY may be missing
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/key.h"
#include "store/store.h"
#include "store/vault.h"

enum { PATIENCE_MS = 20000, LINE_BYTES = 4096 };

struct work {
    struct store_work work; /* first */
    struct vault *vault;
    int count;
    struct text names; /* "ACCOUNT INTEGRATION NAME\n" */
};

static struct work *work_of(struct store_work *work)
{
    return (struct work *)(void *)work;
}

static bool run_fill(struct store_work *work, struct db *db, struct error *error)
{
    const struct work *fill = work_of(work);
    bool good = vault_open(fill->vault, db, error);
    for (int i = 0; good && i < fill->count; i++) {
        char integration[32];
        char text[64];
        (void)snprintf(integration, sizeof integration, "h%d", i);
        (void)snprintf(text, sizeof text, "value-%d", i);
        const struct seal_place place = {STR_OF("acme"), str_from(integration),
                                         STR_OF("token")};
        OWN(secret) value = secret_copy(str_from(text), error);
        good = value && vault_put(fill->vault, db, &place, value, 1, error);
    }
    return good;
}

static void add_name(void *self, const struct vault_record *record)
{
    text_print(self, "%.*s %.*s %.*s\n", STR_ARGS(record->place.account),
               STR_ARGS(record->place.integration), STR_ARGS(record->place.name));
}

static bool run_read(struct store_work *work, struct db *db, struct error *error)
{
    struct work *read = work_of(work);
    text_clear(&read->names);
    return vault_list(db, add_name, &read->names, error) &&
           vault_open(read->vault, db, error);
}

struct get {
    struct store_work work; /* first */
    const struct vault *vault;
    struct seal_place place;
    struct secret *value;
};

static bool run_get(struct store_work *work, struct db *db, struct error *error)
{
    struct get *get = (struct get *)(void *)work;
    get->value = vault_get(get->vault, db, &get->place, error);
    return get->value != NULL;
}

static void print_secret(struct store *store, const struct vault *vault, struct str line)
{
    struct error error;
    struct get get = {.work.run = run_get, .vault = vault};
    struct str *const parts[] = {&get.place.account, &get.place.integration,
                                 &get.place.name};
    for (unsigned i = 0; i < 3; i++) {
        (void)str_split(&line, ' ', parts[i]);
    }
    (void)store_do(store, &get.work, &error);
    struct str value = get.value ? secret_reveal(get.value) : STR_OF("!");
    (void)printf("%.*s %.*s\n", STR_ARGS(get.place.integration), STR_ARGS(value));
    secret_free(get.value);
}

static int print_secrets(struct store *store, struct work *read)
{
    struct error error;
    struct str line;
    read->work.run = run_read;
    if (!store_do(store, &read->work, &error)) {
        (void)printf("vault: %s\n", error.text);
        return 1;
    }
    struct str names = text_str(&read->names);
    while (names.len > 0 && str_split(&names, '\n', &line)) {
        print_secret(store, read->vault, line);
    }
    return 0;
}

/* The keys whose files are there; a new one when it is to be made. */
static void add_keys(struct vault *vault, char **paths, int count, bool make)
{
    struct error error;
    OWN(environment) environment = environment_make();
    for (int i = 0; i < count; i++) {
        char source[LINE_BYTES];
        (void)snprintf(source, sizeof source, "file:%s", paths[i]);
        struct seal_key *key = make ? key_create(paths[i], &error)
                                    : key_load(str_from(source), environment, &error);
        if (key) {
            vault_add_key(vault, key);
        }
    }
}

int main(int argc, char **argv)
{
    struct error error;
    bool fill = argc == 5 && strcmp(argv[1], "fill") == 0;
    if (!fill && (argc < 4 || strcmp(argv[1], "read") != 0)) {
        return 2;
    }
    const struct store_settings settings = {.folder = argv[2],
                                            .place = "sqlite:imh.db",
                                            .wait_ms = PATIENCE_MS,
                                            .clock = &clock_real};
    struct work work = {.work.run = run_fill, .vault = vault_make()};
    struct store *store = store_open(&settings, &error);
    if (!store) {
        (void)printf("open: %s\n", error.text);
        return 1;
    }
    text_init(&work.names, 1 << 24);
    add_keys(work.vault, argv + 3, fill ? 1 : argc - 3, fill);
    int status = 0;
    if (fill) {
        work.count = (int)strtol(argv[4], NULL, 10);
        status = store_do(store, &work.work, &error) ? 0 : 1;
    } else {
        status = print_secrets(store, &work);
    }
    store_close(store);
    vault_free(work.vault);
    text_done(&work.names);
    return status;
}
