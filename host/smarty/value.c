#include "smarty/value.h"

enum {
    SCAN_MOST = 8, /* up to so many entries are found by looking at each */
    FIRST_CAPACITY = 4
};

/* ---- keys ---- */

/* Remotes choose the names: the seed is where the loader put us, which they cannot know,
 * so they cannot prepare names that collide. */
static const char seed_anchor = 0;

static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ (sum >> 29);
}

static uint32_t hash_name(const char *name, size_t len)
{
    uint64_t sum = mix((uint64_t)(uintptr_t)&seed_anchor, len);
    for (; len >= 8; name += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, name, 8);
        sum = mix(sum, word);
    }
    uint64_t tail = 0;
    if (len > 0) {
        memcpy(&tail, name, len);
        sum = mix(sum, tail);
    }
    return (uint32_t)(sum >> 32) ^ (uint32_t)sum;
}

static uint32_t hash_number(int64_t number)
{
    uint64_t sum = mix((uint64_t)(uintptr_t)&seed_anchor, (uint64_t)number);
    return (uint32_t)(sum >> 32);
}

struct key key_named(struct str name)
{
    return (struct key){
        .name = name.ptr, .len = (uint32_t)name.len, .hash = hash_name(name.ptr, name.len)};
}

static bool is_canonical_integer(struct str text, int64_t *number)
{
    struct str digits = str_after(text, text.len > 0 && text.ptr[0] == '-' ? 1 : 0);
    bool leading_zero = digits.len > 1 && digits.ptr[0] == '0';
    bool minus_zero = digits.len < text.len && str_is(digits, "0");
    return digits.len > 0 && digits.len <= 19 && !leading_zero && !minus_zero &&
           str_to_int64(text, INT64_MIN, INT64_MAX, number);
}

struct key key_from_text(struct str text)
{
    int64_t number;
    char first = text.len > 0 ? text.ptr[0] : 'x';
    bool maybe = (first >= '0' && first <= '9') || first == '-';
    if (maybe && is_canonical_integer(text, &number)) {
        return (struct key){.number = number};
    }
    return key_named(text);
}

static int64_t cut_to_int(double real)
{
    bool fits = real >= -9223372036854775808.0 && real < 9223372036854775808.0;
    return fits ? (int64_t)real : 0;
}

bool key_from_value(const struct value *value, struct key *key)
{
    switch (value->type) {
    case VALUE_UNDEFINED:
    case VALUE_NULL:
        *key = key_named(STR_OF(""));
        return true;
    case VALUE_BOOL:
        *key = (struct key){.number = value->truth ? 1 : 0};
        return true;
    case VALUE_INT:
        *key = (struct key){.number = value->integer};
        return true;
    case VALUE_FLOAT:
        *key = (struct key){.number = cut_to_int(value->real)};
        return true;
    case VALUE_TEXT:
        *key = key_from_text(value_str(value));
        return true;
    case VALUE_ARRAY:
        return value->array->plain && key_from_value(value->array->plain, key);
    default:
        return false;
    }
}

struct value key_value(const struct key *key)
{
    return key->name ? value_text((struct str){key->name, key->len})
                     : value_int(key->number);
}

/* ---- arrays ---- */

struct array *array_make(struct arena *arena, uint32_t capacity)
{
    struct array *array = arena_zero(arena, 1, sizeof *array);
    if (!array) {
        return NULL;
    }
    array->is_list = true;
    array->next = KEY_ANY;
    if (capacity > 0) {
        array->list = arena_alloc(arena, capacity * sizeof *array->list);
        array->capacity = capacity;
    }
    return array->list || capacity == 0 ? array : NULL;
}

struct array *array_copy(struct arena *arena, const struct array *array)
{
    struct array *copy = arena_alloc(arena, sizeof *copy);
    if (!copy) {
        return NULL;
    }
    *copy = *array;
    copy->owner = NULL;
    copy->capacity = array->count;
    size_t bytes =
        array->count * (array->is_list ? sizeof *array->list : sizeof *array->entries);
    void *memory = arena_alloc(arena, bytes);
    size_t index_bytes =
        array->index ? ((size_t)array->index_mask + 1) * sizeof *array->index : 0;
    copy->index = array->index ? arena_alloc(arena, index_bytes) : NULL;
    if (!memory || (array->index && !copy->index)) {
        return NULL;
    }
    if (array->count > 0) {
        memcpy(memory, array->is_list ? (void *)array->list : (void *)array->entries,
               bytes);
    }
    if (array->index) {
        memcpy(copy->index, array->index, index_bytes);
    }
    copy->list = array->is_list ? memory : NULL;
    copy->entries = array->is_list ? NULL : memory;
    return copy;
}

static void index_entry(struct array *array, uint32_t i)
{
    const struct key *key = &array->entries[i].key;
    uint32_t hash = key->name ? key->hash : hash_number(key->number);
    while (array->index[hash & array->index_mask]) {
        hash++;
    }
    array->index[hash & array->index_mask] = i + 1;
}

