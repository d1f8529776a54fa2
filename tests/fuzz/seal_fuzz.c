/* A key's text and, behind a zero byte, a sealed record: its nonce, then its box. What a
 * known key has sealed, with any of these bytes laid over it, does not open any more. */
#include "fuzz.h"
#include "store/seal.h"

static const struct seal_place place = {STR("acme"), STR("shop"), STR("token")};
static const char value[] = "the value of a secret";

static struct seal_key *known_key(void)
{
    struct error error;
    OWN(secret) text =
        secret_copy(STR_OF("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), &error);
    struct seal_key *key = seal_key_parse(text, &error);
    fuzz_check(key != NULL);
    return key;
}

/* A text that is a key says the same key again, as we write it. */
static void read_key(struct str text)
{
    struct error error;
    OWN(secret) secret = secret_copy(text, &error);
    OWN(seal_key) key = seal_key_parse(secret, &error);
    fuzz_check(key || error.status == IMH_REJECTED);
    if (key) {
        OWN(secret) again = seal_key_text(key, &error);
        OWN(seal_key) same = seal_key_parse(again, &error);
        fuzz_check(same && str_eq(seal_key_id(key), seal_key_id(same)));
    }
}

static void open_record(const struct seal_key *key, struct str record)
{
    struct error error;
    const struct sealed sealed = {seal_key_id(key), str_before(record, SEAL_NONCE_BYTES),
                                  str_after(record, SEAL_NONCE_BYTES)};
    OWN(secret) opened = seal_open(key, &place, &sealed, &error);
    fuzz_check(!opened && error.status == IMH_REJECTED);
}

/* The bytes are laid over nonce and box, whose length stays. */
static void open_changed(const struct seal_key *key, struct str change)
{
    struct error error;
    struct text room;
    struct sealed sealed;
    bool changed = false;
    text_init(&room, SECRET_BYTES);
    fuzz_check(seal_close(key, &place, str_from(value), &room, &sealed, &error));
    for (size_t i = 0; i < change.len && i < room.len; i++) {
        changed = changed || change.ptr[i] != 0;
        room.ptr[i] = (char)(room.ptr[i] ^ change.ptr[i]);
    }
    OWN(secret) opened = seal_open(key, &place, &sealed, &error);
    fuzz_check(changed == !opened);
    fuzz_check(!opened || str_is(secret_reveal(opened), value));
    text_done(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str input = {(const char *)data, size};
    size_t zero = str_find_char(input, '\0');
    OWN(seal_key) key = known_key();
    read_key(str_before(input, zero));
    open_record(key, str_after(input, zero + 1));
    open_changed(key, input);
    return 0;
}
