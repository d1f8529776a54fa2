#include "store/vault.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "store/ledger.h"

/* Records of no account: which key is the newest, older keys by their ids, and the ledgers
 * by their accounts. */
#define CHECK "check"
#define OLD_KEY "old key"
#define LEDGER "ledger"

#define HALF_WAY                                                             \
    "the vault's key is being changed, and this is the old one: finish it: " \
    "imh vault rekey --new-key SOURCE"

enum { CLUE_LENGTH = 8 /* of a key's id, for people */ };

struct vault {
    struct seal_key *keys[VAULT_KEYS_MOST];
    unsigned count;
    const struct seal_key *newest; /* seals; NULL: not given, or nothing sealed yet */
};

struct vault *vault_make(void)
{
    return calloc(1, sizeof(struct vault));
}

void vault_free(struct vault *vault)
{
    for (unsigned i = 0; vault && i < vault->count; i++) {
        seal_key_free(vault->keys[i]);
    }
    free(vault);
}

static const struct seal_key *find_key(const struct vault *vault, struct str id)
{
    for (unsigned i = 0; i < vault->count; i++) {
        if (str_eq(seal_key_id(vault->keys[i]), id)) {
            return vault->keys[i];
        }
    }
    return NULL;
}

void vault_add_key(struct vault *vault, struct seal_key *key)
{
    if (find_key(vault, seal_key_id(key)) || vault->count == VAULT_KEYS_MOST) {
        seal_key_free(key);
        return;
    }
    vault->keys[vault->count++] = key;
}

/* ---- records ---- */

static struct seal_place check_place(void)
{
    return (struct seal_place){STR_OF(""), STR_OF(CHECK), STR_OF("")};
}

static struct seal_place old_key_place(struct str id)
{
    return (struct seal_place){STR_OF(""), STR_OF(OLD_KEY), id};
}

static struct seal_place ledger_place(struct str account)
{
    return (struct seal_place){STR_OF(""), STR_OF(LEDGER), account};
}

static void put_place(struct query *query, const struct seal_place *place)
{
    query_put_text(query, place->account);
    query_put_text(query, place->integration);
    query_put_text(query, place->name);
}

/* Key id, nonce and box, from this column on. */
static struct sealed sealed_from(const struct query *query, unsigned column)
{
    return (struct sealed){.key_id = query_text(query, column),
                           .nonce = query_bytes(query, column + 1),
                           .box = query_bytes(query, column + 2)};
}

/* What is to be written; `nonce` is what it gets. */
struct fresh {
    struct seal_place place;
    struct str value;
    int64_t now_ms;
    char nonce[SEAL_NONCE_BYTES];
};

static bool write_record(const struct seal_key *key, struct db *db, struct fresh *fresh,
                         struct error *error)
{
    static const char sql[] =
        "insert into secret"
        " (account, integration, name, key_id, nonce, box, updated_at_ms)"
        " values ($1, $2, $3, $4, $5, $6, $7)"
        " on conflict (account, integration, name) do update set"
        " key_id = excluded.key_id, nonce = excluded.nonce, box = excluded.box,"
        " updated_at_ms = excluded.updated_at_ms";
    struct text room;
    struct sealed sealed;
    text_init(&room, SECRET_BYTES + SEAL_NONCE_BYTES + SEAL_MORE_BYTES);
    struct query *query =
        seal_close(key, &fresh->place, fresh->value, &room, &sealed, error)
            ? db_query(db, sql, error)
            : NULL;
    bool good = query != NULL;
    if (good) {
        memcpy(fresh->nonce, sealed.nonce.ptr, SEAL_NONCE_BYTES);
        put_place(query, &fresh->place);
        query_put_text(query, sealed.key_id);
        query_put_bytes(query, sealed.nonce);
        query_put_bytes(query, sealed.box);
        query_put_int(query, fresh->now_ms);
        good = query_run(query, error);
    }
    text_done(&room);
    return good;
}

