#pragma once
/* `lt account`: accounts of officers and operators in a service's database (web/account.h). argv[0] is "account". */
int account_main(int argc, char **argv);
