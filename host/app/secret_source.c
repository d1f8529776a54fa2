#include "app/secret_source.h"

#include <unistd.h>

#include "base/path.h"

static struct secret *read_vault(const struct secret_wanted *wanted, struct str rest,
                                 struct error *error)
{
    if (rest.len > 0) {
        /* What follows may be the secret itself: it is not repeated. */
        (void)error_set(error, IMH_REJECTED, "vault: stands alone, nothing follows it");
        return NULL;
    }
    return safe_get(wanted->sources->safe, &wanted->place, error);
}

static struct secret *read_env(const struct secret_wanted *wanted, struct str rest,
                               struct error *error)
{
    const struct secret *value =
        environment_take(wanted->sources->environment, rest, error);
    return value ? secret_copy(secret_reveal(value), error) : NULL;
}

static struct secret *read_open_file(int fd, const char *path, struct str given,
                                     struct error *error)
{
    OWN(secret) value = secret_read(fd, path, SECRET_BYTES, error);
    if (!value) {
        return NULL;
    }
    secret_cut_newline(value);
    if (secret_length(value) == 0) {
        (void)error_set(error, IMH_REJECTED, "the file %.*s is empty", STR_ARGS(given));
        return NULL;
    }
    return GIVE(value);
}

static struct secret *read_file(const struct secret_wanted *wanted, struct str rest,
                                struct error *error)
{
    struct text path;
    struct secret *value = NULL;
    if (rest.len == 0) {
        (void)error_set(error, IMH_REJECTED, "file: needs a path");
        return NULL;
    }
    text_init(&path, 4096);
    path_beside(&path, wanted->ini_file, rest);
    int fd = path_open_guarded(text_cstr(&path), PATH_NOT_OPEN, error);
    if (fd >= 0) {
        value = read_open_file(fd, text_cstr(&path), rest, error);
        (void)close(fd);
    }
    text_done(&path);
    return value;
}

/* The daemon has read it, or says what is wrong: calls that need it are made there. */
static struct secret *leave_to_daemon(const struct secret_wanted *wanted, struct str rest,
                                      struct error *error)
{
    (void)wanted;
    (void)rest;
    return secret_copy(STR_OF(""), error);
}

struct secret *secret_source_read(const struct secret_wanted *wanted, struct str source,
                                  struct error *error)
{
    static const struct {
        struct str prefix;
        struct secret *(*read)(const struct secret_wanted *wanted, struct str rest,
                               struct error *error);
    } kinds[] = {
        {STR("vault:"), read_vault}, {STR("env:"), read_env}, {STR("file:"), read_file}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (str_starts(source, kinds[i].prefix)) {
            struct str rest = str_after(source, kinds[i].prefix.len);
            bool distant = kinds[i].read != read_vault && !wanted->sources->here &&
                           safe_is_distant(wanted->sources->safe);
            return (distant ? leave_to_daemon : kinds[i].read)(wanted, rest, error);
        }
    }
    (void)error_set(error, IMH_REJECTED,
                    "a secret is not written here: say where it is, vault:, env:NAME or "
                    "file:PATH");
    return NULL;
}
