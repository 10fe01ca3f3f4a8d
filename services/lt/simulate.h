#pragma once
/* `lt simulate`: procedures run with scenarios; no server, no database. */

int simulate_main(int argc, char **argv);
