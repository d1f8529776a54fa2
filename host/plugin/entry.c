#include "plugin/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <dlfcn.h>

#include "base/path.h"
#include "plugin/check.h"
#include "plugin/elf.h"

/* Bytes up to the end of a field: the size of a struct when that was its last one. */
#define THROUGH(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

enum {
    STRIDE_MOST = 4096,   /* larger elements make no sense */
    ELEMENTS_MOST = 10000 /* of one table */
};

/* A plugin on its way through the steps. */
struct loading {
    const char *name; /* of the file, for refusals */
    const char *path;
    int fd;
    void *library;
    const imh_plugin *foreign;
    struct entry *entry;
    struct text *refusal;
};

static bool refuse(struct loading *loading, const char *what)
{
    text_print(loading->refusal, "%s: %s\n", loading->name, what);
    return false;
}

/* ---- steps 1 to 6 ---- */

static bool open_file(struct loading *loading)
{
    struct error error;
    loading->fd = open(loading->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (loading->fd < 0) {
        return refuse(loading, strerror(errno));
    }
    if (!elf_check(loading->fd, &error)) {
        return refuse(loading, error.text);
    }
    if (!path_is_private(loading->fd, loading->name, &error)) {
        text_print(loading->refusal, "%s\n", error.text);
        return false;
    }
    return true;
}

/* By the descriptor that was checked: what is loaded is what was looked at. The loader
 * names the file by that, which tells people nothing, so its name is taken out. It also
 * knows the library by that from now on: the descriptor stays open, so that its number does
 * not come to stand for another file. */
static bool open_library(struct loading *loading)
{
    char path[32];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", loading->fd);
    loading->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (loading->library) {
        return true;
    }
    const char *text = dlerror();
    struct str said = str_from(text ? text : "cannot be loaded");
    if (str_starts(said, str_from(path))) {
        said = str_after(said, strlen(path));
        said = str_starts(said, STR_OF(": ")) ? str_after(said, 2) : said;
    }
    text_print(loading->refusal, "%s: %.*s\n", loading->name, STR_ARGS(said));
    return false;
}

static bool find_entry(struct loading *loading)
{
    loading->foreign = dlsym(loading->library, "imh_plugin_entry");
    return loading->foreign || refuse(loading, "not a plugin: no imh_plugin_entry");
}

static bool check_major(struct loading *loading)
{
    const imh_abi *abi = &loading->foreign->abi;
    if (abi->magic != IMH_MAGIC) {
        return refuse(loading,
                      "not a plugin: imh_plugin_entry does not begin with IMH_ABI");
    }
    if (abi->major != IMH_MAJOR) {
        text_print(loading->refusal, "%s: built for interface %u, this host offers %d\n",
                   loading->name, abi->major, IMH_MAJOR);
        return false;
    }
    return true;
}

static bool check_minor(struct loading *loading)
{
    const imh_abi *abi = &loading->foreign->abi;
    if (abi->needs_minor > IMH_MINOR) {
        text_print(loading->refusal,
                   "%s: needs host interface %u.%u, this is %d.%d: upgrade the host\n",
                   loading->name, abi->major, abi->needs_minor, IMH_MAJOR, IMH_MINOR);
        return false;
    }
    return true;
}

static bool check_size(struct loading *loading)
{
    uint32_t size = loading->foreign->abi.size;
    if (size < THROUGH(imh_plugin, extension) || size > STRIDE_MOST) {
        text_print(loading->refusal, "%s: imh_plugin of %u bytes makes no sense\n",
                   loading->name, size);
        return false;
    }
    return true;
}

/* ---- step 7: adopt ---- */

/* Any table of imh_plugin, which differ only in the type of their elements. */
typedef IMH_LIST_OF(void) any_list;

struct adopted {
    const char *name;
    size_t list;         /* offset in imh_plugin */
    size_t items, count; /* offsets in struct descriptor */
    size_t bytes;        /* of an element as this host knows it */
    size_t oldest;       /* and as 1.0 did */
};

/* `last` is the last field in 1.0: never another one. */
#define ADOPT(table, items, counted, type, last)                                    \
    {                                                                               \
#table, offsetof(imh_plugin, table), offsetof(struct descriptor, items),    \
            offsetof(struct descriptor, counted), sizeof(type), THROUGH(type, last) \
    }

static const struct adopted tables[] = {
    ADOPT(options, options, option_count, imh_option, when),
    ADOPT(auths, auths, auth_count, imh_auth, client),
    ADOPT(variables, variables, variable_count, imh_variable, reserved),
    ADOPT(event_types, event_types, event_type_count, imh_event_type, reserved),
    ADOPT(sources, sources, source_count, imh_source, poll),
    ADOPT(routes, routes, route_count, imh_route, handle),
    ADOPT(entities, entities, entity_count, imh_entity, margin),
    ADOPT(actions, actions, action_count, imh_action, run),
};

static bool refuse_table(struct loading *loading, const struct adopted *table,
                         const any_list *list)
{
    text_print(loading->refusal, "%s: table '%s': ", loading->name, table->name);
    if (list->stride < table->oldest || list->stride > STRIDE_MOST) {
        text_print(loading->refusal, "element size %u makes no sense\n", list->stride);
    } else if (!list->items) {
        text_print(loading->refusal, "it says %u elements and has none\n", list->count);
    } else {
        text_print(loading->refusal, "%u elements are too many\n", list->count);
    }
    return false;
}

static bool is_sane(const struct adopted *table, const any_list *list)
{
    return list->count == 0 ||
           (list->items && list->count <= ELEMENTS_MOST && list->stride >= table->oldest &&
            list->stride <= STRIDE_MOST);
}

/* The table's elements, each in a zeroed one of our size. */
static bool adopt_table(struct loading *loading, const struct adopted *table)
{
    any_list list;
    struct entry *entry = loading->entry;
    memcpy(&list, (char *)&entry->plugin + table->list, sizeof list);
    if (!is_sane(table, &list)) {
        return refuse_table(loading, table, &list);
    }
    size_t both = list.stride < table->bytes ? list.stride : table->bytes;
    char *copy = calloc((size_t)list.count + 1, table->bytes);
    if (!copy) {
        return refuse(loading, "no memory");
    }
    for (uint32_t i = 0; i < list.count; i++) {
        memcpy(copy + i * table->bytes, (const char *)list.items + (size_t)i * list.stride,
               both);
    }
    list.items = copy;
    list.stride = (uint32_t)table->bytes;
    memcpy((char *)&entry->plugin + table->list, &list, sizeof list);
    memcpy((char *)entry->descriptor + table->items, &copy, sizeof copy);
    memcpy((char *)entry->descriptor + table->count, &list.count, sizeof list.count);
    return true;
}

static bool adopt(struct loading *loading)
{
    struct entry *entry = loading->entry;
    uint32_t size = loading->foreign->abi.size;
    memcpy(&entry->plugin, loading->foreign,
           size < sizeof entry->plugin ? size : sizeof entry->plugin);
    const imh_plugin *plugin = &entry->plugin;
    struct descriptor *descriptor = entry->descriptor;
    descriptor->name = plugin->name ? plugin->name : "";
    descriptor->version = plugin->version;
    descriptor->vendor = plugin->vendor;
    descriptor->summary = plugin->summary;
    descriptor->abi_major = plugin->abi.major;
    descriptor->abi_minor = plugin->abi.minor;
    descriptor->flags = plugin->flags;
    descriptor->parallel = plugin->parallel;
    descriptor->rate_a_minute = plugin->rate_a_minute;
    descriptor->can_check = plugin->check != NULL;
    descriptor->can_resolve = plugin->resolve || plugin->resolve_many;
    descriptor->can_upsert = plugin->upsert != NULL;
    descriptor->can_remove = plugin->remove != NULL;
    bool good = true;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        good = adopt_table(loading, &tables[i]) && good;
    }
    return good;
}

