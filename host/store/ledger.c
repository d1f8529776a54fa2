#include "store/ledger.h"

/* Integration and name, a zero behind each, then SEAL_NONCE_BYTES. */
struct note {
    struct str all;
    struct str integration, name, nonce;
};

/* Takes the next one off; false at the end, and for what was not written here. */
static bool take_note(struct str *rest, struct note *note)
{
    struct str start = *rest;
    if (start.len == 0 || !str_split(rest, '\0', &note->integration) ||
        !str_split(rest, '\0', &note->name) || rest->len < SEAL_NONCE_BYTES) {
        return false;
    }
    note->nonce = str_before(*rest, SEAL_NONCE_BYTES);
    *rest = str_after(*rest, SEAL_NONCE_BYTES);
    note->all = str_before(start, start.len - rest->len);
    return true;
}

static bool is_of(const struct note *note, const struct seal_place *place)
{
    return str_eq(note->integration, place->integration) && str_eq(note->name, place->name);
}

struct str ledger_nonce(struct str ledger, const struct seal_place *place)
{
    struct note note;
    while (take_note(&ledger, &note)) {
        if (is_of(&note, place)) {
            return note.nonce;
        }
    }
    return STR_OF("");
}

void ledger_note(struct text *out, struct str ledger, const struct seal_place *place,
                 struct str nonce)
{
    struct note note;
    while (take_note(&ledger, &note)) {
        text_add(out, is_of(&note, place) ? STR_OF("") : note.all);
    }
    text_add(out, place->integration);
    text_add_char(out, '\0');
    text_add(out, place->name);
    text_add_char(out, '\0');
    text_add(out, nonce);
}
