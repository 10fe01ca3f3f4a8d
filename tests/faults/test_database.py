"""PostgreSQL is stopped under load, in order and as by a power failure, and comes back. All databases live in it: the router's
and the agencies'."""
import signal
import time

import pytest

from run import Run


@pytest.fixture(scope="module")
def run():
    made = Run(parcels=100, environment={"LT_FSYNC_OFF": ""})     # what was committed must survive an immediate stop
    yield made
    made.close()


def fast(run):
    run.world.stop("database")


def immediate(run):
    run.signal("database", signal.SIGQUIT)
    run.dies("database")


@pytest.mark.parametrize("stop", [fast, immediate, immediate])
def test_database_stops_under_load(run, stop):
    citizens = run.submit(12)
    time.sleep(run.random.uniform(0.2, 1.0))
    stop(run)
    time.sleep(run.random.uniform(0, 0.8))
    run.world.start("database")
    run.all_ended(citizens)
    run.check()


def test_database_goes_again_and_again(run):
    citizens = []
    for _ in range(4):
        citizens += run.submit(5)
        time.sleep(run.random.uniform(0.1, 0.6))
        run.random.choice((fast, immediate))(run)
        run.world.start("database")
    run.all_ended(citizens)
    run.check()
