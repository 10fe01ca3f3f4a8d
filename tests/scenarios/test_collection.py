"""BPMN as other tools write it, and files that mean harm: each can be deployed, or is refused with line, column, element and
what to use instead. Nothing crashes, hangs, or takes more than 256 MiB.

collection/ holds a file for each kind of origin, written for this test. The same of a collection of yours: lt lint FOLDER."""
import os
import pathlib
import random
import re
import subprocess

import pytest

LT = os.path.join(os.environ["LT_BIN"], "lt")
COLLECTION = pathlib.Path(__file__).resolve().parent / "collection"
FINDING = re.compile(r"(?P<path>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<kind>error|warning): (?P<element>[^:]+): (?P<text>.+)")
MEMORY_KIB = 256 * 1024
CPU_SECONDS = 2.0
SANITIZED = b"__asan_init" in pathlib.Path(LT).read_bytes()

# file: its errors, as (line, element, words)
WANTED = {
    "ad-hoc.bpmn": [
        (7, "free", "adHocSubProcess"), (9, "all-or-nothing", "transaction"), (11, "odd", "complexGateway"), (13, "out", "draw the sequence flow"),
        (14, "in-again", "draw the sequence flow"), (16, "cancelled", "use an error end event"), (18, "f7", '"nowhere" is no node')],
    "camunda-7.bpmn": [
        (3, "loan", "lt:procedure"), (11, "Task_score", "scripts are not run"), (17, "Task_decide", "rules are not run"), (28, "Flow_4", "not FEEL"),
        (31, "Task_approve", "lt:role"), (31, "Task_approve", "lt:operation"), (31, "Task_approve", "lt:budget"), (38, "timeCycle", "timeDuration")],
    "camunda-8.bpmn": [
        (3, "order", "lt:procedure"), (6, "Task_pay", "lt:role"), (6, "Task_pay", "lt:operation"), (6, "Task_pay", "lt:budget"),
        (15, "Catch_paid", "lower-case letters"), (15, "Catch_paid", "lt:role"), (21, "Throw_signal", "use a message"), (32, "Signal_1", "use a message")],
    "choreography.bpmn": [(2, "d", "no <process>"), (3, "c", "draw a process")],
    "conversation.bpmn": [
        (2, "d", "no <process>"), (3, "import", "one file"), (5, "participantMultiplicity", "multiInstanceLoopCharacteristics"),
        (7, "talk", "draw a process"), (8, "l", "draw a message flow")],
    "flowable.bpmn20.xml": [
        (2, "definitions", "FEEL"), (3, "holiday", "lt:procedure"), (4, "days", "lt:part"), (7, "approve", "lt:role"), (7, "approve", "lt:operation"),
        (7, "approve", "lt:budget"), (8, "loop", "draw the way back"), (9, "owner", "lt:role"), (12, "mail", "operationRef"), (12, "mail", "lt:role"),
        (12, "mail", "set lt:operation"), (12, "mail", "lt:budget"), (13, "io", "lt:receives")],
    "qualified.bpmn": [],
    "signavio.bpmn": [
        (2, "sid-0", "FEEL"), (8, "sid-7", "takes no message"), (10, "sid-4", "isExecutable"), (10, "sid-4", "lt:procedure"),
        (16, "sid-11", "use serviceTask"), (17, "sid-13", "use a userTask"), (18, "sid-17", "use a serviceTask"), (22, "sid-5", "a second process")],
}


