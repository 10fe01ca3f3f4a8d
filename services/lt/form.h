#pragma once
/* `lt form`: what a role may say to a procedure, for programs that must know it without reading BPMN. */

int form_main(int argc, char **argv);