/* The index has at least twice as many places as there can be entries; few need none. */
static uint32_t index_places(uint32_t capacity)
{
    uint32_t places = 32;
    while (places < capacity * 2) {
        places *= 2;
    }
    return capacity <= SCAN_MOST ? 0 : places;
}

static bool grow_list(struct arena *arena, struct array *array, uint32_t capacity)
{
    struct value *list = arena_alloc(arena, capacity * sizeof *list);
    if (!list) {
        return false;
    }
    if (array->count > 0) {
        memcpy(list, array->list, array->count * sizeof *list);
    }
    array->list = list;
    array->capacity = capacity;
    return true;
}

/* All or nothing: without its index an array that grew would be searched from end to end.
 */
static bool grow_entries(struct arena *arena, struct array *array, uint32_t capacity)
{
    uint32_t places = index_places(capacity);
    struct entry *entries = arena_alloc(arena, capacity * sizeof *entries);
    uint32_t *index =
        entries && places > 0 ? arena_zero(arena, places, sizeof *index) : NULL;
    if (!entries || (places > 0 && !index)) {
        return false;
    }
    for (uint32_t i = 0; i < array->count; i++) {
        struct key key;
        entries[i].value = *array_at(array, i, &key);
        entries[i].key = key;
    }
    array->is_list = false;
    array->list = NULL;
    array->entries = entries;
    array->capacity = capacity;
    array->index = index;
    array->index_mask = places - 1;
    for (uint32_t i = 0; i < array->count && array->index; i++) {
        index_entry(array, i);
    }
    return true;
}

/* Room for one more, as a list or with keys. */
static bool reserve(struct arena *arena, struct array *array, bool as_list)
{
    if (array->count >= ARRAY_COUNT_MOST) {
        return false;
    }
    bool full = array->count == array->capacity;
    uint32_t capacity = array->capacity;
    if (full) {
        capacity = capacity ? capacity * 2 : FIRST_CAPACITY;
    }
    if (as_list && array->is_list) {
        return !full || grow_list(arena, array, capacity);
    }
    return (!full && !array->is_list) || grow_entries(arena, array, capacity);
}

static struct value *find(const struct array *array, const struct key *key)
{
    if (array->is_list) {
        bool inside = !key->name && key->number >= 0 && key->number < array->count;
        return inside ? &array->list[key->number] : NULL;
    }
    if (!array->index) {
        for (uint32_t i = 0; i < array->count; i++) {
            if (key_eq(&array->entries[i].key, key)) {
                return &array->entries[i].value;
            }
        }
        return NULL;
    }
    uint32_t hash = key->name ? key->hash : hash_number(key->number);
    for (uint32_t i; (i = array->index[hash & array->index_mask]) != 0; hash++) {
        if (key_eq(&array->entries[i - 1].key, key)) {
            return &array->entries[i - 1].value;
        }
    }
    return NULL;
}

const struct value *array_get(const struct array *array, const struct key *key)
{
    return find(array, key);
}

struct key array_next_key(const struct array *array)
{
    return (struct key){.number = array->next == KEY_ANY ? 0 : array->next};
}

struct value *array_place(struct arena *arena, struct array *array, const struct key *key)
{
    struct value *place = find(array, key);
    if (place) {
        return place;
    }
    bool as_list = array->is_list && !key->name && key->number == array->count;
    if (!reserve(arena, array, as_list)) {
        return NULL;
    }
    if (!key->name && key->number >= array->next && key->number < INT64_MAX) {
        array->next = key->number + 1;
    }
    uint32_t i = array->count++;
    if (as_list) {
        array->list[i] = (struct value){.type = VALUE_UNDEFINED};
        return &array->list[i];
    }
    array->entries[i] = (struct entry){.key = *key};
    if (array->index) {
        index_entry(array, i);
    }
    return &array->entries[i].value;
}

bool array_set(struct arena *arena, struct array *array, const struct key *key,
               const struct value *value)
{
    struct value *place = array_place(arena, array, key);
    if (place) {
        value_share(value);
        *place = *value;
    }
    return place != NULL;
}

bool array_append(struct arena *arena, struct array *array, const struct value *value)
{
    struct key key = array_next_key(array);
    return array_set(arena, array, &key, value);
}

void array_fit(struct arena *arena, struct array *array)
{
    size_t bytes = array->is_list ? sizeof *array->list : sizeof *array->entries;
    void *memory = array->is_list ? (void *)array->list : (void *)array->entries;
    if (array->count > 0 &&
        arena_shrink(arena, memory, array->capacity * bytes, array->count * bytes)) {
        array->capacity = array->count;
    }
}

struct array *array_own(struct arena *arena, struct value *place, const void *owner)
{
    if (place->array->owner == owner) {
        return place->array;
    }
    struct array *copy = array_copy(arena, place->array);
    if (copy) {
        copy->owner = owner;
        place->array = copy;
    }
    return copy;
}
