#pragma once
/* `lt calendar deploy FILE.yaml…`: makes versions of calendars known to the routers. A version never changes once it is deployed. */

int calendar_main(int argc, char **argv);
