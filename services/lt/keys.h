#pragma once
/* `lt keys`: the certificate authority of an installation, and the keys of agencies and of the router. */

/* ARGV[0] is "keys". Returns the exit status: 0, 1 (it failed, the reason is on stderr), 2 (wrong use). */
int keys_main(int argc, char **argv);
