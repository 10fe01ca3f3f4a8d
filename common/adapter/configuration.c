#include "adapter/inside.h"

#include "base/memory.h"

static const char *const router_keys[] = {"endpoint", "key", NULL};

#define ROWS_COMMON                                                                                                        \
    {"agency", CONFIG_TEXT, NULL, false, 0, 0, NULL, "our agency code, as the routers' directory has it"},                 \
        {"keys.sign", CONFIG_PATH, NULL, false,                                                                            \
         0,           0,           NULL, "our signing key, PEM, readable by us alone (lt keys: sign.key)"},                \
        {"keys.certificate", CONFIG_PATH, NULL, false, 0, 0, NULL, "its certificate, PEM (sign.pem)"},                     \
        {"keys.decrypt",                                                                                                   \
         CONFIG_PATH,                                                                                                      \
         NULL,                                                                                                             \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "our decryption key, PEM, readable by us alone (encrypt.key)"},                                                   \
        {"keys.encryption", CONFIG_PATH, NULL, false, 0, 0, NULL, "its certificate, PEM (encrypt.pem)"},                   \
        {"keys.earlier",                                                                                                   \
         CONFIG_PATH,                                                                                                      \
         "",                                                                                                               \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "folder of folders with earlier encrypt.key and encrypt.pem, which open what was sealed before a renewal"},       \
        {"keys.curve",                                                                                                     \
         CONFIG_PATH,                                                                                                      \
         NULL,                                                                                                             \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "our secret CURVE key, Z85, readable by us alone (curve.key)"},                                                   \
        {"trust.authority", CONFIG_PATH, NULL, false, 0, 0, NULL, "the authority's certificate, PEM (ca.pem)"},            \
        {"trust.certificates",                                                                                             \
         CONFIG_PATH,                                                                                                      \
         NULL,                                                                                                             \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "folder with the certificates of the routers and of agencies whose parts we get (*.pem); SIGHUP reads it again"}, \
        {"revocation.list",                                                                                                \
         CONFIG_PATH,                                                                                                      \
         "",                                                                                                               \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "the authority's list of revoked certificates (X.509 CRL; lt keys crl); empty: none is looked at"},               \
        {"revocation.max_age",                                                                                             \
         CONFIG_DURATION_MS,                                                                                               \
         "0 s",                                                                                                            \
         false,                                                                                                            \
         0,                                                                                                                \
         INT64_C(366) * 86400000,                                                                                          \
         NULL,                                                                                                             \
         "how old the list may be at most; 0 s: as its nextUpdate says"},                                                  \
        {"vault.keys",                                                                                                     \
         CONFIG_PATH,                                                                                                      \
         NULL,                                                                                                             \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "what personal data in the database is sealed with, readable by us alone (lt keys vault: vault.keys)"},           \
        {"routers",   CONFIG_LIST,                                                                                         \
         NULL,        false,                                                                                               \
         0,           0,                                                                                                   \
         router_keys, "endpoint: tcp://host:port; key: the router's public CURVE key (curve.pub), in quotes"},             \
        {"database.connection",                                                                                            \
         CONFIG_TEXT,                                                                                                      \
         NULL,                                                                                                             \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "libpq connection string of our own database; no password"},                                                      \
        {"database.owner",                                                                                                 \
         CONFIG_TEXT,                                                                                                      \
         "",                                                                                                               \
         false,                                                                                                            \
         0,                                                                                                                \
         0,                                                                                                                \
         NULL,                                                                                                             \
         "the same as the tables' owner; only --migrate and --seed-demo use it. Empty: one role for all"},                 \
        {"database.statement_timeout", CONFIG_DURATION_MS, "30 s", false, 0, 3600000, NULL, "0 s: none"},                  \
        {"journal.resend",                                                                                                 \
         CONFIG_DURATION_MS,                                                                                               \
         "10 s",                                                                                                           \
         false,                                                                                                            \
         50,                                                                                                               \
         3600000,                                                                                                          \
         NULL,                                                                                                             \
         "sent again when not acknowledged after"},                                                                        \
        {"journal.retry_min",                                                                                              \
         CONFIG_DURATION_MS,                                                                                               \
         "1 s",                                                                                                            \
         false,                                                                                                            \
         1,                                                                                                                \
         3600000,                                                                                                          \
         NULL,                                                                                                             \
         "first pause after LT_LATER; doubles"},                                                                           \
        {"journal.retry_max", CONFIG_DURATION_MS, "5 min", false, 1, 86400000, NULL, "longest such pause"},                \
        {"journal.poll",                                                                                                   \
         CONFIG_DURATION_MS,                                                                                               \
         "500 ms",                                                                                                         \
         false,                                                                                                            \
         1,                                                                                                                \
         60000,                                                                                                            \
         NULL,                                                                                                             \
         "look so often for what other processes journalled"},                                                             \
        {"journal.keep_days",                                                                                              \
         CONFIG_INTEGER,                                                                                                   \
         "400",                                                                                                            \
         false,                                                                                                            \
         0,                                                                                                                \
         36500,                                                                                                            \
         NULL,                                                                                                             \
         "what is finished keeps its signed bytes so long; 0: for ever"},                                                  \
        {"session.window_messages",                                                                                        \
         CONFIG_INTEGER,                                                                                                   \
         "256",                                                                                                            \
         false,                                                                                                            \
         1,                                                                                                                \
         100000,                                                                                                           \
         NULL,                                                                                                             \
         "deliveries in flight to us, each router"},                                                                       \
        {"session.window_bytes",  CONFIG_INTEGER, "8388608", false,                                                        \
         CREDIT_WINDOW_BYTES_MIN, 1 << 30,        NULL,      "and their bytes"},                                           \
        {"session.reconnect_min",           CONFIG_DURATION_MS, "250 ms", false, 1, 3600000, NULL,                         \
         "first pause after a lost session"},                                                                              \
        {"session.reconnect_max", CONFIG_DURATION_MS, "30 s", false, 1, 3600000, NULL, "longest such pause"},              \
    {                                                                                                                      \
        "session.hello", CONFIG_DURATION_MS, "10 s", false, 10, 600000, NULL, "connecting and welcome take at most"        \
    }

const struct config_row lt_config_rows[] = {ROWS_COMMON, {.key = NULL}};
const size_t lt_config_row_count = LENGTH(lt_config_rows) - 1;
