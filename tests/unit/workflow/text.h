#pragma once
/* Procedures for tests in a few words each. A line is a declaration or a chain of flows; the order does not matter.
 *
 *   process inform=portal trigger=desk jurisdiction=district
 *   fact tax.result text setters=tax,operator values=paid,exempt      part slip lienthong.v1.Slip authors=land readers=tax sealed
 *   start s        task a role=land budget=480m requires=paid:=:yes   s > a > g
 *   exclusive g default=b                                              g > c ? tax.result = paid
 *
 * Kinds: start end terminate error-end task user send receive exclusive parallel subprocess catch timer on-message on-timer
 * on-error inclusive event-gateway on-escalation on-compensation (by=) escalate compensate (undoes=) end-send end-escalate
 * end-compensate event-subprocess start-message start-timer start-error start-escalation timed-start. Keys: in (subprocess), at (activity), role, op, receives, returns (parts; "name?"), sets (facts; "name?"), error, raises, budget,
 * after, before, appointment (480m, 30d), elapsed (ms), status, status-done, enter, receipt, done (start stop restart end),
 * default, called; flags: spent irrevocable reschedules parallel-to (not interrupting) undo (only undoes). Instances: over (list
 * fact), until (condition), collect=fact:into[:silence], silence (a flag), asked, answered, silent (facts), pick (role). Role: "land", operation: the id. */
#include "base/bytes.h"
#include "workflow/process.h"

/* The packed form. Ends the test when the text makes no sense. */
void text_pack(const char *text, struct buffer *to);
/* Unpacked; ends the test when it is refused. */
struct process *text_process(const char *text);
/* Monday to Friday 7:30 to 11:30 and 13:00 to 17:00 in Hanoi, 2024 to 2026, with the holidays of text.c. */
struct calendar *text_calendar(void);
/* "2024-06-03 08:00", local time of that calendar. */
struct instant text_instant(const char *text);
/* Copies the next word of *AT, ended by one of ENDS or the string's end, to WORD; false: no more. */
bool text_word(const char **at, const char *ends, char *word, size_t size);