/* A record as it was opened. */
struct opened {
    struct secret *value;
    const struct seal_key *by;
    char nonce[SEAL_NONCE_BYTES];
};

/* Errors: IMH_MISSING when there is none, IMH_REJECTED when it does not open. */
static bool open_record(const struct vault *vault, struct db *db,
                        const struct seal_place *place, struct opened *opened,
                        struct error *error)
{
    static const char sql[] = "select key_id, nonce, box from secret"
                              " where account = $1 and integration = $2 and name = $3";
    OWN(query) query = db_query(db, sql, error);
    put_place(query, place);
    enum query_step step = query_next(query, error);
    if (step != QUERY_ROW) {
        return step == QUERY_DONE &&
               error_set(error, IMH_MISSING, "it is not in the vault");
    }
    struct sealed sealed = sealed_from(query, 0);
    const struct seal_key *key = find_key(vault, sealed.key_id);
    if (!key) {
        return error_set(error, IMH_REJECTED, "%s",
                         vault->newest ? "its key is not known" : HALF_WAY);
    }
    struct secret *value = seal_open(key, place, &sealed, error);
    if (value) {
        *opened = (struct opened){.value = value, .by = key};
        memcpy(opened->nonce, sealed.nonce.ptr, SEAL_NONCE_BYTES);
    }
    return value != NULL;
}

/* ---- ledgers ---- */

/* One that is not there, or does not open, is empty: the account's secrets have to be set
 * again. Change of keys: it keeps its key until everything else has the new one, so that
 * the old one reads what it could read. */
static bool open_ledger(const struct vault *vault, struct db *db, struct str account,
                        struct opened *ledger, struct error *error)
{
    struct error why;
    struct seal_place place = ledger_place(account);
    *ledger = (struct opened){.by = vault->newest};
    bool good = open_record(vault, db, &place, ledger, &why) || why.status == IMH_MISSING ||
                why.status == IMH_REJECTED;
    if (!good) {
        *error = why;
    }
    return good;
}

static struct str bytes_of(const struct opened *ledger)
{
    return ledger->value ? secret_reveal(ledger->value) : STR_OF("");
}

static bool is_newest(const struct vault *vault, struct db *db,
                      const struct seal_place *place, const struct opened *opened,
                      struct error *error)
{
    struct str nonce = {opened->nonce, SEAL_NONCE_BYTES};
    struct opened ledger;
    if (!open_ledger(vault, db, place->account, &ledger, error)) {
        return false;
    }
    bool newest = str_eq(ledger_nonce(bytes_of(&ledger), place), nonce);
    secret_free(ledger.value);
    return newest || error_set(error, IMH_REJECTED,
                               "it was replaced by an older one, or its ledger was");
}

static bool write_ledger(const struct opened *ledger, struct db *db,
                         const struct fresh *noted, struct error *error)
{
    struct text bytes;
    text_init(&bytes, SECRET_BYTES);
    ledger_note(&bytes, bytes_of(ledger), &noted->place,
                (struct str){noted->nonce, SEAL_NONCE_BYTES});
    struct fresh fresh = {.place = ledger_place(noted->place.account),
                          .value = text_str(&bytes),
                          .now_ms = noted->now_ms};
    bool good = text_ok(&bytes, "the ledger of an account's secrets", error) &&
                write_record(ledger->by, db, &fresh, error);
    text_done(&bytes);
    return good;
}

/* A secret of an account, and that this is the newest one. */
static bool write_secret(const struct vault *vault, struct db *db, struct fresh *fresh,
                         struct error *error)
{
    struct opened ledger;
    if (!open_ledger(vault, db, fresh->place.account, &ledger, error)) {
        return false;
    }
    bool good = write_record(vault->newest, db, fresh, error) &&
                write_ledger(&ledger, db, fresh, error);
    secret_free(ledger.value);
    return good;
}

