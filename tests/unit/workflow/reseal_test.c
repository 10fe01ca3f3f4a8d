/* A part that its author has sealed anew is given from then on as this event brought it; the text is the same. */
#include "script.h"

#define ONE                                                                                                                 \
    "part slip x.Slip authors=land\n start s\n task a returns=slip\n task b returns=slip?\n task c receives=slip\n end e\n" \
    "s > a > b > c > e"
#define EACH                                                                                                                  \
    "part paper x.Y each authors=board\n part other x.Y each authors=board\n fact who list setters=desk\n start s sets=who\n" \
    "task ask role=board over=who returns=paper,other?\n task z receives=paper\n end e\n s > ask > z > e"

static const struct script_case cases[] = {
    {"it takes the place of the part that it was", ONE,
     "open => deliver a\n receipt a =>\n answer a +slip => deliver b\n ? part slip 3\n reseal +slip was=3 =>\n ? part slip 4\n"
     "reseal +slip was=3,4 =>\n ? part slip 5"},
    {"a newer text stays", ONE,
     "open => deliver a\n receipt a =>\n answer a +slip => deliver b\n receipt b =>\n answer b +slip => deliver c\n ? part slip 5\n"
     "reseal +slip was=3,4 =>\n ? part slip 5\n reseal +slip =>\n ? part slip 5"},
    {"one part, declared, of its type", ONE,
     "open => deliver a\n receipt a =>\n answer a +slip => deliver b\n reseal was=3 => refused PART\n reseal +slip +slip was=3 => refused PART\n"
     "reseal +nothing was=3 => refused PART\n reseal +slip of=x.Map was=3 => refused PART\n ? text of its type\n ? part slip 3"},
    {"also after the end", "part slip x.Slip authors=land\n start s\n task a returns=slip\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n answer a +slip => ended\n reseal +slip was=3 =>\n ? part slip 4"},
    {"of a set only the items that it was", EACH,
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x +paper +other =>\n"
     "answer ask@y +paper => deliver z\n ? members paper x@4,y@5\n reseal +paper was=4 =>\n ? members paper x@6,y@5\n ? part paper 6\n"
     "? members other x@4\n reseal +paper was=9 =>\n ? members paper x@6,y@5\n ? part paper 7"},
    {"of a set that nobody has brought, nothing", EACH,
     "open who=x => deliver ask@x\n receipt ask@x =>\n reseal +paper was=4 =>\n ? part paper 0\n ? members paper "},
};

int main(void)
{
    return script_run_all(cases, sizeof cases / sizeof *cases);
}