class Run:
    """`lt lint` of PATHS, with what it took."""

    def __init__(self, *paths):
        with subprocess.Popen([LT, "lint", *map(str, paths)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            text = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.lines = text.splitlines()
        self.cpu = usage.ru_utime + usage.ru_stime
        self.memory = usage.ru_maxrss
        assert self.status in (0, 1, 2), f"lt lint ended with {self.status}:\n{text[-2000:]}"
        if not SANITIZED:
            assert self.memory < MEMORY_KIB, f"{self.memory} KiB"
            assert self.cpu < CPU_SECONDS, f"{self.cpu} s"

    def findings(self, kind="error"):
        found = [FINDING.fullmatch(line) for line in self.lines if not line.endswith("more errors")]
        assert all(found), self.lines
        return [f for f in found if f["kind"] == kind]


def test_each_file_of_the_collection_is_listed():
    assert {path.name for path in COLLECTION.iterdir()} == set(WANTED)


@pytest.mark.parametrize("name", sorted(WANTED))
def test_what_cannot_be_run_is_refused_with_line_and_element_and_nothing_else(name):
    run = Run(COLLECTION / name)
    assert run.status == (1 if WANTED[name] else 0)
    found = [(int(f["line"]), f["element"], f["text"]) for f in run.findings()]
    for line, element, words in WANTED[name]:
        same = [f for f in found if f[:2] == (line, element) and words in f[2]]
        assert len(same) == 1, (line, element, words, found)
        found.remove(same[0])
    assert not found, "more errors than are meant"


def test_a_folder_is_summed_up(tmp_path):
    (tmp_path / "below" / "deeper").mkdir(parents=True)
    (tmp_path / "below" / "deeper" / "b.BPMN").write_bytes((COLLECTION / "qualified.bpmn").read_bytes())
    (tmp_path / "below" / "a.bpmn2").write_text("<a/>")
    (tmp_path / "read.me").write_text("not BPMN")
    (tmp_path / "circle").symlink_to(tmp_path)
    (tmp_path / "gone.bpmn").symlink_to(tmp_path / "nowhere")
    run = Run(tmp_path)
    assert run.status == 2
    assert run.lines[-1] == "3 files: 1 can be deployed, 1 of them with warnings; 1 refused, with 1 error; 1 cannot be read"
    (tmp_path / "gone.bpmn").unlink()
    run = Run(tmp_path, COLLECTION / "qualified.bpmn")
    assert run.status == 1 and [line for line in run.lines if line.startswith("2 files: ")]
    assert Run(tmp_path / "below" / "deeper").status == 0
    assert Run(tmp_path / "below" / "deeper", tmp_path / "circle" / "no.bpmn").status == 2


def test_a_folder_without_bpmn_is_wrong_use(tmp_path):
    run = Run(tmp_path)
    assert run.status == 2 and "no file in it ends in .bpmn" in run.lines[0]


HEAD = ('<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        '<process id="p" isExecutable="true">')
TAIL = "</process></definitions>"


def around(body, head=HEAD):
    return (head + body + TAIL).encode()


def declared(encoding):
    return HEAD.replace("UTF-8", encoding)


ODD = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n", "not well-formed XML"),
    "UTF-16, little end": (b"\xff\xfe" + around("", declared("UTF-16")).decode().encode("utf-16-le"), "save the file as UTF-8"),
    "UTF-16, big end": (b"\xfe\xff" + around("", declared("UTF-16")).decode().encode("utf-16-be"), "save the file as UTF-8"),
    "ISO-8859-1": (around('<startEvent id="s" name="é"/>', declared("ISO-8859-1")).decode().encode("latin-1"), "save the file as UTF-8"),
    "ISO-8859-1 in name only": (around("", declared("ISO-8859-1")), "another encoding than UTF-8"),
    "the same behind a mark": (b"\xef\xbb\xbf" + around("", declared("ISO-8859-1")), "another encoding than UTF-8"),
    "a mark of UTF-8": (b"\xef\xbb\xbf" + around(""), "lt:procedure"),
    "a document type": (around("").replace(b"?>\n", b'?>\n<!DOCTYPE definitions [<!ENTITY a "b">]>\n'), "document type declaration is refused"),
    "entities that grow": (around("").replace(b"?>\n", b'?>\n<!DOCTYPE d [<!ENTITY a "b"><!ENTITY c "&a;&a;&a;">]>\n'), "document type"),
    "an unknown entity": (around('<startEvent id="s" name="&foo;"/>'), "Entity 'foo' not defined"),
    "an unknown prefix": (around('<foo:startEvent id="s"/>'), "Namespace prefix foo on startEvent is not defined"),
    "an attribute's unknown prefix": (around('<startEvent id="s" foo:a="b"/>'), "Namespace prefix foo for a on startEvent is not defined"),
    "deep": (around("<subProcess>" * 100000), "nested deeper than 64"),
    "deep in what is foreign": (around('<extensionElements><x:a xmlns:x="urn:u">' + "<x:a>" * 100000), "nested deeper than 64"),
    "a long value": (around(f'<startEvent id="s" name="{"x" * 3000000}"/>'), "lt:procedure"),
    "a long id": (around(f'<startEvent id="{"x" * 3000000}"/>'), "an id has 1 to 100 bytes"),
    "a long name": (around(f"<{'x' * 3000000}/>"), "Name too long"),
    "a long text": (around(f"<startEvent><incoming>{'x ' * 1500000}</incoming></startEvent>"), "bytes of text"),
    "many attributes": (around("<startEvent " + " ".join(f'a{i}="1"' for i in range(200000)) + "/>"), "attributes and namespaces"),
    "many namespaces": (around("<startEvent " + " ".join(f'xmlns:a{i}="u"' for i in range(150000)) + "/>"), "attributes and namespaces"),
    "many attributes, cut off": (around("<startEvent " + " ".join(f"a{i}='1'" for i in range(200000)))[:-200], "attributes and namespaces"),
    "many elements": (around("<task/>" * 500000), "more than 50,000 elements"),
    "too large": (around("<task/>" * 600000), "a file has at most 4194304"),
    "cut off": (around("")[:150], "not well-formed XML"),
    "cut off at the end": (around("")[:-3], "not well-formed XML"),
    "a NUL": (around('<startEvent id="s\0"/>'), "NUL"),
    "no text": (random.Random(1).randbytes(100000), "not UTF-8"),
    "an archive": (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(1000), "not UTF-8"),
    "HTML": (b"<!DOCTYPE html><html><body>not found</body></html>", "document type"),
    "JSON": (b'{"bpmn": true}', "not well-formed XML"),
    "an older BPMN": (around("").replace(b"http://www.omg.org/spec/BPMN/20100524/MODEL", b"http://schema.omg.org/spec/BPMN/2.0"), "outermost element"),
    "XPDL": (b'<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"/>', "outermost element"),
    "no namespace": (around("").replace(b' xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"', b""), "outermost element"),
    "one id twice": (around('<startEvent id="s"/><endEvent id="s"/>'), "the id stands on line 2 already"),
    "one attribute twice": (around('<startEvent id="s" id="t"/>'), "Attribute id redefined"),
    "no id": (around("<startEvent/>"), "has no id: give it one"),
    "an empty id": (around('<startEvent id=""/>'), "an id has 1 to 100 bytes"),
    "what is to be included": (around('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>'), "has no place here"),
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_a_file_that_is_no_procedure_is_refused(tmp_path, name):
    content, words = ODD[name]
    path = tmp_path / "odd.bpmn"
    path.write_bytes(content)
    run = Run(path)
    assert run.status == 1
    assert [f for f in run.findings() if words in f["text"]], run.lines[:5]


def test_a_file_of_100_mib_is_refused_unread(tmp_path):
    path = tmp_path / "large.bpmn"
    path.write_bytes(around(""))
    os.truncate(path, 100 << 20)
    run = Run(path)
    assert run.status == 1 and "a file has at most 4194304" in run.findings()[0]["text"]


class Model:
    """A procedure that grows; elements in the file's order."""

    def __init__(self):
        self.nodes, self.flows = [], []
        self.first = self.node("startEvent")

    def node(self, kind, attributes="", content=""):
        name = f"n{len(self.nodes)}"
        self.nodes.append(f'<{kind} id="{name}" {attributes}>{content}</{kind}>')
        return name

    def task(self):
        return self.node("serviceTask", 'lt:role="land" lt:operation="land.work" lt:budget="1 wd"')

    def flow(self, source, target, condition=""):
        name = f"f{len(self.flows)}"
        text = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        self.flows.append(f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{text}</sequenceFlow>')
        return name

    def write(self, path, backwards=False):
        step = -1 if backwards else 1
        path.write_text(HEAD.replace("<process", '<process xmlns:lt="urn:lienthong:bpmn:1"')
                        + '<extensionElements><lt:procedure code="X.1" opened-by="desk"/></extensionElements>'
                        + "\n".join(self.nodes[::step]) + "\n" + "\n".join(self.flows[::step]) + TAIL, encoding="utf-8")


def chain(count):
    m = Model()
    at = m.first
    for _ in range(count):
        step = m.task()
        m.flow(at, step)
        at = step
    m.flow(at, m.node("endEvent"))
    return m


def pairs(count, kind="parallelGateway"):
    m = Model()
    at = m.first
    for _ in range(count):
        fork, join = m.node(kind), m.node(kind)
        m.flow(at, fork)
        for _ in range(2):
            step = m.task()
            m.flow(fork, step)
            m.flow(step, join)
        at = join
    m.flow(at, m.node("endEvent"))
    return m


def wide(count):
    m = Model()
    fork, join = m.node("parallelGateway"), m.node("parallelGateway")
    m.flow(m.first, fork)
    for _ in range(count):
        step = m.task()
        m.flow(fork, step)
        m.flow(step, join)
    m.flow(join, m.node("endEvent"))
    return m


def scopes(count):
    m = Model()
    at = m.first
    for i in range(count):
        inner = f'<startEvent id="s{i}"/><endEvent id="e{i}"/><sequenceFlow id="i{i}" sourceRef="s{i}" targetRef="e{i}"/>'
        step = m.node("subProcess", "", inner)
        m.flow(at, step)
        at = step
    m.flow(at, m.node("endEvent"))
    return m


def guarded(count):
    m = Model()
    at, end = m.first, m.node("endEvent")
    for _ in range(count):
        step = m.task()
        m.flow(at, step)
        edge = m.node("boundaryEvent", f'attachedToRef="{step}"', '<timerEventDefinition lt:after="1 wd"/>')
        m.flow(edge, end)
        at = step
    m.flow(at, end)
    return m


def circles(count):
    m = Model()
    at, default = m.first, ""
    for _ in range(count):
        first, back = m.node("exclusiveGateway"), m.node("exclusiveGateway", f'default="f{len(m.flows) + 3}"')
        m.flow(at, first)
        m.flow(first, back)
        m.flow(back, first, 'today() > date("2026-01-01")')
        at = back
    m.flow(at, m.node("endEvent"))
    return m


def undone(activities, throws):
    """What undoes may fail, and each of its errors leaves each of the throws."""
    m = Model()
    inner, at = ['<startEvent id="s"/>', '<endEvent id="e"/>'], "s"
    work = 'lt:role="land" lt:operation="land.work" lt:budget="1 wd"'
    for i in range(activities):
        inner += [f'<serviceTask id="a{i}" {work}/><boundaryEvent id="b{i}" attachedToRef="a{i}"><compensateEventDefinition/></boundaryEvent>'
                  f'<serviceTask id="c{i}" {work} isForCompensation="true" lt:irrevocable="true" lt:raises="bad"/>'
                  f'<association id="l{i}" sourceRef="b{i}" targetRef="c{i}" associationDirection="One"/>'
                  f'<sequenceFlow id="i{i}" sourceRef="{at}" targetRef="a{i}"/>']
        at = f"a{i}"
    box = m.node("subProcess", "", "".join(inner) + f'<sequenceFlow id="i" sourceRef="{at}" targetRef="e"/>')
    end = m.node("endEvent")
    m.flow(m.node("boundaryEvent", f'attachedToRef="{box}"', "<errorEventDefinition/>"), end)
    m.flow(m.first, box)
    at = box
    for _ in range(throws):
        throw = m.node("intermediateThrowEvent", "", "<compensateEventDefinition/>")
        m.flow(at, throw)
        at = throw
    m.flow(at, end)
    return m


# 2,000 nodes are the most; with flows that is some 5,000 elements and more
LARGE = {"a chain": (chain(1998), False, 0), "a chain, drawn backwards": (chain(1998), True, 0), "forks in a row": (pairs(499), False, 0),
         "forks in a row, backwards": (pairs(499), True, 0), "a wide fork": (wide(1996), False, 0), "subprocesses": (scopes(600), True, 0),
         "boundary events": (guarded(990), True, 0), "what undoes and may fail": (undone(300, 700), False, 0), "more than may be": (chain(5000), False, 1)}


@pytest.mark.parametrize("name", sorted(LARGE))
def test_a_large_procedure_compiles_or_is_refused_in_time(tmp_path, name):
    model, backwards, status = LARGE[name]
    path = tmp_path / "large.bpmn"
    model.write(path, backwards)
    run = Run(path)
    assert run.status == status, run.lines[:5]
    assert status or not run.lines
    assert not status or "more than 2000 nodes: split the procedure" in run.findings()[0]["text"]


def test_many_circles_are_found_in_time(tmp_path):
    path = tmp_path / "large.bpmn"
    circles(990).write(path)
    run = Run(path)
    assert run.status == 1 and sum("a circle leads back here" in line for line in run.lines) == 100
    assert any("and 890 more errors" in line for line in run.lines)


def test_many_large_files_together_are_refused_and_their_folder_is_taken(tmp_path):
    large = around(f"<!--{'x' * 4000000}-->")
    paths = [tmp_path / f"{i}.bpmn" for i in range(12)]
    for path in paths:
        path.write_bytes(large)
    run = Run(*paths)
    assert run.status == 2 and [line for line in run.lines if "larger than 32 MiB together: give fewer, or their folder" in line]
    run = Run(tmp_path)
    assert run.status == 1 and run.lines[-1].startswith("12 files: 0 can be deployed")
