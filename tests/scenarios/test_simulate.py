"""`lt simulate` and `lt lint` as an integrator meets them: exit status, FILE:LINE, and what is said of a mistake."""
import json
import os
import pathlib
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LT = str(pathlib.Path(os.environ.get("LT_BIN", ROOT / "build" / "bin")) / "lt")
WORKFLOWS = ROOT / "deploy" / "workflows"
LAND = WORKFLOWS / "land-transfer.bpmn"
COMMON = WORKFLOWS / "scenarios" / "land-transfer" / "common.yaml"
PROCEDURES = sorted(WORKFLOWS.glob("*.bpmn"))
SHIPPED_SECONDS_MAX = 5


def lt(*arguments):
    return subprocess.run([LT, *map(str, arguments)], capture_output=True, text=True, encoding="utf-8", timeout=60)


@pytest.fixture
def write(tmp_path):
    def write(text, name="s.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path
    return write


def happy(body="", head="scenario: x\n"):
    return f"{head}extends: {COMMON}\n{body}"


def simulate(path, *options):
    return lt("simulate", LAND, "--scenario", path, "--quiet", *options)


# --- Lines ------------------------------------------------------------------------------------------------------------------------

OUTAGE = "disconnected: [{agency: land, from: 2026-06-08 08:00, until: 2026-06-10 14:00}]\n"


def test_a_line_that_was_away_before_the_receipt_is_shown_and_charged_to_nobody(write):
    """The register is to be written on 9 June 09:00:05; it comes to the land registry on the 10th at 14:00."""
    path = write(happy(OUTAGE + "expect: {end: ended, clocks: {write: {used: 2 wd, late: no}}}\n"))
    done = lt("simulate", LAND, "--scenario", path, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    events = json.loads(done.stdout)[0]["timeline"]["events"]
    receipt = next(e for e in events if e["kind"] == "receipt" and e["node"] == "write")
    assert receipt["step_used_us"] == 0
    assert receipt["detail"].startswith("its line was away for 28 h 59 min before it had this, 11 h 29 min of them working time")
    assert 11 < receipt["used_us"] / 3_600_000_000 < 12, "the appointment was promised to the citizen: it runs on"
    assert not any("line was away" in e["detail"] for e in events if e is not receipt)


def test_a_line_away_after_the_receipt_is_nobodys_too_for_the_answer_has_happened(write):
    late = OUTAGE.replace("06-08 08:00", "06-10 08:00").replace("06-10 14:00", "06-30 14:00")
    path = write(happy(late + "expect: {end: ended, clocks: {write: {used: 2 wd, late: no}}}\n"))
    done = simulate(path)
    assert done.returncode == 0, done.stdout + done.stderr


# --- What is shipped --------------------------------------------------------------------------------------------------------------

def test_all_shipped_scenarios_pass_in_five_seconds():
    begun = time.monotonic()
    done = lt("simulate", WORKFLOWS, "--quiet")
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stdout + done.stderr
    assert seconds < SHIPPED_SECONDS_MAX, f"{seconds:.1f} s"


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda p: p.stem)
def test_every_step_error_and_end_of_a_shipped_procedure_is_passed_by_a_scenario(procedure):
    """Each outcome has its scenario: none of the elements that the timeline knows is left out by all of them."""
    import xml.etree.ElementTree as xml
    results = json.loads(lt("simulate", procedure, "--json").stdout)
    seen = {e["node"] for r in results for e in r["timeline"]["events"]}
    raised = {(e["node"], e["detail"]) for r in results for e in r["timeline"]["events"] if e["kind"] == "answer" and e["detail"]}
    bpmn, ours = "{http://www.omg.org/spec/BPMN/20100524/MODEL}", "{urn:lienthong:bpmn:1}"
    tree = xml.parse(procedure)
    for kind in ("serviceTask", "userTask"):
        for task in tree.iter(bpmn + kind):
            assert task.get("id") in seen, f"no scenario opens {task.get('id')}"
            for error in (task.get(ours + "raises") or "").split():
                assert (task.get("id"), error) in raised, f"no scenario lets {task.get('id')} raise {error}"
    statuses = {out.get("status_told") for r in results for e in r["timeline"]["events"] for out in e["out"]}
    for element in tree.iter():
        for attribute in ("status", "status-on-complete"):
            status = element.get(ours + attribute)
            if status and status != "back":
                assert int(status) in statuses, f"no scenario reaches status {status}"


def test_the_same_scenario_tells_the_same_story_twice():
    first, second = (lt("simulate", LAND, "--json").stdout for _ in range(2))
    assert first == second and len(json.loads(first)) > 50


# --- Wrong expectations -----------------------------------------------------------------------------------------------------------

WRONG = [
    ("end: open", 'expected end open, was ended at "handed-over", 2026-06-13 09:01:05'),
    ("end: incident", "expected end incident, was ended"),
    ("status: 9", "expected status 9 (finished), was 10 (handed over)"),
    ("statuses: [1, 2, 4, 6, 4, 10]", 'expected statuses [1, 2, 4, 6, 4, 10], were [1, 2, 4, 6, 4, 9, 10]: number 6 was 9 at "finished", 2026-06-11 09:00:05'),
    ("statuses: [1, 2, 4, 6, 4, 9, 10, 1]", "expected statuses [1, 2, 4, 6, 4, 9, 10, 1], were [1, 2, 4, 6, 4, 9, 10]: number 8 never came"),
    ("path: [write, accept]", 'expected "accept" behind "write" on the path'),
    ("whole-path: [submission, accept]", 'expected "accept" as number 2 of the path, was "register-at-portal"'),
    ("passes: [blocked]", 'expected "blocked" to be passed, was not'),
    ("avoids: [write]", 'expected "write" to be avoided, was passed, first with event 19, 2026-06-09 09:00:05'),
    ("avoids: [check]", 'expected "check" to be avoided, was passed, first with event 1, 2026-06-01 08:00:00'),
    ("path: [check, checked, check-identity]", 'expected "check-identity" behind "checked" on the path'),
    ("facts: {obligation.total: 12500001}", 'expected obligation.total to be 12500001, was 12500000 (set at "determine", 2026-06-05 09:00:05)'),
    ("facts: {decision: null}", 'expected decision to be not set, was "accept"'),
    ("facts: {resolution: refuse}", 'expected resolution to be "refuse", was not set'),
    ("facts: {obligation.exempt: yes}", "expected obligation.exempt to be yes, was no"),
    ("supplements: 1", "expected 1 supplement requests, were 0"),
    ("reschedules: 1", "expected 1 new appointments, were 0"),
    ("dues: [2026-06-08 09:00:05]", "expected the due instants [2026-06-08 09:00:05], were [2026-06-08 09:00:05, 2026-06-12 09:00:05]"),
    ("dues: [2026-06-08 09:00:05, 2026-06-12 09:00:06]", "expected the due instants [2026-06-08 09:00:05, 2026-06-12 09:00:06]"),
    ("clocks: {determine: {used: 1 wd}}", "expected determine to use 1 wd, were 2 wd"),
    ("clocks: {determine: {at-most: 15 wh}}", "expected determine to use at most 1.875 wd, were 2 wd"),
    ("clocks: {determine: {budget: 4 wd}}", "expected determine to have a budget of 4 wd, was 3 wd"),
    ("clocks: {determine: {due: none}}", "expected determine to be due at none, was 2026-06-08 09:00:05"),
    ("clocks: {determine: {late: yes}}", "expected determine to be late, was on time (used 2 wd of 3 wd)"),
    ("clocks: {determine: {nth: 2, late: no}}", 'expected a clock of "determine", which was not opened so often'),
    ("clocks: {dossier: {used: 3 wd}}", "expected the dossier to use 3 wd, were 2 wd"),
    ("late: [determine]", "expected late: determine; was: nothing"),
    ("ended-at: 2026-06-13 09:01", "expected the end at 2026-06-13 09:01:00, was 2026-06-13 09:01:05"),
    ("ended-by: 2026-06-13 09:01", "expected the end by 2026-06-13 09:01:00, was 2026-06-13 09:01:05"),
    ("incidents: [{at: write}]", "expected 1 incident as written there, were 0"),
    ("told: [{type: tax.late}]", "expected somebody to be told of tax.late, was told 0 times"),
    ("told: [{type: portal.dossier.register, role: desk}]", "expected desk to be told of portal.dossier.register, was told 0 times"),
    ("told: [{type: desk.result.notice, times: 2}]", "expected somebody to be told of desk.result.notice 2 times, was told 1 times"),
]


@pytest.mark.parametrize("expectation, words", WRONG)
def test_a_wrong_expectation_fails_and_names_its_place(write, expectation, words):
    path = write(happy(f"expect:\n  {expectation}\n"))
    done = simulate(path)
    assert done.returncode == 1 and f"{path}:4: {words}" in done.stdout, done.stdout + done.stderr
    assert "FAILED" in done.stdout and "1 scenario, 1 failed" in done.stdout


LATE = "steps: {determine: {answer: 4 wd}}\nexpect:\n  "
LATE_WRONG = [
    ("late: []", "expected late: nothing; was: determine of tax (4 wd of 3 wd)"),
    ("late: {determine: land}", "expected late: determine; was: determine of tax"),
    ("late: [determine, determine]", "expected late: determine, determine; was: determine of tax"),
]


@pytest.mark.parametrize("expectation, words", LATE_WRONG)
def test_who_is_late_must_be_said_exactly(write, expectation, words):
    path = write(happy(LATE + expectation + "\n"))
    done = simulate(path)
    assert done.returncode == 1 and f"{path}:5: {words}" in done.stdout, done.stdout


OTHERWISE = [
    ("an answer that is refused", "steps:\n  accept: {parts: [conditions]}\n", 4,
     'the answer of "accept" was refused, PART: part "conditions" is not among those'),
    ("an answer that was to be refused", "steps:\n  accept: {facts: {decision: refuse}, refused: SUPPLEMENT_ONCE}\n", 4,
     'the answer of "accept": expected the refusal SUPPLEMENT_ONCE, was taken'),
    ("another refusal", "steps:\n  accept: {parts: [conditions], refused: FACT}\n", 4, "expected the refusal FACT, was PART"),
    ("a message for which nobody waits", "events:\n  - {message: supplement, opened: write}\n", 4,
     'the message "supplement" was refused, UNEXPECTED'),
    ("an event that never comes", "events:\n  - {message: withdrawal, opened: blocked}\n", 4, "this event never came"),
    ("too few times", "events:\n  - {message: withdrawal, opened: write, nth: 2}\n", 4, "did not happen so often"),
    ("no step to retry", "events:\n  - {command: retry, step: write, opened: accept}\n", 4, '"write" has no open step that could be retried'),
    ("an incident that nobody expects", "steps:\n  accept: {refuse: its disk is full}\n", 1,
     'an incident at "accept" that is not among what is expected (incidents): refused by the agency: its disk is full'),
    ("a day that the calendar does not know", "start: 2030-01-01 08:00\n", 1, "calendar vn version 2026 covers 2024-01-01 to 2027-12-31 only"),
    ("a missing part of the submission", "submission: {parts: [application]}\n", 1, "the submission was refused, PART"),
]


@pytest.mark.parametrize("body, line, words", [row[1:] for row in OTHERWISE], ids=[row[0] for row in OTHERWISE])
def test_what_goes_otherwise_than_written_fails_without_any_expectation(write, body, line, words):
    path = write(happy(body))
    done = simulate(path)
    assert done.returncode == 1 and f"{path}:{line}: " in done.stdout and words in done.stdout, done.stdout + done.stderr


def test_a_fact_that_nobody_gives_is_named_with_its_type(write):
    path = write("""scenario: x
calendar: %s
start: 2026-06-01 08:00
submission: {facts: {district: A, applicant.kind: person, delivery.method: post, paper.pending: no}}
steps:
  check-identity: {answer: 1 s}
""" % (ROOT / "deploy/calendar/vn-2026.yaml"))
    done = simulate(path)
    assert done.returncode == 1
    assert f'{path}:6: "check-identity" must set the fact identity.result (text), and the scenario does not say to what' in done.stdout


def test_a_dossier_that_goes_round_for_ever_is_stopped(write):
    path = write(happy("steps: {determine: {error: slip-rejected}, prepare-slip: {answer: 0 s}}\nexpect: {end: open}\n"))
    done = simulate(path)
    assert done.returncode == 1 and ("go round for ever" in done.stdout or "loop: the dossier has had 1000 steps" in done.stdout), done.stdout


# --- Malformed scenarios ----------------------------------------------------------------------------------------------------------

MALFORMED = [
    ("scenario: [", 2, ""),
    ("- a\n", 1, "a scenario is written as keys and values"),
    ("scenario: x\ncolour: red\n", 2, 'a scenario has no "colour"; known are scenario, extends'),
    ("scenario: x\nstpes: {}\n", 2, 'did you mean "steps"?'),
    ("scenario: x\nscenario: y\n", 2, '"scenario" stands twice'),
    ("scenario: {}\n", 1, "is a text"),
    ("scenario: x\nstart: yesterday\n", 2, "an instant is written"),
    ("scenario: x\nstart: 2026-02-30 08:00\n", 2, "an instant is written"),
    ("scenario: x\nsubmission: {channel: pigeon}\n", 2, "a channel is counter, online or post"),
    ("scenario: x\nsubmission: {by: nobody}\n", 2, 'the procedure has no role "nobody"'),
    ("scenario: x\nfacts: {colour: red}\n", 2, 'declares no fact "colour"'),
    ("scenario: x\nfacts:\n  decision: perhaps\n", 3, '"perhaps" is not one of the values of decision: accept, supplement, refuse'),
    ("scenario: x\nfacts: {obligation.total: much}\n", 2, "obligation.total is a number"),
    ("scenario: x\nfacts: {map.matches: 1}\n", 2, "this is yes or no"),
    ("scenario: x\nfacts: {decision: accept, decision: refuse}\n", 2, '"decision" stands twice'),
    ("scenario: x\nsteps: {acept: {}}\n", 2, 'gives nobody a step "acept" (element or operation); did you mean "accept"?'),
    ("scenario: x\nsteps: {accept: []}\n", 2, "the list of what the agency does is empty"),
    ("scenario: x\nsteps: {accept: {answer: soon}}\n", 2, "a duration is written"),
    ("scenario: x\nsteps: {accept: {answer: 1}}\n", 2, "a duration is written"),
    ("scenario: x\nsteps: {accept: {answer: 100001 d}}\n", 2, "a duration is written"),
    ("scenario: x\nsteps: {accept: {answer: %s}}\n" % " ".join(["100000 d"] * 2000), 2, "a duration is written"),
    ("scenario: x\nsteps:\n  accept:\n    - {answer: 1 wd}\n    - {answer: 1 week}\n", 5, "a duration is written"),
    ("scenario: x\nsteps: {accept: {answre: 1 wd}}\n", 2, 'did you mean "answer"?'),
    ("scenario: x\nsteps: {accept: {facts: {map.matches: yes}}}\n", 2, '"accept" does not set the fact map.matches'),
    ("scenario: x\nsteps: {accept: {error: blocked}}\n", 2, '"accept" does not raise the error "blocked"'),
    ("scenario: x\nsteps: {accept: {parts: [paper]}}\n", 2, 'declares no part "paper"'),
    ("scenario: x\nsteps: {accept: {refused: NO}}\n", 2, "a refusal is a code of the wire contract"),
    ("scenario: x\nsteps: {accept: {on-cancel: shrugs}}\n", 2, "on-cancel is yields"),
    ("scenario: x\nsteps: {accept: {lost: 1 h, refuse: why}}\n", 2, "lost says already"),
    ("scenario: x\nsteps: {accept: {}}\nusual: {answer: 1 wd}\n", 3, "usual stands before steps"),
    ("scenario: x\nevents: {}\n", 2, "events is a list"),
    ("scenario: x\nevents:\n  - {opened: accept}\n", 3, "an event is a message or a command"),
    ("scenario: x\nevents:\n  - {message: hello}\n", 3, 'nowhere does the procedure wait for the message "hello"'),
    ("scenario: x\nevents:\n  - {message: withdrawal, opened: acept}\n", 3, 'no element "acept"; did you mean "accept"?'),
    ("scenario: x\nevents:\n  - {message: withdrawal, opened: accept, status: 4}\n", 3, "an event has one of"),
    ("scenario: x\nevents:\n  - {message: withdrawal, opened: accept, nth: 0}\n", 3, "nth counts from 1"),
    ("scenario: x\nevents:\n  - {message: withdrawal, after: 50 %}\n", 3, "no budget here"),
    ("scenario: x\nevents:\n  - {message: withdrawal, at: 2026-06-01 08:00, after: 1 h}\n", 3, "after has nothing to add"),
    ("scenario: x\nevents:\n  - {command: explode}\n", 3, "a command is retry, correct, skip or abort"),
    ("scenario: x\nevents:\n  - {command: abort, facts: {decision: accept}}\n", 3, "only correct and skip bring facts"),
    ("scenario: x\nevents:\n  - {command: abort, step: accept}\n", 3, "step says which step is to be retried"),
    ("scenario: x\ndisconnected: [{until: 2026-06-01 08:00}]\n", 2, "agency is missing"),
    ("scenario: x\nvacant: [{agency: nobody}]\n", 2, 'no role "nobody"'),
    ("scenario: x\nvacant: [{agency: tax, from: 2026-06-02 08:00, until: 2026-06-01 08:00}]\n", 2, "until must be later than from"),
    ("scenario: x\nexpect: {end: perhaps}\n", 2, "end is ended, open"),
    ("scenario: x\nexpect: {status: 11}\n", 2, "status is a number from 0 to 10"),
    ("scenario: x\nexpect: {path: [acept]}\n", 2, 'no element "acept"'),
    ("scenario: x\nexpect: {clocks: {accept: {used: 3 h}}}\n", 2, "this is working time"),
    ("scenario: x\nexpect: {clocks: {acept: {used: 3 wh}}}\n", 2, 'no element "acept"'),
    ("scenario: x\nexpect: {late: {accept: nobody}}\n", 2, 'no role "nobody"'),
    ("scenario: x\nexpect: {incidents: [{cause: x}]}\n", 2, "at (an element) is missing"),
    ("scenario: x\nexpect: {told: [{role: desk}]}\n", 2, "type is missing"),
    ("scenario: x\nexpect: {told: [{type: tax.lte, times: 0}]}\n", 2, 'the procedure tells nobody of "tax.lte"'),
    ("scenario: x\nevents:\n  - {message: withdrawal, role: tax}\n", 3, '"tax" may not send the message "withdrawal"'),
    ("scenario: x\nevents:\n  - {message: withdrawal, role: tax@Cai Be}\n", 3, '"tax" may not send the message "withdrawal"'),
    ("scenario: x\nevents:\n  - {message: withdrawal, role: desk@}\n", 3, "the place behind @ is missing"),
    ("scenario: x\nevents:\n  - {message: withdrawal, role: nobody@Cai Be}\n", 3, 'the procedure has no role "nobody@Cai Be"'),
    ("scenario: x\nextends: nowhere.yaml\n", 2, "nowhere.yaml: No such file"),
    ("scenario: x\nstart: 2026-06-01 08:00\n", 1, "calendar is missing"),
    (f"scenario: x\ncalendar: {ROOT}/deploy/calendar/vn-2026.yaml\n", 1, "start is missing"),
    ("scenario: x\nstart: 2026-06-01 08:00\ncalendar: nowhere.yaml\n", 1, "nowhere.yaml: No such file"),
]


@pytest.mark.parametrize("text, line, words", MALFORMED)
def test_a_malformed_scenario_is_refused_with_file_and_line(write, text, line, words):
    path = write(text)
    done = simulate(path)
    assert done.returncode == 2 and f"{path}:{line}: " in done.stderr and words in done.stderr, (done.returncode, done.stderr, done.stdout)


def test_a_fault_in_what_is_extended_names_both_files(write):
    base = write("steps: {acept: {}}\n", "base.yaml")
    path = write("scenario: x\nextends: base.yaml\n")
    done = simulate(path)
    assert done.returncode == 2 and f"{path}:2: extends: {base}:1: " in done.stderr, done.stderr


def test_files_that_extend_each_other_in_a_circle_are_refused(write):
    path = write("scenario: x\nextends: s.yaml\n")
    done = simulate(path)
    assert done.returncode == 2 and "is it a circle?" in done.stderr, done.stderr


# --- Use --------------------------------------------------------------------------------------------------------------------------

def test_a_file_of_several_scenarios_runs_each(write):
    path = write(happy("expect: {status: 10}\n", "scenario: first\n") + "---\n" + happy("expect: {status: 9}\n", "scenario: second\n"))
    done = simulate(path)
    assert done.returncode == 1 and f"passed {path}:1: first" in done.stdout and f"FAILED {path}:5: second" in done.stdout, done.stdout
    assert "2 scenarios, 1 failed" in done.stdout


def test_a_folder_stands_for_its_files_and_what_is_only_extended_is_not_run(write, tmp_path):
    write(COMMON.read_text(encoding="utf-8").replace("../../../calendar", str(ROOT / "deploy/calendar")), "base.yaml")
    write("scenario: a\nextends: base.yaml\n", "a.yaml")
    write("scenario: b\nextends: base.yaml\n", "b.yaml")
    done = lt("simulate", LAND, "--scenario", tmp_path, "--quiet")
    assert done.returncode == 0 and "2 scenarios, 0 failed" in done.stdout, done.stdout + done.stderr
    alone = lt("simulate", LAND, "--scenario", tmp_path / "base.yaml")
    assert alone.returncode == 2 and "no scenario here has a name" in alone.stderr


def test_extending_overrides_by_key_and_leaves_the_expectations_behind(write):
    write(happy("expect: {status: 3}\n").replace("scenario: x\n", ""), "base.yaml")
    path = write("scenario: x\nextends: base.yaml\nsubmission: {facts: {delivery.method: desk}}\nexpect: {passes: [hand-over], facts: {district: Cai Be}}\n")
    done = simulate(path)
    assert done.returncode == 0, done.stdout


def test_the_timeline_looks_as_that_of_a_dossier(write):
    done = lt("simulate", LAND, "--scenario", write(happy()))
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and max(map(len, lines)) <= 140
    assert any(line.startswith("  7  2026-06-01 09:00:05  answer   accept") and line.endswith("status 2 received, 4 in process") for line in lines)
    assert "task land.conditions.check to land; task land.map.extract to land" in done.stdout


def told(write, body):
    """The timeline, each event on one line."""
    done = lt("simulate", LAND, "--scenario", write(happy(body)))
    return done.stdout.replace("\n          ", " ")


def test_the_way_shows_what_goes_side_by_side_and_where_it_comes_together(write):
    text = told(write, "")
    assert 'check (side by side from here), query-evidence "Repository: documents held", identity' in text
    assert 'identity-known "Identity?" (same person), checked (all have come), accept "Desk: accept"' in text
    assert 'received "Received: first appointment", appraise "In process", appraisal (side by side from here)' in text, "a milestone chooses nothing"


def test_the_way_shows_the_error_that_a_boundary_event_caught(write):
    text = told(write, "steps: {determine: [{error: slip-rejected}, {answer: 1 wd}]}\n")
    assert "(slip-rejected)" in text, text


def test_the_timeline_says_until_when_and_late_by_how_much(write):
    text = told(write, "steps: {determine: {answer: 4 wd}}\n")
    assert "to be answered by 2026-06-08 09:00:05" in text and "appointment 2026-06-08 09:00:05" in text
    assert "step 4.00/3 wd LATE by 1.00" in text


def test_silence_is_told_of_the_agency_that_was_silent():
    done = lt("simulate", WORKFLOWS / "inter-agency-opinion.bpmn")
    line = next(x for x in done.stdout.splitlines() if "timer" in x and "ask" in x)
    assert "consulted@fire" in line and "step 5.00/5 wd" in line, line
    assert 'ask "Agencies: opinion" 4 times' in done.stdout.replace("\n          ", " ")


def test_a_dossier_that_does_not_end_says_what_it_waits_for(write):
    path = write(happy("steps: {write: {answer: never}}\nexpect:\n  end: ended\n"))
    done = simulate(path)
    assert done.returncode == 1
    assert f'{path}:5: expected end ended, was open; it waits for "write" of land, given to it 2026-06-09 09:00:05' in done.stdout, done.stdout


def test_json_holds_all_of_it(write):
    path = write(happy("expect: {status: 9}\n"))
    done = lt("simulate", LAND, "--scenario", path, "--json")
    (result,) = json.loads(done.stdout)
    assert done.returncode == 1 and not result["passed"] and result["scenario"] == "x"
    assert result["failures"] == [{"file": str(path), "line": 3, "text": 'expected status 9 (finished), was 10 (handed over) at "handed-over", 2026-06-13 09:01:05'}]
    assert [e["node"] for e in result["timeline"]["events"]][:3] == ["submission", "query-evidence", "check-identity"]


def test_refused_messages_are_seen_in_the_timeline(write):
    done = lt("simulate", LAND, "--scenario", write(happy("events:\n  - {message: supplement, opened: write, refused: UNEXPECTED}\n")))
    assert done.returncode == 0 and "refused" in done.stdout and "UNEXPECTED: the dossier does not wait for" in done.stdout.replace("\n          ", " ")


@pytest.mark.parametrize("arguments, words", [
    ([], "which procedure?"),
    (["--colour"], "unknown option --colour"),
    ([LAND, "--scenario"], "a value is missing after --scenario"),
    ([LAND, "--quiet", "--json"], "--quiet or --json"),
    ([LAND, LAND, "--scenario", COMMON], "--scenario goes with one procedure"),
    ([LAND, "--scenario", "nowhere"], "nowhere: No such file"),
    (["nowhere.bpmn"], "nowhere.bpmn: No such file"),
    ([ROOT / "deploy/calendar"], "there is no file *.bpmn in this folder"),
    ([ROOT / "tests/unit/router/tiny.bpmn"], "has no scenarios beside it"),
])
def test_wrong_use_exits_with_2(arguments, words):
    done = lt("simulate", *arguments)
    assert done.returncode == 2 and words in done.stderr and not done.stdout, done.stderr


def test_a_procedure_that_lint_refuses_is_not_run(write):
    bad = write(LAND.read_text(encoding="utf-8").replace('lt:operation="desk.accept" ', ""), "bad.bpmn")
    done = lt("simulate", bad, "--scenario", COMMON)
    assert done.returncode == 2 and f"{bad}:" in done.stderr and "accept" in done.stderr, done.stderr
    linted = lt("lint", bad)
    assert linted.returncode == 1 and f"{bad}:" in linted.stdout


@pytest.mark.parametrize("command", ["lint", "simulate"])
def test_help_tells_use_and_exit_status(command):
    done = lt(command, "--help")
    assert done.returncode == 0 and done.stdout.startswith(f"usage: lt {command} ") and "Exit status:" in done.stdout


def test_a_calendar_on_the_command_line_counts_instead(write):
    other = write((ROOT / "deploy/calendar/vn-2026.yaml").read_text(encoding="utf-8").replace(
        'monday: ["07:30-11:30", "13:00-17:00"]', "monday: []"), "no-mondays.yaml")
    path = write(happy("expect: {dues: [2026-06-10 08:30, 2026-06-19 08:30]}\n"))
    done = lt("simulate", LAND, "--scenario", path, "--quiet", "--calendar", other)
    assert done.returncode == 0 and simulate(path).returncode == 1, done.stdout
