"""Operators and the shipped definitions: a fact that stops a dossier is corrected by a signed command, and what others answer for is
not."""
import pathlib
import time

import pytest
from neighbours import lt
from operators import Operator

from world import World, application, wait_until

DISTRICTS = range(815, 826)


@pytest.fixture(scope="module")
def world():
    made = World("--parcels", "20", environment={"LT_OFFICER": "Trần Thị Vận Hành"})
    # the land registry is competent in its districts, not everywhere
    directory = pathlib.Path(made.folder, "conf", "directory.yaml")
    text = directory.read_text()
    assert text.count("roles: land\n") == 1
    directory.write_text(text.replace("roles: land\n", f"roles: {' '.join(f'land@{d}' for d in DISTRICTS)}\n"))
    lt(made, "agencies", "apply", directory, "--database", made.settings["ROUTER_DATABASE"])
    time.sleep(1.5)   # the routers read the directory every moment
    yield made
    made.close()


@pytest.fixture
def operator(world):
    return Operator(world)


def test_a_district_that_nobody_is_competent_for_is_corrected(world, operator):
    d = world.submit(application(world.next_parcel(), district="999"))
    d.accept()
    found = wait_until("an incident", lambda: operator.incidents(d.id))
    assert {i["cause"] for i in found} == {'nobody is competent as "land"'} and not any(i["step"] for i in found), found
    assert "lt correct" in (shown := operator.done("incidents", "show", d.code)) and "district" in shown, shown
    # what others answer for is not an operator's word, and he is told which facts are
    for fact, value in (("obligation.settled", "yes"), ("obligation.exempt", "yes"), ("payment.settled", "yes"), ("decision", "accept"),
                        ("identity.result", "match"), ("conditions.result", "clear"), ("paper.pending", "no"),
                        ("dossier.supplements", "0"), ("quarter", "815")):
        said = operator.refused("correct", d.code, f"{fact}={value}", "--reason", "x")
        assert fact in said and "an operator may correct here: district, applicant.kind, delivery.method" in said, said
    assert "allowed values" in operator.refused("correct", d.code, "delivery.method=drone", "--reason", "x")
    # still wrong: the incident stands, and says why
    operator.done("correct", d.code, "district=998", "--reason", "first guess")
    assert wait_until("it stands again", lambda: operator.incidents(d.id))
    operator.done("correct", d.code, "district=815", "--reason", "the district was mistyped at the counter", "--officer", "D-042")
    assert operator.incidents(d.id) == []
    acts = [e for e in operator.shown(d.id)["events"] if e["kind"] == "correct"]
    assert (acts[-1]["detail"], acts[-1]["officer"], acts[-1]["agency"]) == ("the district was mistyped at the counter", "D-042", "000.09.00.H58")
    assert acts[-1]["facts"]["district"] == "815"
    d.reach(6)
    d.pay()
    d.deliver()
    d.reach(10)
    assert "no incident" in operator.refused("correct", d.code, "district=816", "--reason", "too late") or \
        "ended" in operator.refused("correct", d.code, "district=816", "--reason", "too late")


def test_a_retry_alone_frees_it_when_somebody_is_competent(world, operator):
    """Corrected in the directory instead of the dossier."""
    d = world.submit(application(world.next_parcel(), district="999"))
    d.accept()
    wait_until("an incident", lambda: operator.incidents(d.id))
    operator.done("retry", d.code, "--reason", "just trying")
    assert wait_until("it stands again", lambda: operator.incidents(d.id))
    directory = pathlib.Path(world.folder, "conf", "directory.yaml")
    directory.write_text(directory.read_text().replace("land@815", "land@999 land@815"))
    lt(world, "agencies", "apply", directory, "--database", world.settings["ROUTER_DATABASE"])
    time.sleep(1.5)
    operator.done("retry", d.code, "--reason", "the registry took the district over")
    d.reach(6)
    assert operator.incidents(d.id) == []
