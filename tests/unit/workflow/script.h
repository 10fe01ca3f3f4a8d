#pragma once
/* Runs a dossier through a script and compares what comes out, line by line:
 *
 *   at 2024-06-03 08:00                              the router's time, local
 *   wait 480m                                        plain time passes
 *   open [facts] [parts] => deliver a; status 1      event => effects, in order, without traces
 *   answer a result=ok +slip error=X as=tax => …     facts name=value, parts +name; as: another agency
 *   receipt a | cancelled a | undeliverable a | impossible a reason=… | retry [a] | skip [a] reason=… | correct x=1 | abort | message withdraw from=desk
 *   reseal +slip [of=x.Type] was=3,5                  a part sealed anew, which events 3 and 5 brought; then ? part slip 7
 *   timer t [generation=1]                           the timer armed at node t; t@2: the second one that was
 *   receipt a@x                                      the instance of a that agency x has
 *   begin                                            a timer start event is due; open type=m: by message m
 *   … => refused UNEXPECTED      … => ignored
 *   ? clock running due 2024-06-10 17:00             clock: running, stopped or ended; then `due …` or `no due`
 *   receipt a away=90                                minutes for which the line was away; then ? step a running due 2024-06-10 17:00
 *   ? fact tags a,b   ? used 480   ? status 4   ? incidents 1   ? cause words of the last incident   ? text words of the last effect's text
 *
 * "happened=2024-06-03T07:40" may stand in any event. After every event it also holds that the packed state survives
 * unpacking, that an event applied to the unpacked copy gives the same bytes and effects, and that what is refused or
 * ignored changes nothing. */
#include "workflow/engine.h"

struct script {
    struct process *process;
    struct calendar *calendar;
    struct dossier *dossier;
    struct effects effects;
    struct refusal refusal;
    struct instant now;
    enum engine_result result;
};

void script_init(struct script *s, const char *process);
void script_clear(struct script *s);
/* One event, with the checks above. */
enum engine_result script_apply(struct script *s, const struct event *event);
struct engine_input script_input(const struct script *s);
/* The text of the last event's effects. */
void script_effects(const struct script *s, char *text, size_t size);
void script_line(struct script *s, const char *line);

struct script_case {
    const char *name, *process, *script;
};
/* A test for each; the exit status for main. */
int script_run_all(const struct script_case *cases, size_t count);
/* Agency of a role in tests; 0 for the role "nobody". */
uint32_t script_agency(const char *role);
