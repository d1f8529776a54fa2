#include "store/audit.h"

bool audit_add(struct db *db, const struct audit *audit, struct error *error)
{
    static const char sql[] = "insert into audit (at_ms, actor, action, account, subject)"
                              " values ($1, $2, $3, $4, $5)";
    struct query *query = db_query(db, sql, error);
    query_put_int(query, audit->at_ms);
    query_put_text(query, audit->actor);
    query_put_text(query, audit->action);
    query_put_text(query, audit->account);
    query_put_text(query, audit->subject);
    return query_run(query, error);
}
