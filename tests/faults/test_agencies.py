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
    made = Run(parcels=500)
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


# In the order in which a dossier comes to them: code, and how many tasks each dossier has for them at first.
AWAY = (("police", "000.04.00.G01", 1), ("land", "000.02.00.H58", 2), ("tax", "000.03.00.G12", 1))
TRANSFERS = 200


def test_agencies_are_away_during_the_whole_run(run):
    """Two hundred transfers without police, land registry and tax agency. The others go as far as they can, then one of those comes,
    and so on. Nothing is lost, and nothing is said again by hand."""
    before = run.world.one("router", "SELECT count(*) FROM dossier")
    for agency, _, _ in AWAY:
        run.world.stop(agency)
    citizens = run.submit(TRANSFERS)
    waiting = ("SELECT count(*) FROM outbox o JOIN agency_code c ON c.agency = o.agency JOIN dossier d ON d.shard = o.shard AND d.id = o.dossier "
               "WHERE c.code = %s AND o.state = 'waiting' AND o.kind = 2 AND d.ended_at IS NULL")
    for agency, code, tasks in AWAY:
        wait_until(f"all dossiers wait for {agency}", lambda: run.world.one("router", waiting, code) == tasks * TRANSFERS, 60, 0.2)
        assert run.world.one("router", "SELECT count(*) FROM dossier WHERE ended_at IS NULL") == TRANSFERS
        assert run.world.one("router", "SELECT count(*) FROM incident WHERE closed_at IS NULL") == 0
        run.world.start(agency)
    run.all_ended(citizens, 120)
    run.check()
    assert len(run.submitted) == before + TRANSFERS