/* ---- opening ---- */

bool vault_sealed_by(struct db *db, char key_id[SEAL_KEY_ID_LENGTH + 1],
                     struct error *error)
{
    static const char sql[] = "select key_id from secret"
                              " where account = $1 and integration = $2 and name = $3";
    struct seal_place place = check_place();
    OWN(query) query = db_query(db, sql, error);
    put_place(query, &place);
    enum query_step step = query_next(query, error);
    struct str found = step == QUERY_ROW ? query_text(query, 0) : STR_OF("");
    (void)snprintf(key_id, SEAL_KEY_ID_LENGTH + 1, "%.*s", STR_ARGS(found));
    return step != QUERY_FAILED;
}

/* An old key whose own key is known becomes known itself. */
static void take_old_key(struct vault *vault, const struct query *query)
{
    struct error ignored; /* what it opened will say that it does not open */
    struct str id = query_text(query, 0);
    struct sealed sealed = sealed_from(query, 1);
    struct seal_place place = old_key_place(id);
    const struct seal_key *by = find_key(vault, sealed.key_id);
    OWN(secret) text =
        by && !find_key(vault, id) ? seal_open(by, &place, &sealed, &ignored) : NULL;
    struct seal_key *key = text ? seal_key_parse(text, &ignored) : NULL;
    if (key) {
        vault_add_key(vault, key);
    }
}

/* Each round knows the keys that the last one found. `named`: one of them has that id. */
static bool take_old_keys(struct vault *vault, struct db *db, struct str id, bool *named,
                          struct error *error)
{
    static const char sql[] = "select name, key_id, nonce, box from secret"
                              " where account = '' and integration = '" OLD_KEY "'";
    unsigned before;
    do {
        enum query_step step;
        before = vault->count;
        OWN(query) query = db_query(db, sql, error);
        if (!query) {
            return false;
        }
        while ((step = query_next(query, error)) == QUERY_ROW) {
            *named = *named || str_eq(query_text(query, 0), id);
            take_old_key(vault, query);
        }
        if (step == QUERY_FAILED) {
            return false;
        }
    } while (vault->count > before);
    return true;
}

bool vault_open(struct vault *vault, struct db *db, struct error *error)
{
    char newest[SEAL_KEY_ID_LENGTH + 1];
    bool is_old = false;
    if (vault->count == 0) {
        return error_set(error, IMH_MISSING, "the vault has no key");
    }
    struct str ours = seal_key_id(vault->keys[0]);
    if (!vault_sealed_by(db, newest, error) ||
        !take_old_keys(vault, db, ours, &is_old, error)) {
        return false;
    }
    vault->newest = *newest ? find_key(vault, str_from(newest)) : vault->keys[0];
    return vault->newest || is_old ||
           error_set(error, IMH_REJECTED,
                     "the vault was sealed with another key, %.*s..., not %.*s...: put "
                     "that one there",
                     CLUE_LENGTH, newest, CLUE_LENGTH, ours.ptr);
}

/* ---- secrets ---- */

static bool check_place_of(const struct seal_place *place, struct error *error)
{
    const struct str parts[] = {place->account, place->integration, place->name};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len == 0 || parts[i].len > VAULT_NAME_BYTES ||
            str_find_char(parts[i], '\0') < parts[i].len) {
            return error_set(error, IMH_REJECTED,
                             "a secret's name has parts of 1 to %d bytes, none of them 0",
                             VAULT_NAME_BYTES);
        }
    }
    return true;
}

/* The vault says with which key it was sealed from its first secret on. */
static bool write_check(const struct seal_key *key, struct db *db, int64_t now_ms,
                        struct error *error)
{
    struct fresh fresh = {.place = check_place(), .value = STR_OF(CHECK), .now_ms = now_ms};
    return write_record(key, db, &fresh, error);
}

