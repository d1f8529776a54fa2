#include "app/safe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/halt_desk.h"
#include "app/safe_distant.h"
#include "store/audit.h"

enum { WAIT_MS = 5000 /* for another process that has the store */ };

struct safe {
    struct safe_settings settings;
    struct control_client *daemon; /* once it was found */
    struct store *store;
    struct vault *vault;                 /* NULL: there is no key, and nothing was sealed */
    char key_id[SEAL_KEY_ID_LENGTH + 1]; /* of the key that imh.ini names */
    uid_t user;                          /* who asks */
    bool held;
    bool has_failed;
    struct error failure;
};

struct safe *safe_make(const struct safe_settings *settings)
{
    struct safe *safe = calloc(1, sizeof *safe);
    if (safe) {
        safe->settings = *settings;
        safe->user = getuid();
    }
    return safe;
}

/* Keys are read again by who comes next. */
static void forget_vault(struct safe *safe)
{
    vault_free(safe->vault);
    safe->vault = NULL;
    safe->has_failed = false;
}

void safe_rest(struct safe *safe)
{
    if (safe && !safe->held) {
        store_close(safe->store); /* its thread may use the vault */
        safe->store = NULL;
    }
    if (safe) {
        forget_vault(safe);
    }
}

void safe_free(struct safe *safe)
{
    if (safe) {
        safe->held = false;
        safe_rest(safe);
        control_client_free(safe->daemon);
        free(safe);
    }
}

void safe_asked_by(struct safe *safe, uid_t user)
{
    safe->user = user;
}

struct store *safe_store(struct safe *safe)
{
    return safe->store;
}

const struct error *safe_failure(const struct safe *safe)
{
    return safe->has_failed ? &safe->failure : NULL;
}

/* ---- work for the store's thread: one struct, one function each ---- */

struct work {
    struct store_work work; /* first */
    struct vault *vault;
    const struct seal_place *place;
    int64_t now_ms;
    uid_t user;
    char key_id[SEAL_KEY_ID_LENGTH + 1];
    const struct secret *value;                                  /* put */
    struct secret *found;                                        /* get */
    bool was_there;                                              /* unset */
    void (*each)(void *self, const struct vault_record *record); /* list */
    void *each_self;
    struct vault_rekey rekey;
};

static bool do_work(struct safe *safe, struct work *work,
                    bool (*run)(struct store_work *work, struct db *db,
                                struct error *error),
                    struct error *error)
{
    work->work.run = run;
    work->vault = safe->vault;
    work->now_ms = clock_now_ms(&clock_real);
    work->user = safe->user;
    return store_do(safe->store, &work->work, error);
}

static struct work *work_of(struct store_work *work)
{
    return (struct work *)(void *)work;
}

/* Who did what, beside what was done. */
static bool note(const struct work *work, struct db *db, const char *action,
                 struct error *error)
{
    char actor[32];
    char subject[2 * VAULT_NAME_BYTES + 2] = "";
    const struct seal_place *place = work->place;
    (void)snprintf(actor, sizeof actor, "uid %u", (unsigned)work->user);
    if (place) {
        (void)snprintf(subject, sizeof subject, "%.*s %.*s", STR_ARGS(place->integration),
                       STR_ARGS(place->name));
    }
    const struct audit audit = {.at_ms = work->now_ms,
                                .actor = str_from(actor),
                                .action = str_from(action),
                                .account = place ? place->account : STR_OF(""),
                                .subject = str_from(subject)};
    return audit_add(db, &audit, error);
}

static bool run_sealed_by(struct store_work *work, struct db *db, struct error *error)
{
    return vault_sealed_by(db, work_of(work)->key_id, error);
}

static bool run_open(struct store_work *work, struct db *db, struct error *error)
{
    return vault_open(work_of(work)->vault, db, error);
}

static bool run_verify(struct store_work *work, struct db *db, struct error *error)
{
    return vault_verify(work_of(work)->vault, db, error);
}

static bool run_get(struct store_work *work, struct db *db, struct error *error)
{
    struct work *get = work_of(work);
    get->found = vault_get(get->vault, db, get->place, error);
    return get->found != NULL;
}

