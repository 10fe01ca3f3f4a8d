#pragma once
/* `lt retry`, `lt correct`, `lt skip`, `lt abort`: an operator's signed commands (MESSAGE_KIND_COMMAND). argv[0] is the name. */
#include "options.h"

int command_main(int argc, char **argv);

struct command_parameter {
    const char *name, *value;
};
/* An act on the directory (proto/README.md section 6) of TYPE, by the options of the other commands; says what became of it, NAME of
 * the first parameter. The exit status. */
int command_on_directory(const struct options *o, const char *name, const char *type,
                         const struct command_parameter *parameters, size_t count);
