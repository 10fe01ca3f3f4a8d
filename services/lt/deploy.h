#pragma once
/* `lt deploy`: compiles a BPMN file and makes it known to the routers as the next version of its procedure. `lt migrate`:
 * brings the routers' database up to date. */

int deploy_main(int argc, char **argv);
int migrate_main(int argc, char **argv);
