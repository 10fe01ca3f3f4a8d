#pragma once
/* `lt incidents`: what stands still until somebody does something, and what that could be. */
int incidents_main(int argc, char **argv);
