#include "database/outcome.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OUTCOME_SQL_SHOWN 72
#define OUTCOME_MESSAGE_SIZE 400

/* The first that matches from the top; a state of two characters is a class (SQL standard, PostgreSQL appendix A). */
static const struct {
    const char *state;
    enum fault_code code;
} outcomes[] = {
    {"23505", FAULT_CONFLICT}, /* unique */
    {"23P01", FAULT_CONFLICT}, /* exclusion */
    {"40003", FAULT_UNKNOWN},  /* statement completion unknown */
    {"40", FAULT_CONFLICT},    /* serialization failure, deadlock */
    {"55P03", FAULT_CONFLICT}, /* lock not available */
    {"23503", FAULT_REFUSED},  /* foreign key */
    {"23001", FAULT_REFUSED},  /* restrict */
    {"23514", FAULT_REFUSED},  /* check */
    {"08", FAULT_LOST},        /* connection */
    {"53", FAULT_AGAIN},       /* no room on the disk, in memory, for connections */
    {"57014", FAULT_AGAIN},    /* cancelled: statement_timeout */
    {"58", FAULT_AGAIN},       /* the server's own system failed, as input and output do */
    {"25006", FAULT_AGAIN},    /* a standby that is not promoted yet */
};

static enum fault_code outcome_code(const char *state)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (strncmp(state, outcomes[i].state, strlen(outcomes[i].state)) == 0)
            return outcomes[i].code;
    return FAULT_DATABASE;
}

/* Messages of class 22 quote the value that could not be used, which may be anybody's data. */
static void outcome_mask_quotes(char *text)
{
    char *to = text;
    bool inside = false;
    for (const char *from = text; *from; from++) {
        if (*from == '"')
            inside = !inside;
        else if (inside)
            continue;
        *to++ = *from;
    }
    *to = '\0';
}

/* The beginning of SQL on one line. */
static void outcome_shorten(const char *sql, char *text, size_t size)
{
    size_t used = 0;
    bool space = false;
    for (; *sql && used + 4 < size; sql++) {
        bool is_space = isspace((unsigned char)*sql);
        if (!is_space)
            text[used++] = *sql;
        else if (used && !space)
            text[used++] = ' ';
        space = is_space;
    }
    text[used] = '\0';
    if (*sql)
        memcpy(text + used, "...", 4);
}

enum fault_code outcome_fault(const PGresult *result, const char *sql, struct fault *f)
{
    char shown[OUTCOME_SQL_SHOWN], message[OUTCOME_MESSAGE_SIZE];
    ExecStatusType status = PQresultStatus(result);
    outcome_shorten(sql, shown, sizeof(shown));
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
        if (outcome_sql_is(sql, "commit") && strcmp(PQcmdStatus((PGresult *)result), "ROLLBACK") == 0)
            return fault_set(f, FAULT_DATABASE, "COMMIT: rolled back, since an earlier statement had failed");
        return FAULT_NONE;
    }
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (!state || !primary) /* libpq's own, not the server's */
        return fault_set(f, FAULT_DATABASE, "%s: unexpected result %s", shown, PQresStatus(status));
    snprintf(message, sizeof(message), "%s", primary);
    if (strncmp(state, "22", 2) == 0)
        outcome_mask_quotes(message);
    return fault_set(f, outcome_code(state), "%s: SQLSTATE %s: %s", shown, state, message);
}

bool outcome_ends_session(const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0)) ||
           (state && strncmp(state, "08", 2) == 0);
}

bool outcome_is_stale(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return state && (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0);
}

bool outcome_is_cancelled_wait(const PGresult *notice)
{
    /* The text is translated by lc_messages, the function's name (syncrep.c) never. */
    const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    return (function && strcmp(function, "SyncRepWaitForLSN") == 0) ||
           (text && strstr(text, "wait for synchronous replication"));
}

bool outcome_sql_is(const char *sql, const char *word)
{
    size_t size = strlen(word);
    while (isspace((unsigned char)*sql))
        sql++;
    return strncasecmp(sql, word, size) == 0 && !isalnum((unsigned char)sql[size]) && sql[size] != '_';
}

bool outcome_sql_writes(const char *sql)
{
    static const char *const harmless[] = {"select", "show", "begin", "set", "listen", "values"};
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if (outcome_sql_is(sql, harmless[i]))
            return false;
    return true;
}