/* Sources without a function, and the like: what only this side can see. */
static bool check_functions(struct loading *loading)
{
    const imh_plugin *plugin = &loading->entry->plugin;
    bool good = true;
    for (uint32_t i = 0; i < plugin->sources.count; i++) {
        good = good && plugin->sources.items[i].poll;
    }
    for (uint32_t i = 0; i < plugin->routes.count; i++) {
        good = good && plugin->routes.items[i].handle;
    }
    for (uint32_t i = 0; i < plugin->actions.count; i++) {
        good = good && plugin->actions.items[i].run;
    }
    return good || refuse(loading, "a source, route or action without its function");
}

static bool check(struct loading *loading)
{
    struct text problems;
    text_init(&problems, REFUSAL_BYTES);
    bool good = check_descriptor(loading->entry->descriptor, &problems);
    struct str rest = text_str(&problems);
    struct str line;
    while (rest.len > 0 && str_split(&rest, '\n', &line)) {
        text_print(loading->refusal, "%s: %.*s\n", loading->name, STR_ARGS(line));
    }
    text_done(&problems);
    return check_functions(loading) && good;
}

/* Step 8, telling the supervisor, is the worker's. */
static bool (*const load_steps[])(struct loading *loading) = {
    open_file, open_library, find_entry, check_major, check_minor, check_size, adopt, check,
};

/* ---- open and free ---- */

void entry_free(struct entry *entry)
{
    if (entry) {
        descriptor_free(entry->descriptor); /* the tables are the descriptor's */
        zones_free(entry->zones);
        free(entry);
    }
}

struct entry *entry_open(const char *path, struct text *refusal)
{
    OWN(entry) entry = calloc(1, sizeof *entry);
    struct descriptor *descriptor = calloc(1, sizeof *descriptor);
    struct loading loading = {.name = path_name(str_from(path)).ptr,
                              .path = path,
                              .fd = -1,
                              .entry = entry,
                              .refusal = refusal};
    if (!entry || !descriptor) {
        free(descriptor);
        (void)refuse(&loading, "no memory");
        return NULL;
    }
    entry->descriptor = descriptor;
    entry->zones = zones_read();
    bool good = entry->zones || refuse(&loading, "no memory");
    for (size_t i = 0; good && i < sizeof load_steps / sizeof *load_steps; i++) {
        good = load_steps[i](&loading);
    }
    if (loading.fd >= 0 && !loading.library) {
        (void)close(loading.fd);
    }
    return good ? GIVE(entry) : NULL;
}
