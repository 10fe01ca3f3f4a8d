"""Routers lose their power in one run of two hundred transfers: each of the two at every named point, and at twenty random moments."""
import datetime
import time

import pytest

from clock import Clock, at
from run import Run
from world import wait_until

TRANSFERS = 200
POINTS = ("router.before-commit", "router.after-commit", "router.before-acknowledge", "router.after-send", "router.before-claim")
ROUTERS = ("router-1", "router-2")
CHUNK = 6
RANDOM_KILLS = 20
SILENCE = datetime.timedelta(minutes=11)      # longer than the procedure waits for the police


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def run(clock):
    made = Run(parcels=TRANSFERS + 100, environment={"LIENTHONG_TIME_FILE": clock.path})
    yield made
    made.close()


def dies_at(run, router, point, citizens):
    run.stops_at(router, point, run.random.randint(1, 10))
    citizens += run.submit(CHUNK)
    try:
        run.dies_of_work(router, citizens)
    finally:
        run.world.run("restart", router)


def die_of_timers(run, clock, citizens):
    """The police are silent, and time passes: whoever takes the timers dies with them, and so does the other when their lease is
    over. Living routers fire them, each once."""
    run.world.stop("police")
    citizens += run.submit(CHUNK)
    silent = "SELECT count(*) FROM outbox o JOIN agency_code c ON c.agency = o.agency WHERE c.code LIKE '%%.G01' AND o.state = 'waiting' AND o.kind = 2"
    wait_until("the police are asked", lambda: run.world.one("router", silent) >= CHUNK)
    for router in ROUTERS:
        run.stops_at(router, "router.timer", 1)
    clock.move(clock.now() + SILENCE)
    for router in ROUTERS:
        run.dies(router)
    fired = "SELECT count(*) FROM event WHERE kind = 5"
    before = run.world.one("router", fired)
    run.world.start(*ROUTERS)
    wait_until("the timers fire", lambda: run.world.one("router", fired) >= before + CHUNK)
    run.world.start("police")


def die_at_random(run, citizens):
    for left in range(RANDOM_KILLS, 0, -1):
        citizens += run.submit(max(1, (TRANSFERS - len(citizens)) // left))
        time.sleep(run.random.uniform(0.05, 1.2))
        for router in run.random.choice((ROUTERS[:1], ROUTERS[1:], ROUTERS)):
            run.kill(router)
            run.dies(router)
        time.sleep(run.random.choice((0, 0, 0.4)))
        run.world.start(*ROUTERS)


def test_routers_die_everywhere_in_a_run_of_200(run, clock):
    citizens = []
    for point in POINTS:
        for router in ROUTERS:
            dies_at(run, router, point, citizens)
    die_of_timers(run, clock, citizens)
    die_at_random(run, citizens)
    run.all_ended(citizens, 120)
    run.check()
    assert len(run.submitted) >= TRANSFERS
    repeated = run.world.rows("router", "SELECT dossier FROM event WHERE kind = 5 GROUP BY dossier, node HAVING count(*) > 1")
    assert repeated == [], "a timer fired twice"
