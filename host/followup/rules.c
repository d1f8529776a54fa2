#include "followup/rules.h"

#include <stdlib.h>

#include "base/zone.h"
#include "smarty/data.h"

enum { BLOCK_BYTES = 16 << 10, SET_BLOCK_BYTES = 1 << 10, LEAST_PLACES = 16 };

/* A follow-up that an event type starts. */
struct match {
    struct match *next;
    const struct followup *followup;
};

/* An event type, and all that it starts, in the order of the file. */
struct event_type {
    struct event_type *next; /* of its place */
    uint64_t hash;
    const struct followup_event *event;
    struct match *first, **last;
    uint32_t count;
};

struct followup_set {
    struct followup *first;
    struct zone *zone;
    struct smarty_limits limits;
    struct match *matches;
    struct event_type *types;
    struct event_type **places; /* by hash; a power of two */
    uint32_t mask;
    struct arena arena;
    struct array *variables; /* of conditions: name to number */
    uint32_t holders;
};

/* What a variable is, of one event. */
struct said {
    uint64_t event;  /* which one; another one: nothing was asked yet */
    struct str json; /* in the arena of its candidates; empty: not known */
};

struct judge {
    struct smarty_renderer *renderer;
    struct arena arena; /* of the present event */
    struct text out;
    struct error ignored; /* whoever asks live says it */
    bool keeps_values;
    uint64_t events;
    struct said *said; /* by number */
    uint32_t said_count;
};

/* ---- sets ---- */

/* FNV-1a over both, with a dot between. */
static uint64_t hash_of(struct str integration, struct str type)
{
    const struct str parts[] = {integration, STR("."), type};
    uint64_t hash = 0xcbf29ce484222325U;
    for (unsigned part = 0; part < 3; part++) {
        for (size_t i = 0; i < parts[part].len; i++) {
            hash = (hash ^ (unsigned char)parts[part].ptr[i]) * 0x100000001b3U;
        }
    }
    return hash ^ hash >> 32;
}

static bool is_named_twice(const struct followup *followup, uint32_t number)
{
    const struct followup_event *event = &followup->on.items[number];
    for (uint32_t i = 0; i < number; i++) {
        if (str_eq(followup->on.items[i].integration, event->integration) &&
            str_eq(followup->on.items[i].type, event->type)) {
            return true;
        }
    }
    return false;
}

/* Where it is, or would be: the end of its place. */
static struct event_type **find_type(const struct followup_set *set, struct str integration,
                                     struct str type)
{
    uint64_t hash = hash_of(integration, type);
    struct event_type **at = &set->places[hash & set->mask];
    while (*at && !((*at)->hash == hash && str_eq((*at)->event->type, type) &&
                    str_eq((*at)->event->integration, integration))) {
        at = &(*at)->next;
    }
    return at;
}

static void add_match(struct followup_set *set, struct match *match,
                      struct event_type *fresh, const struct followup_event *event)
{
    struct event_type **at = find_type(set, event->integration, event->type);
    if (!*at) {
        *fresh = (struct event_type){.hash = hash_of(event->integration, event->type),
                                     .event = event,
                                     .last = &fresh->first};
        *at = fresh;
    }
    *(*at)->last = match;
    (*at)->last = &match->next;
    (*at)->count++;
}

static bool index_set(struct followup_set *set)
{
    uint32_t count = 0;
    uint32_t places = LEAST_PLACES;
    for (const struct followup *at = set->first; at; at = at->next) {
        count += at->on.count;
    }
    while (places < 2 * count) {
        places *= 2;
    }
    set->mask = places - 1;
    set->places = calloc(places, sizeof(struct event_type *));
    set->matches = calloc(count ? count : 1, sizeof *set->matches);
    set->types = calloc(count ? count : 1, sizeof *set->types);
    if (!set->places || !set->matches || !set->types) {
        return false;
    }
    count = 0;
    for (const struct followup *at = set->first; at; at = at->next) {
        for (uint32_t i = 0; i < at->on.count && !at->disabled; i++) {
            if (!is_named_twice(at, i)) {
                set->matches[count].followup = at;
                add_match(set, &set->matches[count], &set->types[count], &at->on.items[i]);
                count++;
            }
        }
    }
    return true;
}

