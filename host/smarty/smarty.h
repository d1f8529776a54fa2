/* smarty - templates in the Smarty language: compiled once, rendered many times.
 *
 *     struct smarty_template *template = smarty_compile("mail.tpl", source, &options,
 * &error); struct smarty_renderer *renderer = smarty_renderer_make();
 *     smarty_render(renderer, template, &data, out, &error);
 *
 * A library of its own: it depends on base only. Where a variable comes from is the
 * caller's business: see struct smarty_data. No globals; a template may be used by many
 * threads at once, a renderer by one at a time.
 */
#ifndef HOST_SMARTY_SMARTY_H
#define HOST_SMARTY_SMARTY_H

#include "base/own.h"
#include "base/text.h"
#include "smarty/limits.h"
#include "smarty/value.h"

struct zone;

enum { SMARTY_SOURCE_BYTES = 4 << 20 }; /* largest template */

struct smarty_options {
    bool escape_html; /* printed expressions are escaped, unless they say otherwise */
    bool keeps_type;  /* one that is a single {expression} prints its value as JSON */
};

/* Errors are IMH_REJECTED: "name:line: what". `name` and `source` are copied. */
struct smarty_template *smarty_compile(const char *name, struct str source,
                                       const struct smarty_options *options,
                                       struct error *error);
void smarty_template_free(struct smarty_template *template);
OWN_BY(smarty_template);

/* Does it print JSON, as `keeps_type` says? */
bool smarty_prints_json(const struct smarty_template *template);

/* What is wrong with a template. `text` is as from smarty_compile(): "name:line: what". */
struct smarty_problem {
    const char *text;
    uint32_t line, column; /* from 1 on; the column counts bytes */
    struct str source_line;
};

/* Tells every mistake, one after the other: behind one in a tag that opens no block it goes
 * on. How many there are; 0: smarty_compile() takes the template, too. */
uint32_t smarty_check(const char *name, struct str source,
                      const struct smarty_options *options,
                      void (*found)(void *self, const struct smarty_problem *problem),
                      void *self);

/* Where templates come from that others include: a name is a key, nothing else. */
struct smarty_store {
    void *self;
    /* Adds the source; false when there is no template of that name, or with an error. */
    bool (*read)(void *self, struct str name, struct text *source, struct error *error);
};

/* Where variables come from. */
struct smarty_data {
    void *self;
    /* The variable `name`, asked once per render; false when there is none. The value must
     * live until the render ends; what it points to is not changed. */
    bool (*root)(void *self, const struct key *name, struct value *value);
    const struct smarty_store *store; /* NULL: nothing can be included */
    const struct zone *zone;          /* for dates; NULL: UTC */
    int64_t now_s;                    /* $smarty.now */
};

/* `self` is a VALUE_ARRAY: its members are the variables. */
bool smarty_array_root(void *self, const struct key *name, struct value *value);

struct smarty_renderer *smarty_renderer_make(void);
void smarty_renderer_free(struct smarty_renderer *renderer);
OWN_BY(smarty_renderer);

/* Of every render from now on. */
void smarty_renderer_limit(struct smarty_renderer *renderer,
                           const struct smarty_limits *limits);

enum smarty_result {
    SMARTY_DONE,    /* the message was added to `out` */
    SMARTY_PENDING, /* lazy data was missing: fetch it and render again; `out` as before */
    SMARTY_FAILED   /* `error` says where and why; `out` as before */
};

enum smarty_result smarty_render(struct smarty_renderer *renderer,
                                 const struct smarty_template *template,
                                 const struct smarty_data *data, struct text *out,
                                 struct error *error);

/* Names of the variables that the template reads or sets, in order; `index` from 0 on.
 * An empty text is the end. */
struct str smarty_variable(const struct smarty_template *template, uint32_t index);

/* Every path a template can touch, once each: "mywebshop.product.123456.title". A key that
 * is only known when rendering stands in brackets as it was written: "shop.product.[$sku]".
 * `found` is lent each path. */
struct smarty_path {
    struct str text;
    struct str root;
    bool is_dynamic; /* has a key in brackets */
    uint32_t line;
};

bool smarty_paths(const char *name, struct str source,
                  void (*found)(void *self, const struct smarty_path *path), void *self,
                  struct error *error);

/* Every template that {include} or {extends} names by a text, not by an expression: `found`
 * is lent the name. */
bool smarty_included(const char *name, struct str source,
                     void (*found)(void *self, struct str included, uint32_t line),
                     void *self, struct error *error);

#endif
