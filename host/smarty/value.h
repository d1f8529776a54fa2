/* value - what a template computes with: PHP's kinds of values, sixteen bytes each.
 *
 * A value never owns memory: text and arrays lie in an arena (of the render, of a cached
 * answer) or in the program, and are not changed while others can see them. Arrays are
 * ordered maps as in PHP; assignment copies on write, see array_own().
 *
 * Two kinds exist beside PHP's. LAZY stands for data of the host that is only fetched when
 * a template goes there. PENDING is a lazy value that was asked for and is not there yet:
 * everything computed from it is pending too, so that one pass over a template finds all it
 * can find without guessing.
 *
 * No globals: any thread, as long as it owns the arena.
 */
#ifndef HOST_SMARTY_VALUE_H
#define HOST_SMARTY_VALUE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

enum value_type {
    VALUE_UNDEFINED, /* as null; only isset-like questions tell them apart */
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_ARRAY,
    VALUE_LAZY,
    VALUE_PENDING
};

/* Flags: of a text, that it is a JSON number, kept as it came; of a variable of a part
 * inside another one, that it was assigned there. */
enum { VALUE_IS_NUMBER = 1, VALUE_IS_OWN = 2 };

struct value {
    uint8_t type;
    uint8_t flags;
    uint32_t len; /* of text */
    union {
        bool truth;
        int64_t integer;
        double real;
        const char *text;
        struct array *array;
        const struct lazy *lazy;
    };
};

/* A key of an array; name NULL: the integer `number`. */
struct key {
    const char *name;
    uint32_t len;
    uint32_t hash; /* of the name; key_named() fills it */
    int64_t number;
};

/* Data of the host. The host embeds this as first member of what it needs to know. */
struct lazy {
    const struct lazy_type *type;
};

struct refinement;
struct text;

struct lazy_type {
    /* The member `key`: a value, VALUE_LAZY, VALUE_PENDING, or VALUE_NULL when there is no
     * such thing. What it makes lies in `arena`. false: the render ends with the error. */
    bool (*member)(const struct lazy *lazy, const struct key *key, struct arena *arena,
                   struct value *value, struct error *error);
    /* As it is printed, compared or looped over: as above, but never VALUE_LAZY. NULL: it
     * is nothing by itself, only its members are. */
    bool (*whole)(const struct lazy *lazy, struct arena *arena, struct value *value,
                  struct error *error);
    /* A list with one more demand, see list.h: usually VALUE_LAZY again. NULL: no list. */
    bool (*refine)(const struct lazy *lazy, const struct refinement *refinement,
                   struct arena *arena, struct value *value, struct error *error);
    /* As JSON, unfetched, for people. NULL: null. */
    void (*write)(const struct lazy *lazy, struct text *out);
    bool
        has_text_keys; /* its members go by texts: 1.5 is "1.5", and no place in an array */
};

static inline struct value value_null(void)
{
    return (struct value){.type = VALUE_NULL};
}

static inline struct value value_bool(bool truth)
{
    return (struct value){.type = VALUE_BOOL, .truth = truth};
}

static inline struct value value_int(int64_t integer)
{
    return (struct value){.type = VALUE_INT, .integer = integer};
}

static inline struct value value_float(double real)
{
    return (struct value){.type = VALUE_FLOAT, .real = real};
}

/* Text beyond 4 GiB cannot exist: every source of text has a smaller limit. */
static inline struct value value_text(struct str str)
{
    return (struct value){.type = VALUE_TEXT, .len = (uint32_t)str.len, .text = str.ptr};
}

static inline struct value value_array(struct array *array)
{
    return (struct value){.type = VALUE_ARRAY, .array = array};
}

static inline struct value value_pending(void)
{
    return (struct value){.type = VALUE_PENDING};
}

static inline struct str value_str(const struct value *text)
{
    return (struct str){text->text, text->len};
}

static inline bool value_is_nothing(const struct value *value)
{
    return value->type <= VALUE_NULL;
}

/* ---- arrays ---- */

