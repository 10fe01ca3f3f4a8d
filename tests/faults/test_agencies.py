"""Agencies lose their power between journal and answer, and stay away during whole runs."""
import pytest

from run import Run
from world import wait_until

# Each point at two agencies at least; what lies between journal and answer at those with the effects.
POINTS = (("adapter.before-journal", "land"), ("adapter.before-journal", "police"), ("adapter.after-journal", "tax"), ("adapter.after-journal", "intake"),
          ("adapter.before-receipt", "payment"), ("adapter.before-receipt", "repository"), ("adapter.before-commit", "land"),
          ("adapter.before-commit", "payment"), ("adapter.before-commit", "postal"), ("adapter.after-commit", "land"), ("adapter.after-commit", "tax"),
          ("adapter.after-commit", "repository"), ("adapter.before-send", "portal"), ("adapter.before-send", "payment"),
          ("adapter.after-send", "land"), ("adapter.after-send", "intake"))
CHUNK = 5


@pytest.fixture(scope="module")
def run():
    made = Run(parcels=400)
    yield made
    made.close()


@pytest.mark.parametrize("point,agency", POINTS)
def test_agency_dies_at(run, point, agency):
    run.stops_at(agency, point, run.random.randint(1, 3))
    citizens = run.submit(CHUNK)
    try:
        run.dies_of_work(agency, citizens)
    finally:
        run.world.run("restart", agency)
    run.all_ended(citizens)
    run.check()


@pytest.mark.parametrize("agency", ["police", "land", "tax"])
def test_agency_is_away_during_the_whole_run(run, agency):
    """The others go as far as they can; nothing is lost, and nothing is said again by hand."""
    run.world.stop(agency)
    citizens = run.submit(20)
    for citizen in citizens:
        citizen.join(30)
    waiting = "SELECT count(*) FROM outbox o JOIN agency_code c ON c.agency = o.agency WHERE o.state = 'waiting' AND o.kind = 2"
    steps = 40 if agency == "land" else 20
    wait_until("all dossiers wait for it", lambda: run.world.one("router", waiting) == steps, 40)
    assert run.world.one("router", "SELECT count(*) FROM dossier WHERE ended_at IS NULL") == 20
    assert run.world.rows("router", "SELECT * FROM incident") == []
    run.world.start(agency)
    run.all_ended(citizens)
    run.check()
