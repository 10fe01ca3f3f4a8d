#pragma once
/* What an agency may call, of whom, in which version: it asks a router, with its own keys. */
int operations_main(int argc, char **argv);