struct entry {
    struct value value;
    struct key key;
};

struct array {
    uint32_t count;
    uint32_t capacity;
    bool is_object;      /* came from a JSON object: written back as one */
    bool is_list;        /* keys are 0 .. count-1: `list` is used, `entries` is not */
    uint32_t index_mask; /* size of `index` less one; 0 for none: few entries */
    int64_t next;        /* the key that [] gives; KEY_ANY: 0 */
    struct value *list;
    struct entry *entries;
    uint32_t *index;   /* open addressing: number of an entry plus one */
    const void *owner; /* who may change it in place; NULL for nobody */
    const struct value
        *plain;              /* what it prints and compares as: {"$value": ...}; or NULL */
    const struct page *page; /* of a remote list: {"$items": ...}; or NULL */
};

/* What an answer says of the part of a list that it holds. */
struct page {
    struct str next; /* how to ask for the part behind it; empty for none */
    int64_t total;   /* elements of the whole list; -1: not told */
    bool filtered;   /* the remote did all that was asked: these are they */
    bool ordered;    /* likewise */
};

enum { ARRAY_COUNT_MOST = 1 << 24 };

/* Of an array that had no key yet: a negative one counts then, as in PHP. An array that
 * begins as `[]` has 0. */
#define KEY_ANY INT64_MIN

/* All return NULL or false when the arena is full. What is stored in an array is shared
 * from then on. */
struct array *array_make(struct arena *arena, uint32_t capacity);
struct array *array_copy(struct arena *arena, const struct array *array);
/* Gives back room that a new array has beyond its elements, where that is easy. */
void array_fit(struct arena *arena, struct array *array);
bool array_append(struct arena *arena, struct array *array, const struct value *value);
bool array_set(struct arena *arena, struct array *array, const struct key *key,
               const struct value *value);

/* The key behind all others. */
struct key array_next_key(const struct array *array);

/* The place of `key`, made (undefined) when it is not there. */
struct value *array_place(struct arena *arena, struct array *array, const struct key *key);

const struct value *array_get(const struct array *array, const struct key *key);

/* Entry number `i` in order; fills the key. */
static inline const struct value *array_at(const struct array *array, uint32_t i,
                                           struct key *key)
{
    if (array->is_list) {
        *key = (struct key){.number = i};
        return &array->list[i];
    }
    *key = array->entries[i].key;
    return &array->entries[i].value;
}

static inline const struct value *array_value_at(const struct array *array, uint32_t i)
{
    return array->is_list ? &array->list[i] : &array->entries[i].value;
}

/* `place` holds an array that may be changed in place: its own, else a copy of it. */
struct array *array_own(struct arena *arena, struct value *place, const void *owner);

/* The value goes to a second place: from now on whoever changes it must copy. */
static inline void value_share(const struct value *value)
{
    if (value->type == VALUE_ARRAY && value->array->owner) {
        value->array->owner = NULL;
    }
}

/* ---- keys ---- */

/* By PHP's rule: text that is a canonical integer ("5", "-3", not "05") is that integer. */
struct key key_from_text(struct str text);

/* A name that is known to be no integer. */
struct key key_named(struct str name);

/* Any value as a key; false for arrays and lazy values, which cannot be keys. */
bool key_from_value(const struct value *value, struct key *key);

/* As foreach gives it to the template. */
struct value key_value(const struct key *key);

/* As memcmp() == 0, without a call: names are short. */
static inline bool name_eq(const char *a, const char *b, size_t len)
{
    for (; len > 8; a += 8, b += 8, len -= 8) {
        if (bytes_short(a, 8) != bytes_short(b, 8)) {
            return false;
        }
    }
    return bytes_short(a, len) == bytes_short(b, len);
}

static inline bool key_eq(const struct key *a, const struct key *b)
{
    if (!a->name || !b->name) {
        return a->name == b->name && a->number == b->number;
    }
    return a->hash == b->hash && a->len == b->len &&
           (a->name == b->name || name_eq(a->name, b->name, a->len));
}

#endif