/* Those of the same name are found once an event. */
static bool number_variables(struct followup_set *set)
{
    bool good = true;
    arena_init(&set->arena, SET_BLOCK_BYTES, 0);
    set->variables = array_make(&set->arena, 0);
    for (struct followup *at = set->first; at && good; at = at->next) {
        const struct values *values = &at->steps[0].condition_values;
        for (uint32_t i = 0; set->variables && i < values->count && good; i++) {
            const struct key name = key_named(values->items[i].name);
            const struct value *known = array_get(set->variables, &name);
            const struct value number = known ? *known : value_int(set->variables->count);
            values->items[i].number = (uint32_t)number.integer;
            good = array_set(&set->arena, set->variables, &name, &number);
        }
    }
    return set->variables && good;
}

struct followup_set *followup_set_make(struct followup *followups, const char *zone)
{
    struct error ignored; /* it was read before: without it, UTC */
    struct followup_set *set = calloc(1, sizeof *set);
    if (!set) {
        return NULL;
    }
    set->holders = 1;
    set->first = followups;
    set->zone = zone ? zone_open(zone, &ignored) : NULL;
    if (!index_set(set) || !number_variables(set)) {
        set->first = NULL; /* they stay the caller's */
        followup_set_release(set);
        return NULL;
    }
    return set;
}

void followup_set_limit(struct followup_set *set, const struct smarty_limits *limits)
{
    set->limits = *limits;
}

const struct smarty_limits *followup_set_limits(const struct followup_set *set)
{
    return &set->limits;
}

struct followup_set *followup_set_hold(struct followup_set *set)
{
    set->holders++;
    return set;
}

void followup_set_release(struct followup_set *set)
{
    if (!set || --set->holders > 0) {
        return;
    }
    while (set->first) {
        struct followup *first = set->first;
        set->first = first->next;
        followup_free(first);
    }
    zone_free(set->zone);
    free(set->matches);
    free(set->types);
    free(set->places);
    arena_done(&set->arena);
    free(set);
}

const struct zone *followup_set_zone(const struct followup_set *set)
{
    return set->zone;
}

const struct followup *followup_set_first(const struct followup_set *set)
{
    return set->first;
}

/* ---- judging ---- */

struct judge *judge_make(void)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (judge) {
        judge->keeps_values = true;
        judge->renderer = smarty_renderer_make();
        arena_init(&judge->arena, BLOCK_BYTES, 0);
        text_init(&judge->out, SMARTY_OUTPUT_MOST);
    }
    if (!judge || !judge->renderer) {
        judge_free(judge);
        return NULL;
    }
    return judge;
}

void judge_free(struct judge *judge)
{
    if (judge) {
        smarty_renderer_free(judge->renderer);
        arena_done(&judge->arena);
        text_done(&judge->out);
        free(judge->said);
        free(judge);
    }
}

void judge_forget_values(struct judge *judge)
{
    judge->keeps_values = false;
}

/* Everything but the event is not known here. */
static bool find_root(void *self, const struct key *name, struct value *value)
{
    const struct judged *known = self;
    bool is_trigger = str_is((struct str){name->name, name->len}, "trigger");
    *value = is_trigger ? *known->trigger : value_pending();
    return true;
}

static bool link_later(void *self, const struct data_reference *reference,
                       struct arena *arena, struct value *value)
{
    (void)self;
    (void)reference;
    (void)arena;
    *value = value_pending();
    return true;
}

bool judge_read(const struct followup_set *set, const struct trigger *trigger,
                struct arena *arena, struct value *value, struct error *error)
{
    const struct data_linker linker = {.zone = set->zone, .link = link_later};
    return trigger_value(trigger, &linker, arena, value, error);
}

static struct smarty_data data_of(struct judged *known)
{
    return (struct smarty_data){.self = known,
                                .root = find_root,
                                .zone = known->set->zone,
                                .now_s = known->now_ms / 1000};
}

static enum smarty_result render(struct judge *judge, const struct smarty_data *data,
                                 const struct smarty_template *template, struct str *out,
                                 struct error *error)
{
    text_clear(&judge->out);
    enum smarty_result result =
        smarty_render(judge->renderer, template, data, &judge->out, error);
    *out = text_str(&judge->out);
    return result;
}

