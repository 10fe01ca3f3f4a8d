#include "base/config_values.h"
#include "base/memory.h"
#include "base/text.h"
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

OWNED_CLEANUP(config)

#define STATUS_USAGE 2

static void print_quoted(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char)*text < 0x20)
            printf("\\x%02x", (unsigned)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static void print_list(const struct config_row *row, const struct config_value *value, int indent)
{
    if (!value->entry_count) {
        puts(" []");
        return;
    }
    putchar('\n');
    for (size_t i = 0; i < value->entry_count; i++) {
        if (!row->entry_keys) {
            printf("%*s- ", indent + 2, "");
            print_quoted(value->entries[i].fields[0]);
            putchar('\n');
            continue;
        }
        const char *lead = "- ";
        for (size_t k = 0; row->entry_keys[k]; k++) {
            if (!value->entries[i].fields[k])
                continue;
            printf("%*s%s%s: ", indent + 2, "", lead, row->entry_keys[k]);
            print_quoted(value->entries[i].fields[k]);
            putchar('\n');
            lead = "  ";
        }
        if (*lead == '-')
            printf("%*s- {}\n", indent + 2, "");
    }
}

static void print_comment(const struct config_row *row, int indent)
{
    printf("%*s# %s", indent, "", row->help ? row->help : row->key);
    const char *unit = row->type == CONFIG_DURATION_MS ? " ms" : "";
    if (row->least || row->most)
        printf("; %" PRId64 "%s to %" PRId64 "%s", row->least, unit, row->most, unit);
    if (row->entry_keys) {
        printf("; entries have");
        for (size_t k = 0; row->entry_keys[k]; k++)
            printf("%s %s", k ? "," : "", row->entry_keys[k]);
    }
    puts(row->reloads ? "; SIGHUP reloads it" : "");
}

static void print_row(const struct config *c, size_t i, const char *word, int indent)
{
    const struct config_row *row = &c->rows[i];
    const struct config_value *value = &c->values[i];
    print_comment(row, indent);
    if (!row->standard && !value->given) {
        printf("%*s# %s:   must be set\n", indent, "", word);
        return;
    }
    printf("%*s%s:", indent, "", word);
    if (row->type == CONFIG_LIST) {
        print_list(row, value, indent);
        return;
    }
    putchar(' ');
    if (row->type == CONFIG_TEXT || row->type == CONFIG_PATH)
        print_quoted(value->text);
    else
        fputs(value->text, stdout);
    putchar('\n');
}

/* The size of row I's next word after PREFIX bytes of its key; 0 when an earlier row of the group has the same word, or when
 * the row does not begin with what row FIRST begins with. */
static size_t word_size(const struct config *c, size_t first, size_t i, size_t prefix)
{
    const char *key = c->rows[i].key;
    if (strncmp(key, c->rows[first].key, prefix))
        return 0;
    size_t size = strcspn(key + prefix, ".");
    for (size_t k = first; k < i; k++) {
        const char *other = c->rows[k].key;
        if (!strncmp(other, key, prefix + size) && (other[prefix + size] == '.' || other[prefix + size] == 0))
            return 0;
    }
    return size;
}

/* The rows from FIRST on whose keys share its first PREFIX bytes, as one YAML mapping. */
static void print_group(const struct config *c, size_t first, size_t prefix, int indent)
{
    for (size_t i = first; i < c->count; i++) {
        size_t size = word_size(c, first, i, prefix);
        if (!size)
            continue;
        const char *word = c->rows[i].key + prefix;
        if (word[size] == 0) {
            print_row(c, i, word, indent);
            continue;
        }
        printf("%*s%.*s:\n", indent, "", (int)size, word);
        print_group(c, i, prefix + size + 1, indent + 2);
    }
}

void config_print(const struct config *c)
{
    print_group(c, 0, 0, 0);
}

static void print_help(const char *program, const char *service, const char *purpose)
{
    printf("%s: %s\n\n"
           "Usage: %s [--config FILE] [--check-config | --print-config]\n\n"
           "  -c, --config FILE   read the configuration from a YAML file; without it, defaults\n"
           "      --check-config  say whether the configuration can be used, and end\n"
           "      --print-config  print the configuration in force, with every key explained, and end\n"
           "  -h, --help          print this, and end\n"
           "      --version       print the version, and end\n\n"
           "SIGTERM ends the service in order; SIGHUP reloads the keys that say so. It logs JSON lines on stderr.\n"
           "Exit status: 0 ended in order, 1 failed, 2 wrong use or configuration.\n",
           service, purpose, program);
}

/* What the command line asks for. */
struct request {
    const char *path;
    bool check, print, help, version, wrong;
};

static struct request request_parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"check-config", no_argument, NULL, 'k'},
        {"print-config", no_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},      {0},
    };
    struct request request = {0};
    int option;
    optind = 0; /* GNU: start anew, as tests call this more than once */
    while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (option) {
        case 'c': request.path = optarg; break;
        case 'k': request.check = true; break;
        case 'p': request.print = true; break;
        case 'h': request.help = true; break;
        case 'v': request.version = true; break;
        default: request.wrong = true; break; /* getopt has said why */
        }
    }
    if (!request.wrong && optind < argc) {
        fprintf(stderr, "%s: unexpected argument \"%s\"\n", argv[0], argv[optind]);
        request.wrong = true;
    }
    return request;
}

/* Loads for one of the commands or for the service itself. */
static enum fault_code request_load(const struct request *request, const struct config_row *rows, struct config **ret,
                                    struct fault *f)
{
    if (request->print && !request->check)
        return config_load_incomplete(request->path, rows, ret, f);
    return config_load(request->path, rows, ret, f);
}

bool config_main(int argc, char **argv, const char *service, const char *purpose, const struct config_row *rows,
                 struct config **ret, int *ret_status)
{
    struct request request = request_parse(argc, argv);
    *ret_status = request.wrong ? STATUS_USAGE : 0;
    if (request.wrong) {
        fprintf(stderr, "Try %s --help.\n", argv[0]);
        return false;
    }
    if (request.help || request.version) {
        if (request.help)
            print_help(argv[0], service, purpose);
        else
            printf("%s %s\n", service, LT_VERSION);
        return false;
    }
    struct fault f;
    OWNED(config) c = NULL;
    if (request_load(&request, rows, &c, &f)) {
        fprintf(stderr, "%s: %s\n", service, f.text);
        *ret_status = STATUS_USAGE;
        return false;
    }
    if (request.print)
        config_print(c);
    else if (request.check)
        printf("%s: the configuration can be used\n", request.path ? request.path : "defaults");
    else
        *ret = MOVE(c);
    return !request.print && !request.check;
}
