#pragma once
/* `lt lint FILE…`: prints each finding as file:line:column: error|warning: element: text. */

/* ARGV[0] is "lint". 0: no errors; 1: errors; 2: wrong use or a file that cannot be read. */
int lint_main(int argc, char **argv);