enum smarty_result judge_render(struct judge *judge, const struct judged *known,
                                const struct smarty_template *template, struct str *out,
                                struct error *error)
{
    struct judged copy = *known;
    const struct smarty_data data = data_of(&copy);
    smarty_renderer_limit(judge->renderer, &known->set->limits);
    return render(judge, &data, template, out, error);
}

/* The event being looked at. */
struct looking {
    struct judge *judge;
    const struct trigger *trigger;
    struct arena *arena; /* of the candidates */
    bool read;           /* `value` is there, or could not be read */
    bool readable;
    struct value value;
    struct judged known;
    struct smarty_data data;
};

/* Once an event, and only when somebody asks. */
static bool read_trigger(struct looking *looking)
{
    struct judge *judge = looking->judge;
    if (!looking->read) {
        const struct followup_set *set = looking->known.set;
        looking->read = true;
        looking->readable = judge_read(set, looking->trigger, &judge->arena,
                                       &looking->value, &judge->ignored);
        looking->data = data_of(&looking->known);
        smarty_renderer_limit(judge->renderer, &set->limits);
    }
    return looking->readable;
}

/* What the variable is: written for the first that has it. */
static struct str say(struct looking *looking, const struct values_item *item)
{
    struct judge *judge = looking->judge;
    struct said *said = &judge->said[item->number];
    if (said->event != judge->events) {
        text_clear(&judge->out);
        bool known = values_write_one(item, judge->renderer, &looking->data, &judge->out);
        *said = (struct said){judge->events, STR("")};
        if (known) {
            said->json = arena_copy(looking->arena, text_str(&judge->out));
        }
    }
    return said->json;
}

/* In the judge's text, which holds its answer before. */
static const struct str *keep_values(struct looking *looking, const struct values *values)
{
    struct str *kept = arena_alloc(looking->arena, (values->count + 1) * sizeof *kept);
    for (uint32_t i = 0; kept && i < values->count; i++) {
        kept[i] = say(looking, &values->items[i]);
    }
    return kept;
}

/* With the values of its variables, when they are known. */
static void answer(struct looking *looking, struct candidate *candidate)
{
    const struct followup_step *step = &candidate->followup->steps[0];
    struct judge *judge = looking->judge;
    struct str out;
    candidate->values = NULL;
    if (!step->condition) {
        candidate->answer = ANSWERS_YES;
    } else if (!read_trigger(looking) || render(judge, &looking->data, step->condition,
                                                &out, &judge->ignored) != SMARTY_DONE) {
        candidate->answer = ANSWERS_LIVE;
    } else {
        candidate->answer = out.len > 0 ? ANSWERS_YES : ANSWERS_NO;
        if (judge->keeps_values) {
            candidate->values = keep_values(looking, &step->condition_values);
        }
    }
}

/* Room for what the variables of a set are, of a new event. */
static bool begin_event(struct judge *judge, const struct followup_set *set)
{
    uint32_t count = set->variables->count;
    judge->events++;
    if (count > judge->said_count) {
        struct said *said = realloc(judge->said, count * sizeof *said);
        if (!said) {
            return false;
        }
        memset(said + judge->said_count, 0, (count - judge->said_count) * sizeof *said);
        judge->said = said;
        judge->said_count = count;
    }
    return true;
}

bool judge_event(struct judge *judge, const struct followup_set *set,
                 const struct trigger *trigger, int64_t now_ms, struct arena *arena,
                 struct candidates *candidates)
{
    const struct event_type *type = *find_type(set, trigger->integration, trigger->type);
    *candidates = (struct candidates){NULL, 0};
    if (!type) {
        return true;
    }
    struct looking looking = {.judge = judge, .trigger = trigger, .arena = arena};
    looking.known = (struct judged){set, &looking.value, now_ms};
    candidates->items = arena_alloc(arena, type->count * sizeof *candidates->items);
    if (!candidates->items || !begin_event(judge, set)) {
        return false;
    }
    for (const struct match *at = type->first; at; at = at->next) {
        struct candidate *candidate = &candidates->items[candidates->count++];
        candidate->followup = at->followup;
        answer(&looking, candidate);
    }
    arena_clear(&judge->arena);
    return true;
}
