/* config - imh.ini and the accounts' files: what people configured, checked.
 *
 * In two steps. config_read() takes everything that can be understood without a plugin;
 * config_check() asks the plugins what options they have, and takes the values and secrets.
 * All problems of both are collected; who uses a configuration looks at them first.
 */
#ifndef HOST_APP_CONFIG_H
#define HOST_APP_CONFIG_H

#include "app/ini.h"
#include "app/secret_source.h"
#include "base/zone.h"
#include "engine/supervisor.h"
#include "smarty/limits.h"

/* An integration with what only the configuration knows of it. */
struct configured {
    struct configured *next;
    struct integration integration;
    struct ini_section *section; /* its options, until config_check() */
    bool wrong;                  /* something was found by config_read() already */
    bool checked;
    bool usable; /* checked, and nothing is wrong with it */
    /* Of a running host: */
    const char *problem;                 /* why it is left out; NULL: it is not */
    const struct descriptor *descriptor; /* of its plugin; lent from the supervisor */
    uint64_t edition;                    /* what its answers are kept under: see relay.h */
};

/* An action that is to tell people of trouble; `account` NULL: nobody is to be told. */
struct alert_target {
    const char *account, *identifier, *action;
};

struct followup;
struct followup_set;

struct account {
    struct account *next;
    const char *name, *title, *locale;
    struct zone *zone; /* NULL: UTC */
    const char *file;
    struct alert_target alert; /* of its integrations, instead of the host's */
    struct configured *integrations;
    struct followup *followups;        /* until config_check_followups() */
    struct followup_set *followup_set; /* then; NULL before */
    struct configured *builtins;       /* what each account has: event, log */
};

struct config {
    struct arena arena; /* everything but the zones and secrets */
    const char *file;
    const char *state, *accounts_folder;
    const char *user;    /* whom root becomes; NULL: nobody */
    bool nobody;         /* it names one whom there is not */
    const char *store;   /* "sqlite:imh.db", relative to the state folder */
    const char *plugins; /* folders, separated by ':'; NULL when the file names none */
    const char *key;    /* of the vault: "file:PATH" as it can be opened, or as it stands */
    int64_t free_bytes; /* that are to be on the disk of the store; -1: the usual */
    uint32_t log_level;
    struct policy retry;         /* of integrations that do not say it themselves */
    int64_t margin_s;            /* of sources likewise */
    struct smarty_limits render; /* of what one message may take */
    struct alert_target alert;
    const char *alert_command; /* as in herald.h; NULL: none */
    int64_t alert_every_s;
    int64_t alert_waiting; /* so many jobs of an integration are too many; 0: never */
    struct account *accounts;
    uint64_t last_id;
    struct secret_sources sources; /* for config_check(); lent, set by who checks */
};

/* Only imh.ini, and if `file` is NULL not even that: what is the case without one. Then
 * this process becomes the user it names: everything else is read with the rights of that
 * one. false: it could not be read at all, or nobody else may be read any more. */
bool config_read_host(struct config *config, const char *file, struct problems *problems);

/* Reads imh.ini and the account called `only` (NULL: all of them). Problems of the whole go
 * to `problems`; config_free() in any case. */
void config_read(struct config *config, const char *file, const char *only,
                 struct problems *problems);
void config_free(struct config *config);

/* Takes all secrets that come by the environment out of it: before the first child. */
void config_take_environment(const struct config *config, struct environment *environment);

/* Checks one integration against its plugin and takes its values; once. */
void config_check(struct config *config, struct configured *configured,
                  struct supervisor *supervisor, struct problems *problems);

/* The same, for whoever can do without it: a plugin that died or was refused is no problem
 * here but a failure of this integration alone, its `unusable`. */
void config_admit(struct config *config, struct configured *configured,
                  struct supervisor *supervisor, struct problems *problems);

/* A remote gave a secret a new value: the integration has it from now on, and the vault too
 * when that is where the configuration looks for it; false: it is not kept, and why. */
bool config_renew(struct config *config, const struct integration *integration,
                  struct str option, struct str value, struct error *error);

/* After all integrations were checked: is there an action that people are told by? */
void config_check_alerts(const struct config *config, struct supervisor *supervisor,
                         struct problems *problems);

/* Adds "; did you mean ...?" when a plugin that is there has nearly that name. */
void config_suggest_plugin(const struct config *config, struct str name, struct text *hint);

/* One more integration, as if its section stood in the account's file already; it becomes
 * part of the account. config_check() it as any other. */
struct configured *config_add(struct config *config, struct account *account,
                              struct ini_section *section, struct problems *problems);

/* Has the option to be given in this section, and is not? */
bool config_wants(const struct descriptor *descriptor, struct ini_section *section,
                  const imh_option *option);

struct account *config_account(const struct config *config, struct str name);
/* Complains that there is no such integration, and which one may be meant. */
void config_miss(const struct account *account, struct str identifier,
                 struct problems *problems);

/* Whose action is meant: an integration, or what each account has. */
struct configured *config_actor(const struct account *account, struct str identifier);

struct configured *config_integration(const struct account *account, struct str identifier);

#endif
