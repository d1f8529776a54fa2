#include "engine/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "engine/deliver_inside.h"

enum { INSIDE_AT_ONCE = 32 };

/* What stands for a plugin where none is. */
static const struct descriptor no_plugin = {.name = "imh"};

/* In one piece: the integration, then its names. */
static struct integration *make_own(const char *account, const char *name)
{
    size_t bytes[] = {strlen(account) + 1, strlen(name) + 1};
    struct integration *own = calloc(1, sizeof *own + bytes[0] + bytes[1]);
    if (own) {
        char *names = (char *)(own + 1);
        memcpy(names, account, bytes[0]);
        memcpy(names + bytes[0], name, bytes[1]);
        own->account = names;
        own->identifier = names + bytes[0];
        own->plugin = "";
        own->enabled = true;
        own->parallel = INSIDE_AT_ONCE;
    }
    return own;
}

static struct served *add(struct deliver *deliver, const char *account, const char *name)
{
    struct integration *own = make_own(account, name);
    struct served *served = own ? deliver_add(deliver, own) : NULL;
    if (!served) {
        free(own);
        return NULL;
    }
    served->own = own;
    served->integration = own;
    served->descriptor = &no_plugin;
    return served;
}

bool deliver_serve_inside(struct deliver *deliver, const char *account, const char *name,
                          const struct ladder *ladder, struct error *error)
{
    struct served *served = deliver_find(deliver, str_from(account), str_from(name));
    served = served ? served : add(deliver, account, name);
    if (!served) {
        return error_set(error, IMH_RETRY, "no memory to serve follow-ups");
    }
    served->own->retry.usual.ladder = *ladder;
    served->policies = served->own->retry;
    served->own_rests = false;
    return deliver_begin(deliver, served, error);
}

const struct job *deliver_job(const struct run *run)
{
    return &run->call->jobs[0];
}

struct str deliver_identifier(const struct run *run)
{
    return str_from(run->served->identifier);
}

struct str deliver_args(const struct run *run)
{
    return run->call->texts[0].args;
}

struct str deliver_account(const struct run *run)
{
    return str_from(run->served->account);
}
