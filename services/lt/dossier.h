#pragma once
/* `lt dossier`: what happened to a dossier, from the routers' record alone. */

int dossier_main(int argc, char **argv);