static bool run_set(struct store_work *work, struct db *db, struct error *error)
{
    const struct work *set = work_of(work);
    return vault_put(set->vault, db, set->place, set->value, set->now_ms, error) &&
           note(set, db, "vault set", error);
}

static bool run_unset(struct store_work *work, struct db *db, struct error *error)
{
    struct work *unset = work_of(work);
    return vault_unset(db, unset->place, &unset->was_there, error) &&
           (!unset->was_there || note(unset, db, "vault unset", error));
}

static bool run_list(struct store_work *work, struct db *db, struct error *error)
{
    const struct work *list = work_of(work);
    return vault_list(db, list->each, list->each_self, error);
}

static bool run_rekey_begin(struct store_work *work, struct db *db, struct error *error)
{
    const struct work *begin = work_of(work);
    return vault_rekey_begin(begin->vault, db, str_from(begin->key_id), begin->now_ms,
                             error) &&
           note(begin, db, "vault rekey", error);
}

static bool run_rekey_some(struct store_work *work, struct db *db, struct error *error)
{
    struct work *some = work_of(work);
    return vault_rekey_some(some->vault, db, &some->rekey, error);
}

static bool run_rekey_end(struct store_work *work, struct db *db, struct error *error)
{
    (void)work;
    return vault_rekey_end(db, error);
}

/* ---- opening ---- */

static bool open_store(struct safe *safe, struct error *error)
{
    const struct store_settings settings = {.folder = safe->settings.state,
                                            .place = safe->settings.place,
                                            .wait_ms = WAIT_MS,
                                            .clock = &clock_real,
                                            .log = safe->settings.log};
    if (safe->has_failed) {
        *error = safe->failure;
        return false;
    }
    if (!safe->store) {
        safe->store = store_open(&settings, error);
    }
    return safe->store != NULL;
}

static void copy_id(const struct seal_key *key, char id[SEAL_KEY_ID_LENGTH + 1])
{
    memcpy(id, seal_key_id(key).ptr, SEAL_KEY_ID_LENGTH);
    id[SEAL_KEY_ID_LENGTH] = '\0';
}

/* A key that was being put in place of the one in this file; see safe_rekey(). */
static bool next_source(const struct safe *safe, char source[PATH_MAX])
{
    return key_path(str_from(safe->settings.key)).len > 0 &&
           snprintf(source, PATH_MAX, "%s.new", safe->settings.key) < PATH_MAX;
}

/* The key of imh.ini, and while keys change the one that takes its place. */
static bool load_keys(struct safe *safe, const char *sealed_by, struct error *error)
{
    struct error ignored;
    char next[PATH_MAX];
    struct str source = str_from(safe->settings.key);
    struct seal_key *key = key_load(source, safe->settings.environment, error);
    if (!key) {
        return error->status == IMH_MISSING && !*sealed_by;
    }
    safe->vault = vault_make();
    if (!safe->vault) {
        seal_key_free(key);
        return error_set(error, IMH_RETRY, "no memory for the vault");
    }
    copy_id(key, safe->key_id);
    bool is_newest = !*sealed_by || str_is(seal_key_id(key), sealed_by);
    vault_add_key(safe->vault, key);
    key = !is_newest && next_source(safe, next)
              ? key_load(str_from(next), safe->settings.environment, &ignored)
              : NULL;
    if (key) {
        vault_add_key(safe->vault, key);
    }
    return true;
}

/* The store is open: the keys, or what is wrong with them; no key and nothing sealed is
 * fine. */
static bool load_vault(struct safe *safe, struct error *error)
{
    struct work work = {.key_id = ""};
    if (!do_work(safe, &work, run_sealed_by, error)) {
        return false;
    }
    if (load_keys(safe, work.key_id, error)) {
        return true;
    }
    if (error->status == IMH_MISSING) {
        (void)error_wrap(error, "the vault's key is missing, put it back");
        error->status = IMH_REJECTED; /* no single secret is */
    }
    return false;
}

