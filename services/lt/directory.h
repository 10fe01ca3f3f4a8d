#pragma once
/* `lt agencies apply FILE.yaml`: makes the directory say of the file's agencies what the file says. Agencies that the file does not
 * name, and keys that it names no more, stay: both are taken away on purpose only. */

int agencies_main(int argc, char **argv);