bool vault_put(const struct vault *vault, struct db *db, const struct seal_place *place,
               const struct secret *value, int64_t now_ms, struct error *error)
{
    char newest[SEAL_KEY_ID_LENGTH + 1];
    if (!check_place_of(place, error) || !vault_sealed_by(db, newest, error)) {
        return false;
    }
    if (!vault->newest) {
        return error_set(error, IMH_REJECTED, HALF_WAY);
    }
    struct fresh fresh = {.place = *place, .value = secret_reveal(value), .now_ms = now_ms};
    return (*newest || write_check(vault->newest, db, now_ms, error)) &&
           write_secret(vault, db, &fresh, error);
}

struct secret *vault_get(const struct vault *vault, struct db *db,
                         const struct seal_place *place, struct error *error)
{
    struct opened opened;
    if (!open_record(vault, db, place, &opened, error)) {
        return NULL;
    }
    OWN(secret) value = opened.value;
    return is_newest(vault, db, place, &opened, error) ? GIVE(value) : NULL;
}

bool vault_verify(const struct vault *vault, struct db *db, struct error *error)
{
    char newest[SEAL_KEY_ID_LENGTH + 1];
    struct seal_place place = check_place();
    if (!vault_sealed_by(db, newest, error)) {
        return false;
    }
    struct opened check = {.value = NULL};
    bool good = !*newest || !vault->newest || open_record(vault, db, &place, &check, error);
    secret_free(check.value);
    return good || error_wrap(error, "the vault's check record does not open: restore the "
                                     "database, or seal it anew: imh vault rekey");
}

bool vault_unset(struct db *db, const struct seal_place *place, bool *was_there,
                 struct error *error)
{
    static const char sql[] =
        "delete from secret where account = $1 and integration = $2 and name = $3";
    struct query *query = check_place_of(place, error) ? db_query(db, sql, error) : NULL;
    if (!query) {
        return false;
    }
    put_place(query, place);
    bool good = query_run(query, error);
    *was_there = good && db_changes(db) > 0;
    return good;
}

bool vault_list(struct db *db, void (*each)(void *self, const struct vault_record *record),
                void *self, struct error *error)
{
    static const char sql[] = "select account, integration, name, key_id, updated_at_ms"
                              " from secret where account <> ''"
                              " order by account, integration, name";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    while ((step = query_next(query, error)) == QUERY_ROW) {
        const struct vault_record record = {
            .place = {query_text(query, 0), query_text(query, 1), query_text(query, 2)},
            .key_id = query_text(query, 3),
            .updated_at_ms = query_int(query, 4)};
        each(self, &record);
    }
    return step == QUERY_DONE;
}

/* ---- changing the key ---- */

static bool keep_old_key(const struct seal_key *old, const struct seal_key *by,
                         struct db *db, int64_t now_ms, struct error *error)
{
    OWN(secret) text = seal_key_text(old, error);
    if (!text) {
        return false;
    }
    struct fresh fresh = {.place = old_key_place(seal_key_id(old)),
                          .value = secret_reveal(text),
                          .now_ms = now_ms};
    return write_record(by, db, &fresh, error);
}

/* Goes on with a change that was begun, or begins one. The old key of a vault that has
 * nothing yet is nobody's. */
bool vault_rekey_begin(struct vault *vault, struct db *db, struct str key_id,
                       int64_t now_ms, struct error *error)
{
    char newest[SEAL_KEY_ID_LENGTH + 1];
    const struct seal_key *next = find_key(vault, key_id);
    const struct seal_key *old = vault->newest;
    if (!next) {
        return error_set(error, IMH_BROKEN, "the new key was not given");
    }
    if (!vault_sealed_by(db, newest, error)) {
        return false;
    }
    bool goes_on = !*newest || str_is(key_id, newest);
    if (!goes_on && !old) {
        return error_set(error, IMH_REJECTED,
                         "the vault's key is being changed to another one than this");
    }
    bool good = (goes_on || keep_old_key(old, next, db, now_ms, error)) &&
                write_check(next, db, now_ms, error);
    vault->newest = good ? next : old;
    return good;
}