/* The keys are there: do they open the vault? */
static bool open_vault(struct safe *safe, struct error *error)
{
    struct work work = {.key_id = ""};
    return !safe->vault || do_work(safe, &work, run_open, error) ||
           error_wrap(error, "[host] key = %s", safe->settings.key);
}

/* What fails here fails for every secret: it is said once. */
static bool open_all(struct safe *safe, struct error *error)
{
    struct work work = {.key_id = ""};
    if (safe->vault) {
        return true;
    }
    if (open_store(safe, error) && load_vault(safe, error) && open_vault(safe, error) &&
        (!safe->vault || do_work(safe, &work, run_verify, error))) {
        return true;
    }
    safe_rest(safe);
    safe->has_failed = true;
    safe->failure = *error;
    return false;
}

bool safe_hold(struct safe *safe, struct error *error)
{
    safe->held = open_store(safe, error);
    return safe->held;
}

static bool is_there(const struct safe *safe)
{
    return safe->store || access(safe->settings.state, F_OK) == 0;
}

/* ---- secrets ---- */

/* Who has the store, to be asked; NULL: we can have it. */
static struct control_client *daemon_of(struct safe *safe)
{
    struct error ignored; /* opening the store says more */
    if (!safe->daemon && !safe->store && !safe->settings.alone) {
        safe->daemon = control_connect(safe->settings.state, &ignored);
    }
    return safe->daemon;
}

bool safe_is_distant(struct safe *safe)
{
    return safe && daemon_of(safe);
}

struct secret *safe_get(struct safe *safe, const struct seal_place *place,
                        struct error *error)
{
    struct work work = {.place = place};
    if (daemon_of(safe)) {
        return safe_distant_has(safe->daemon, place, error) ? secret_copy(STR_OF(""), error)
                                                            : NULL;
    }
    if (is_there(safe) && !open_all(safe, error)) {
        return NULL;
    }
    if (!safe->vault) {
        (void)error_set(error, IMH_MISSING, "it is not in the vault");
        return NULL;
    }
    if (!do_work(safe, &work, run_get, error)) {
        secret_free(work.found);
        return NULL;
    }
    return work.found;
}

/* The first secret makes the key, where the vault has none and its place is a file. */
static bool make_key(struct safe *safe, struct error *error)
{
    char path[PATH_MAX];
    struct work work = {.key_id = ""};
    struct str source = str_from(safe->settings.key);
    if (key_path(source).len == 0) {
        struct error why = {.text = ""};
        seal_key_free(key_load(source, safe->settings.environment, &why));
        return error_set(error, IMH_REJECTED,
                         "the vault needs a key first: %s; make one with: head -c 32 "
                         "/dev/urandom | base64",
                         why.text);
    }
    (void)snprintf(path, sizeof path, "%.*s", STR_ARGS(key_path(source)));
    struct seal_key *key = key_create(path, error);
    safe->vault = key ? vault_make() : NULL;
    if (!safe->vault) {
        seal_key_free(key);
        return key ? error_set(error, IMH_RETRY, "no memory for the vault")
                   : error_wrap(error, "the vault's key cannot be made there, see 'key' "
                                       "in [host] of imh.ini");
    }
    vault_add_key(safe->vault, key);
    return do_work(safe, &work, run_open, error);
}

bool safe_set(struct safe *safe, const struct seal_place *place, const struct secret *value,
              bool *made_key, struct error *error)
{
    struct work work = {.place = place, .value = value};
    if (daemon_of(safe)) {
        return safe_distant_set(safe->daemon, place, value, made_key, error);
    }
    if (!open_all(safe, error)) {
        return false;
    }
    *made_key = !safe->vault;
    return (safe->vault || make_key(safe, error)) && do_work(safe, &work, run_set, error);
}

bool safe_unset(struct safe *safe, const struct seal_place *place, struct error *error)
{
    struct work work = {.place = place};
    if (daemon_of(safe)) {
        return safe_distant_unset(safe->daemon, place, error);
    }
    if (is_there(safe) &&
        (!open_store(safe, error) || !do_work(safe, &work, run_unset, error))) {
        return false;
    }
    return work.was_there || error_set(error, IMH_MISSING, "it is not in the vault");
}

