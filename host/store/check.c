#include "store/check.h"

#include <sys/stat.h>

#include "store/folder.h"
#include "store/invariants.h"
#include "store/migrations.h"

static void note(void *context, struct str what)
{
    struct check_report *report = context;
    report->count++;
    report->found(report, what);
}

/* Invariants are about today's tables; an older store gets those when it is opened. */
static bool check_database(struct db *db, struct check_report *report, struct error *error)
{
    if (!migrations_number(db, &report->schema, error) ||
        !db_verify(db, note, report, error)) {
        return false;
    }
    if (report->schema > report->newest) {
        return migrations_refuse(db, &migrations_all, report->schema, error);
    }
    return report->schema < report->newest ||
           invariants_check(db, &invariants_all, note, report, error);
}

bool check_store(const struct store_settings *settings, struct check_report *report,
                 struct error *error)
{
    struct stat status;
    struct folder folder = {.lock = -1};
    report->count = 0;
    report->schema = 0;
    report->newest = migrations_all.count;
    if (stat(settings->folder, &status) != 0) {
        return error_set(error, IMH_MISSING, "%s: there is no store yet", settings->folder);
    }
    if (!folder_claim(&folder, settings->folder, settings->wait_ms, error)) {
        return false;
    }
    struct db *db = store_open_database(settings, DB_EXISTING, error);
    bool good = db && check_database(db, report, error);
    db_close(db);
    folder_release(&folder);
    return good;
}