/* Which record, in memory of its own: what is being read is not written to. */
struct row {
    struct seal_place place;
    int64_t updated_at_ms;
};

static bool copy_row(const struct query *query, struct arena *arena, struct row *row)
{
    *row = (struct row){.place = {arena_copy(arena, query_text(query, 0)),
                                  arena_copy(arena, query_text(query, 1)),
                                  arena_copy(arena, query_text(query, 2))},
                        .updated_at_ms = query_int(query, 3)};
    return row->place.account.ptr && row->place.integration.ptr && row->place.name.ptr;
}

/* Some of them. */
struct rows {
    struct row items[VAULT_REKEY_ROWS];
    unsigned count;
    struct arena arena;
};

/* The next records of other keys than the newest, ledgers last. What was sealed anew is not
 * found again; what was refused comes first, and is skipped. */
static bool read_rows(const struct vault *vault, struct db *db, unsigned skipped,
                      struct rows *rows, struct error *error)
{
    static const char sql[] =
        "select account, integration, name, updated_at_ms from secret where key_id <> $1"
        " order by case when account = '' and integration = '" LEDGER "' then 1 else 0 end,"
        " account, integration, name limit $2 offset $3";
    enum query_step step;
    OWN(query) query = db_query(db, sql, error);
    query_put_text(query, seal_key_id(vault->newest));
    query_put_int(query, VAULT_REKEY_ROWS);
    query_put_int(query, skipped);
    while ((step = query_next(query, error)) == QUERY_ROW &&
           rows->count < VAULT_REKEY_ROWS) {
        if (!copy_row(query, &rows->arena, &rows->items[rows->count++])) {
            return error_set(error, IMH_RETRY, "no memory to change the vault's key");
        }
    }
    return step != QUERY_FAILED;
}

/* What does not open stays as it is. */
static bool reseal(const struct vault *vault, struct db *db, const struct row *row,
                   struct vault_rekey *rekey, struct error *error)
{
    struct error why;
    struct opened opened = {.value = NULL};
    bool is_secret = row->place.account.len > 0;
    bool opens = open_record(vault, db, &row->place, &opened, &why);
    OWN(secret) value = opened.value;
    if (opens && (!is_secret || is_newest(vault, db, &row->place, &opened, &why))) {
        struct fresh fresh = {.place = row->place,
                              .value = secret_reveal(value),
                              .now_ms = row->updated_at_ms};
        rekey->sealed += is_secret;
        return is_secret ? write_secret(vault, db, &fresh, error)
                         : write_record(vault->newest, db, &fresh, error);
    }
    if (why.status != IMH_REJECTED) {
        *error = why;
        return false;
    }
    rekey->refused++;
    if (rekey->refuse) {
        rekey->refuse(rekey->self, &row->place);
    }
    return true;
}

bool vault_rekey_some(const struct vault *vault, struct db *db, struct vault_rekey *rekey,
                      struct error *error)
{
    struct rows rows = {.count = 0};
    arena_init(&rows.arena, 64 << 10, 0);
    bool good = read_rows(vault, db, rekey->refused, &rows, error);
    for (unsigned i = 0; good && i < rows.count; i++) {
        good = reseal(vault, db, &rows.items[i], rekey, error);
    }
    rekey->over = good && rows.count < VAULT_REKEY_ROWS;
    arena_done(&rows.arena);
    return good;
}

bool vault_rekey_end(struct db *db, struct error *error)
{
    static const char sql[] =
        "delete from secret where account = '' and integration = '" OLD_KEY "'"
        " and not exists (select 1 from secret as other where other.key_id = secret.name)";
    struct query *query = db_query(db, sql, error);
    return query_run(query, error);
}
