#pragma once
/* `lt retry`, `lt correct`, `lt skip`, `lt abort`: an operator's signed commands (MESSAGE_KIND_COMMAND). argv[0] is the name. */
int command_main(int argc, char **argv);
