/* Whole dossiers of the land transfer. */
#include "land.h"
#include "script.h"
#include "base/memory.h"

#define ACCEPTED                                                                                                                  \
    "at 2024-06-03 08:00\n"                                                                                                       \
    "open district=north +application => status 1; inform portal dossier.status; deliver police; deliver held\n"                  \
    "receipt police =>\n receipt held =>\n answer held =>\n answer police identity=match => deliver accept\n receipt accept =>\n" \
    "answer accept accepted=yes => status 2; inform portal dossier.status; arm soon 06-07 08:00; deliver legal; deliver map\n"    \
    "receipt legal =>\n receipt map =>\n at 2024-06-04 08:00\n answer legal =>\n"                                                 \
    "answer map => status 4; inform portal dossier.status; deliver slip\n receipt slip =>\n"

#define AT_REGISTER                                                                                                               \
    ACCEPTED                                                                                                                      \
    "at 2024-06-05 08:00\n answer slip +slip => deliver tax\n ? used 960\n receipt tax => disarm soon\n ? clock stopped no due\n" \
    "at 2024-06-07 08:00\n"                                                                                                       \
    "answer tax +notices => status 6; inform portal dossier.status; arm chase 07-07 08:00\n"                                      \
    "at 2024-06-10 08:00\n message paid => disarm chase; deliver done\n receipt done =>\n ? used 960\n"                           \
    "answer done settled=yes => status 4; inform portal dossier.status; arm soon 06-12 08:00; deliver register\n"                 \
    "? clock running due 2024-06-13 08:00\n"

static const struct script_case cases[] = {
    {"the whole way", land_text,
     AT_REGISTER
     "receipt register =>\n answer register +certificate => disarm soon; status 9; inform portal dossier.status; "
     "deliver store; inform portal publish\n ? clock ended due 2024-06-13 08:00\n message withdraw => refused TOO_LATE\n"
     "receipt store =>\n answer store => deliver hand-over\n receipt hand-over =>\n"
     "answer hand-over => status 10; inform portal dossier.status; ended\n ? status 10"},
    {"a supplement, once", land_text,
     "open district=north +application => status 1; inform portal dossier.status; deliver police; deliver held\n"
     "receipt police =>\n receipt held =>\n answer held =>\n answer police identity=match => deliver accept\n receipt accept =>\n"
     "answer accept accepted=supplement => status 5; inform portal dossier.status; deliver supplement\n receipt supplement =>\n"
     "answer supplement +application => status 1; inform portal dossier.status; deliver accept\n receipt accept =>\n"
     "answer accept accepted=supplement => refused SUPPLEMENT_ONCE\n"
     "answer accept accepted=yes => status 2; inform portal dossier.status; arm soon 06-07 08:00; deliver legal; deliver map"},
    {"not accepted", land_text,
     "open district=north +application => status 1; inform portal dossier.status; deliver police; deliver held\n"
     "receipt police =>\n receipt held =>\n answer held =>\n answer police identity=match => deliver accept\n receipt accept =>\n"
     "answer accept accepted=no => status 3; inform portal dossier.status; ended"},
    {"withdrawn before the register", land_text,
     ACCEPTED
     "message withdraw => cancel slip; disarm soon; status 7; inform portal dossier.status; deliver give-back\n"
     "cancelled slip =>\n receipt give-back =>\n answer give-back => status 9; inform portal dossier.status; ended"},
    {"withdrawn while the register is being written, and the register lets go", land_text,
     AT_REGISTER "receipt register =>\n message withdraw => cancel register\n"
                 "cancelled register => disarm soon; status 7; inform portal dossier.status; deliver give-back"},
    {"withdrawn too late: the register was written", land_text,
     AT_REGISTER "receipt register =>\n message withdraw => cancel register\n"
                 "answer register +certificate => inform citizen withdraw.refused; disarm soon; status 9; "
                 "inform portal dossier.status; deliver store; inform portal publish"},
    {"the register is not written before the obligations are settled", land_text,
     ACCEPTED
     "answer slip +slip => deliver tax\n receipt tax => disarm soon\n"
     "answer tax +notices => status 6; inform portal dossier.status; arm chase 07-04 08:00\n"
     "message paid => disarm chase; deliver done\n receipt done =>\n answer done settled=no => incident register\n"
     "correct settled=yes => resolved register; status 4; inform portal dossier.status; arm soon 06-06 08:00; deliver register"},
    {"a late payment is chased", land_text,
     ACCEPTED "answer slip +slip => deliver tax\n receipt tax => disarm soon\n"
              "answer tax +notices => status 6; inform portal dossier.status; arm chase 07-04 08:00\n"
              "at 2024-07-04 08:00\n timer chase => inform desk unpaid\n message paid => deliver done"},
    {"a day before the due instant the desk is told", land_text,
     ACCEPTED "at 2024-06-07 08:00\n timer soon => inform desk late\n timer soon => ignored"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