bool safe_list(struct safe *safe,
               void (*each)(void *self, const struct vault_record *record), void *self,
               struct error *error)
{
    struct work work = {.each = each, .each_self = self};
    if (daemon_of(safe)) {
        return safe_distant_list(safe->daemon, each, self, error);
    }
    return !is_there(safe) ||
           (open_store(safe, error) && do_work(safe, &work, run_list, error));
}

bool safe_halts(struct safe *safe, void (*each)(void *self, const struct halt *halt),
                void *self, struct error *error)
{
    if (daemon_of(safe)) {
        return safe_distant_halts(safe->daemon, each, self, error);
    }
    return !is_there(safe) ||
           (open_store(safe, error) && halt_desk_each(safe->store, each, self, error));
}

/* ---- changing the key ---- */

/* The new key: that of the source, or one beside the old key's file, made now or by a
 * change that did not come to its end. */
static struct seal_key *new_key(struct safe *safe, const char *source, struct error *error)
{
    char next[PATH_MAX];
    if (source) {
        return key_load(str_from(source), safe->settings.environment, error);
    }
    if (!next_source(safe, next)) {
        (void)error_set(error, IMH_MISSING,
                        "the key is %s: say where the new one is, --new-key SOURCE",
                        safe->settings.key);
        return NULL;
    }
    struct seal_key *key = key_load(str_from(next), safe->settings.environment, error);
    if (key || error->status != IMH_MISSING) {
        return key;
    }
    key = key_create(next + strlen("file:"), error);
    if (!key) {
        (void)error_wrap(error, "cannot make the new key");
    }
    return key;
}

/* The new key's file takes the old one's name; the old one is kept under its id. */
static bool exchange_files(const struct safe *safe, struct safe_change *change,
                           struct error *error)
{
    char next[PATH_MAX];
    const char *path = safe->settings.key + strlen("file:");
    int length = snprintf(change->old_path, PATH_MAX, "%s.%.8s", path, safe->key_id);
    if (!next_source(safe, next) || length >= PATH_MAX) {
        return error_set(error, IMH_REJECTED, "%s: the path is too long", path);
    }
    if ((link(path, change->old_path) != 0 && errno != EEXIST) ||
        rename(next + strlen("file:"), path) != 0) {
        return error_set(error, IMH_RETRY, "%s: %s", path, strerror(errno));
    }
    return key_sync_folder(path, error);
}

/* All records, some at a time, then the old keys. */
static bool seal_anew(struct safe *safe, struct work *work, struct error *error)
{
    bool good = do_work(safe, work, run_rekey_begin, error);
    while (good && !work->rekey.over) {
        good = do_work(safe, work, run_rekey_some, error);
    }
    return good && do_work(safe, work, run_rekey_end, error);
}

/* The new key is known to the vault, and `work` has its id. One that was given may be the
 * newest already. */
static bool add_new_key(struct safe *safe, const char *source, struct work *work,
                        struct error *error)
{
    if (!source && !open_vault(safe, error)) {
        return false; /* before a key is made */
    }
    struct seal_key *key = new_key(safe, source, error);
    if (!key) {
        return false;
    }
    copy_id(key, work->key_id);
    vault_add_key(safe->vault, key);
    return !source || open_vault(safe, error);
}

bool safe_rekey(struct safe *safe, const char *source, struct safe_change *change,
                struct error *error)
{
    struct work work = {.rekey = change->rekey};
    if (daemon_of(safe)) {
        return safe_distant_rekey(safe->daemon, source, change, error);
    }
    change->old_path[0] = '\0';
    if (is_there(safe) && !(open_store(safe, error) && load_vault(safe, error))) {
        return false;
    }
    if (!safe->vault) {
        return error_set(error, IMH_MISSING, "the vault has no key yet: nothing to change");
    }
    bool good = add_new_key(safe, source, &work, error) && seal_anew(safe, &work, error);
    change->rekey = work.rekey;
    safe_rest(safe); /* opening again finds what is the newest key now */
    return good && (source || exchange_files(safe, change, error));
}
