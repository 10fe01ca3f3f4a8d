"""Routers lose their power: at each named point, and at random moments. Two hundred transfers in all go through."""
import time

import pytest

from run import Run

POINTS = ("router.before-commit", "router.after-commit", "router.before-acknowledge", "router.after-send", "router.before-claim")
CHUNK = 6
RANDOM_KILLS = 20


@pytest.fixture(scope="module")
def run():
    made = Run(parcels=500)
    yield made
    made.close()


@pytest.mark.parametrize("router", ["router-1", "router-2"])
@pytest.mark.parametrize("point", POINTS)
def test_router_dies_at(run, router, point):
    run.stops_at(router, point, run.random.randint(1, 10))
    citizens = run.submit(CHUNK)
    try:
        run.dies_of_work(router, citizens)
    finally:
        run.world.run("restart", router)
    run.all_ended(citizens)
    run.check()


def test_routers_die_at_random_moments(run):
    citizens = []
    for _ in range(RANDOM_KILLS):
        citizens += run.submit(7)
        time.sleep(run.random.uniform(0.05, 1.2))
        for router in run.random.choice((["router-1"], ["router-2"], ["router-1", "router-2"])):
            run.kill(router)
            run.dies(router)
        time.sleep(run.random.choice((0, 0, 0.4)))
        run.world.start("router-1", "router-2")
    run.all_ended(citizens, 120)
    run.check()
    assert len(run.submitted) >= 200
