#pragma once
/* Named stopping points for fault tests. LIENTHONG_STOP="name:count" ends the process by SIGKILL when it passes the point for
 * the count-th time, as a power failure would; "name:count:pause=FILE" waits there until FILE exists. Several, separated by
 * commas. Without the variable a point costs one comparison. One thread. */

/* Passes the point NAME. A LIENTHONG_STOP that cannot be read ends the process with status 2: a fault test that tests nothing
 * would be worse. */
void point_pass(const char *name);
