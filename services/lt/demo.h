#pragma once
/* `lt demo`: demonstration data (adapter/demo.h), marked as such, for trying an installation out. */

/* ARGV[0] is "demo". Returns the exit status: 0, 2 (wrong use). */
int demo_main(int argc, char **argv);
