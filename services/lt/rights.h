#pragma once
/* Who may have what reach whom, in which procedure, when. */
int rights_main(int argc, char **argv);
/* Who asked whom for personal data, for what and why. */
int queries_main(int argc, char **argv);
