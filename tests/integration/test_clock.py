"""Working time, appointments, apologies, late agencies and crossing withdrawals, with a clock that the test moves.
The tests of this file share one world whose time only goes forward: each begins on its own later day."""
import datetime
import pathlib
import threading
import time

import pytest

from clock import HANOI, at, Clock
from world import World, application, http, person, wait_until

MINUTE = datetime.timedelta(minutes=1)
HOUR_US = 3_600_000_000
EXTRA = "journal: {retry_min: 100 ms, retry_max: 1 s, resend: 2 s}\nsession: {reconnect_min: 50 ms, reconnect_max: 200 ms}"


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(clock):
    made = World("--parcels", "60", environment={"LIENTHONG_TIME_FILE": clock.path, "LT_AGENCY_EXTRA": EXTRA,
                                                 "LT_ROUTER_EXTRA": "delivery: {lease: 2 s, retry_max: 4 s}"})
    yield made
    made.close()


def due(world, d):
    """Of the running appointment, in local time; None: no clock runs."""
    value = world.one("router", "SELECT due_at FROM dossier WHERE id = %s", d.id)
    return value and value.astimezone(HANOI)


def timers(world, d):
    return [r[0].astimezone(HANOI) for r in world.rows("router", "SELECT due_at FROM timer WHERE dossier = %s ORDER BY 1", d.id)]


def event(world, d, kind, operation):
    """(used, budget, step used, step budget, happened) of the newest event of KIND (1 receipt, 2 answer) for OPERATION."""
    return world.rows("router", "SELECT used_us, budget_us, step_used_us, step_budget_us, happened FROM event WHERE dossier = %s "
                      "AND kind = %s AND type = %s ORDER BY sequence DESC LIMIT 1", d.id, kind, operation)[0]


def said_away(world, d, operation):
    """What the timeline says of the line at the receipt; None: nothing."""
    return world.one("router", "SELECT detail FROM event WHERE dossier = %s AND kind = 1 AND type = %s AND detail LIKE 'its line was away%%'",
                     d.id, operation)


def tasks(world, d, operation):
    return world.desk("GET", f"/v1/desk/tasks?dossier={d.code}&operation={operation}").body["tasks"]


def delivered(world, d, operation):
    return world.rows("router", "SELECT c.code FROM outbox o JOIN agency_code c ON c.agency = o.agency WHERE o.dossier = %s AND o.type = %s "
                      "ORDER BY 1", d.id, operation)


def waits_for(world, d, operation, state="waiting"):
    return wait_until(f"{operation} is {state}", lambda: world.rows(
        "router", "SELECT 1 FROM outbox WHERE dossier = %s AND type = %s AND kind = 2 AND state = %s", d.id, operation, state))


def near(value, wanted, slack=2 * MINUTE):
    assert abs(value - wanted) <= slack, f"{value}, expected about {wanted}"


def near_us(value, hours, slack=2):
    assert abs(value - hours * HOUR_US) <= slack * 60_000_000, f"{value / HOUR_US} h, expected about {hours} h"


# --- Late, with apology ------------------------------------------------------------------------------------------------------------

def test_land_away_apology_and_new_appointment_once(world, clock):
    world.stop("land")
    d = world.submit()
    d.accept()
    waits_for(world, d, "land.conditions.check")
    first = due(world, d)
    near(first, at("2026-12-07 08:00"))          # five working days from Monday 08:00: Monday 08:00
    assert first - datetime.timedelta(days=3) in timers(world, d), timers(world, d)   # one working day before: Friday, the same minute

    clock.move(at("2026-12-04 07:58"))
    assert tasks(world, d, "desk.apology") == []
    clock.move(at("2026-12-04 08:02"))
    assert d.answer("desk.apology", reason="").status == 422          # form 04 says why
    step = d.task("desk.apology")
    answer = d.answer("desk.apology", reason="the map had to be measured again")
    assert answer.status == 200, answer
    wait_until("the new appointment", lambda: due(world, d) != first)
    second = due(world, d)
    assert second == first + datetime.timedelta(days=3)               # three working days more: Thursday
    assert d.view()["status"] == 4

    again = world.desk("POST", f"/v1/desk/tasks/{step}/answer", {"officer": "D-007", "reason": "once more"})
    assert again.status in (404, 409), again
    clock.move(second - datetime.timedelta(days=1) + MINUTE)          # one working day before the second one
    clock.move(second + datetime.timedelta(days=1))                   # and past it
    time.sleep(1)
    assert tasks(world, d, "desk.apology") == []
    assert world.one("router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'desk.apology' AND kind = 2", d.id) == 1
    assert due(world, d) == second

    world.start("land")
    d.reach(6)
    used, budget, step_used, step_budget, _ = event(world, d, 2, "land.conditions.check")
    assert used > budget == 64 * HOUR_US, "late, for the citizen"
    assert step_budget == 36 * HOUR_US and step_used < HOUR_US, "land's line was away: nobody's lateness"
    assert said_away(world, d, "land.conditions.check"), "but all can see it"
    _, _, step_used, step_budget, _ = event(world, d, 2, "tax.obligation.determine")
    assert step_used < step_budget == 24 * HOUR_US                    # not tax's
    d.pay()
    d.deliver()
    d.reach(10)


# --- Tax -------------------------------------------------------------------------------------------------------------------------

def test_tax_late_tells_desk_and_land_and_its_receipt_stops_the_clock(world, clock):
    clock.move(at("2026-12-14 08:00"))
    world.stop("tax")
    d = world.submit()
    d.accept()
    waits_for(world, d, "tax.obligation.determine")
    near(due(world, d), at("2026-12-21 08:00"))                       # not received: the clock of the dossier still runs
    clock.move(at("2026-12-16 15:00"))
    assert delivered(world, d, "tax.late") == []
    clock.move(at("2026-12-17 08:03"))                                # three working days after the step was opened
    wait_until("tax.late", lambda: delivered(world, d, "tax.late") == [("000.01.00.H58",), ("000.02.00.H58",)])
    wait_until("the desk reads it", lambda: world.one("intake", "SELECT count(*) FROM intake.notice WHERE dossier = %s AND type = 'tax.late'", d.id) == 1)
    world.start("tax")
    d.reach(6)
    used, budget, _, _, _ = event(world, d, 1, "tax.obligation.determine")
    near_us(used, 24, 5)                                              # Monday 08:00 to Thursday 08:03
    assert budget == 40 * HOUR_US
    assert due(world, d) is None
    clock.move(at("2026-12-18 10:00"))
    d.pay()
    d.reach(9)
    stopped = world.rows("router", "SELECT used_us FROM event WHERE dossier = %s AND sequence >= (SELECT sequence FROM event WHERE dossier = %s "
                         "AND kind = 1 AND type = 'tax.obligation.determine') AND sequence < (SELECT sequence FROM event WHERE dossier = %s "
                         "AND kind = 2 AND type = 'tax.obligation.confirm')", d.id, d.id, d.id)
    assert {r[0] for r in stopped} == {used}, "while tax determines and the citizen pays nothing counts"
    used, budget, _, _, _ = event(world, d, 2, "tax.obligation.confirm")
    near_us(used, 0)
    assert budget == 24 * HOUR_US                                     # the second appointment: three working days
    d.deliver()
    d.reach(10)


def test_tax_away_at_confirming_is_chased_and_charged_to_nobody(world, clock):
    clock.move(at("2026-12-21 08:00"))
    d = world.submit()
    d.to_payment()
    d.notices()
    world.stop("tax")
    d.pay()
    waits_for(world, d, "tax.obligation.confirm")
    d.reach(4)
    chases = "SELECT count(*) FROM tax.chase WHERE dossier = %s"
    clock.move(at("2026-12-23 17:00"))                                # not yet three working days
    assert delivered(world, d, "tax.chase") == []
    clock.move(at("2026-12-24 08:05"))
    wait_until("tax.chase", lambda: delivered(world, d, "tax.chase") == [("000.03.00.G12",)])
    assert delivered(world, d, "tax.late") == [] and tasks(world, d, "desk.apology") == []
    assert due(world, d) is None, "the citizen's appointment does not run out for tax's delay"
    clock.move(at("2026-12-25 08:00"))
    world.start("tax")
    d.reach(9)
    wait_until("tax knows that it was late", lambda: world.one("tax", chases, d.id) == 1)
    used, _, step_used, step_budget, _ = event(world, d, 2, "tax.obligation.confirm")
    assert step_budget == 24 * HOUR_US
    near_us(step_used, 0, 5)                                          # Monday 08:00 to Friday 08:00 its line was away
    assert said_away(world, d, "tax.obligation.confirm").startswith(("its line was away for 95 h 5", "its line was away for 96 h 0"))
    near_us(used, 0)                                                  # of the second appointment
    late = world.rows("router", "SELECT DISTINCT type FROM event WHERE dossier = %s AND step_used_us > step_budget_us AND step_budget_us > 0", d.id)
    assert late == [], "nobody was late"
    used, budget, step_used, step_budget, _ = event(world, d, 2, "land.register.write")
    near_us(used, 0)
    near_us(step_used, 0)
    assert budget == step_budget == 24 * HOUR_US
    assert world.one("router", "SELECT count(*) FROM outbox WHERE dossier = %s AND type = 'tax.chase'", d.id) == 1, "chased once"
    d.deliver()
    d.reach(10)


def test_the_national_portal_is_away_for_an_hour(world, clock):
    world.national_portal(down=True)
    try:
        d = world.submit().to_payment()
        d.pay()
        d.deliver()
        d.reach(10)
        for _ in range(6):
            clock.move(clock.now() + 10 * MINUTE)
            assert not d.view()["ended"]
        assert http("GET", f"{world.national_portal_url}/dossiers/{d.code}").status != 200
    finally:
        world.national_portal()
    d.ended(60)
    peer = http("GET", f"{world.national_portal_url}/dossiers/{d.code}").body
    assert [int(p["TrangThai"]) for p in peer["progress"]] == [1, 2, 4, 6, 4, 9, 10] and peer["record"]["TrangThaiHoSo"] == "10"
    assert world.rows("router", "SELECT * FROM incident WHERE dossier = %s", d.id) == []


def test_silent_police_are_replaced_by_a_check_by_hand_that_is_flagged(world, clock):
    world.rows("police", "UPDATE police.service_state SET available = false, reason = 'maintenance'")
    try:
        d = world.submit()
        clock.move(clock.now() + 9 * MINUTE)
        assert tasks(world, d, "desk.identity.manual") == []
        clock.move(clock.now() + 2 * MINUTE)
        answer = d.answer("desk.identity.manual", decision="match")
        assert answer.status == 200, answer
    finally:
        world.rows("police", "UPDATE police.service_state SET available = true, reason = ''")
    d.happy()
    record = world.shown(d)
    flags = [event["facts"] for event in record["events"] if event["type"] == "desk.identity.manual" and event["kind"] == "answer"]
    assert flags == [{"identity.result": "match", "identity.manual": True}]
    assert world.one("police", "SELECT count(*) FROM police.access WHERE dossier = %s", d.id) == 0


def test_unpaid_for_thirty_days_is_refused(world, clock):
    clock.move(at("2026-12-28 08:00"))
    d = world.submit(delivery={"method": "desk"})
    d.to_payment()
    d.notices()
    orders = "SELECT count(*) FROM payment.payment_order WHERE dossier = %s AND state = 'open'"
    wait_until("orders", lambda: world.one("payment", orders, d.id) == 2)
    clock.move(at("2027-01-27 07:50"))                                # 29 days 23:50
    assert d.status == 6 and world.one("payment", orders, d.id) == 2
    clock.move(at("2027-01-27 08:05"))
    d.reach(9)
    assert d.progress()[-3:] == [6, 8, 9]
    assert world.one("payment", orders, d.id) == 0, "the orders are closed"
    assert world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 0
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    assert d.get("/result").status == 404


def test_a_rate_that_changes_mid_way_counts_by_the_day_of_receipt(world, clock):
    clock.move(at("2027-02-15 08:00"))
    rule = "rate.registration-fee"
    world.rows("tax", "UPDATE tax.rule SET valid_until = '2027-02-16' WHERE rule = %s AND valid_until IS NULL", rule)
    world.rows("tax", "INSERT INTO tax.rule (rule, valid_from, value, source) VALUES (%s, '2027-02-17', '0.01', 'a decree of this test')", rule)
    contract = {"number": "X", "date": "2026-06-01", "value": "1000000000"}
    world.stop("tax")
    before = world.submit(contract=contract)
    before.accept()
    waits_for(world, before, "tax.obligation.determine")
    clock.move(at("2027-02-17 09:00"))                                # the new rate is in force
    after = world.submit(contract=contract)
    after.accept()
    waits_for(world, after, "tax.obligation.determine")
    world.start("tax")

    def fee(d):
        d.reach(6)
        return {n["kind"]: n["amount"] for n in d.notices()}["registration-fee"]
    assert fee(before) == "5000000", "received on the 15th: half a percent"
    assert fee(after) == "10000000", "received on the 17th: one percent"
    for d in (before, after):
        d.pay()
        d.deliver()
        d.reach(10)


# --- Received after 15:00 ----------------------------------------------------------------------------------------------------------

def test_received_after_three_counts_from_the_next_working_morning(world, clock):
    world.stop("land")
    clock.move(at("2027-02-23 14:50"))                                # a Tuesday
    early = world.submit()
    early.accept()
    waits_for(world, early, "land.conditions.check")
    near(due(world, early), at("2027-03-02 14:50"))
    clock.move(at("2027-02-23 15:02"))
    late = world.submit()
    late.accept()
    waits_for(world, late, "land.conditions.check")
    assert due(world, late) == at("2027-03-02 17:00"), "five whole days from Wednesday morning"
    assert event(world, late, 2, "desk.accept")[0] == 0
    clock.move(at("2027-02-24 08:30"))
    world.start("land")
    for d in (early, late):
        d.reach(6)
    near_us(event(world, late, 2, "land.conditions.check")[0], 1)     # from 07:30
    near_us(event(world, early, 2, "land.conditions.check")[0], 2 + 1 / 6 + 1)      # 14:50 to 17:00, and from 07:30


def test_received_on_a_friday_afternoon_before_a_weekend(world, clock):
    world.stop("land")
    clock.move(at("2027-02-26 16:10"))
    d = world.submit()
    d.accept()
    waits_for(world, d, "land.conditions.check")
    assert due(world, d) == at("2027-03-05 17:00"), "Monday morning to Friday evening"
    world.start("land")
    d.reach(6)


# --- A withdrawal that crosses the entry ---------------------------------------------------------------------------------------------

def withdraw(d):
    """In the background: the desk's answer comes when a router has committed it."""
    got = []
    thread = threading.Thread(target=lambda: got.append(d.post("/withdrawal", {"reason": "changed my mind"})))
    thread.start()
    return thread, got


def entries(world, d):
    return world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id)


def to_be_written(world, d):
    """Everything is paid, and land has not seen the step."""
    d.to_payment()
    world.stop("land")
    d.pay()
    waits_for(world, d, "land.register.write")


def withdrawn(world, d):
    wait_until("withdrawn", lambda: d.view()["withdrawal"] == "done")
    assert entries(world, d) == 0
    assert d.answer("desk.file.return", signer="the applicant").status == 200
    d.reach(10)
    assert 7 in d.progress()
    assert d.get("/result").status == 404


def written(world, d):
    d.reach(9)
    wait_until("the withdrawal is refused", lambda: d.view()["withdrawal"] == "refused")
    assert entries(world, d) == 1 and 7 not in d.progress()
    d.deliver()
    d.reach(10)
    assert d.serial()


def test_withdrawal_before_land_has_the_step(world, clock):
    clock.move(at("2027-03-08 08:00"))
    d = world.submit()
    to_be_written(world, d)
    answer = d.post("/withdrawal", {"reason": "changed my mind"})
    assert answer.status == 200, answer
    world.start("land")
    withdrawn(world, d)


@pytest.mark.parametrize("point", ["adapter.before-commit", "adapter.after-commit", "adapter.before-send"])
def test_withdrawal_while_land_writes(world, clock, point):
    """Land holds the step and stands still just before or just after its commit: what it had begun wins."""
    d = world.submit()
    to_be_written(world, d)
    go_on = pathlib.Path(clock.folder, f"go-on-{point}")
    count = 2 if point == "adapter.before-send" else 1               # the first one is the receipt
    world.start("land", LIENTHONG_STOP=f"{point}:{count}:pause={go_on}")
    try:
        if point == "adapter.before-commit":                         # arrival and entry are one transaction, which nobody sees yet
            wait_until("land has it", lambda: world.rows(
                "land", "SELECT 1 FROM pg_stat_activity WHERE datname = 'lt_land' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"))
        else:
            wait_until("land has it", lambda: world.rows(
                "land", "SELECT 1 FROM lienthong.inbox WHERE dossier = %s AND operation = 'land.register.write'", d.id))
        time.sleep(0.5)
        assert entries(world, d) == (0 if point == "adapter.before-commit" else 1)
        thread, got = withdraw(d)
        wait_until("land is asked to give it up", lambda: world.rows(
            "router", "SELECT 1 FROM outbox WHERE dossier = %s AND type = 'land.register.write' AND kind = 4", d.id))
        assert d.status == 4, "neither withdrawn nor written: nobody knows yet"
    finally:
        go_on.touch()
    written(world, d)
    thread.join()
    assert got[0].status == 200
    world.run("restart", "land")


@pytest.mark.parametrize("point", ["adapter.before-journal", "adapter.after-journal", "adapter.before-commit", "adapter.after-commit"])
def test_withdrawal_while_land_dies(world, point):
    """Land loses its power at the point, and comes back after the withdrawal: one or the other, never both, never neither."""
    d = world.submit()
    to_be_written(world, d)
    world.start("land", LIENTHONG_STOP=f"{point}:1")
    wait_until("land is gone", lambda: not world.running("land"))
    thread, got = withdraw(d)
    wait_until("land is asked to give it up", lambda: world.rows(
        "router", "SELECT 1 FROM outbox WHERE dossier = %s AND type = 'land.register.write' AND kind = 4", d.id))
    world.start("land")
    thread.join()
    assert got[0].status == 200
    wait_until("it is decided", lambda: d.view()["withdrawal"] in ("done", "refused"))
    if entries(world, d):
        written(world, d)
    else:
        withdrawn(world, d)


def test_the_parcel_of_a_withdrawn_dossier_can_be_transferred(world):
    parcel = world.next_parcel()
    first = world.submit(application(parcel))
    to_be_written(world, first)
    assert first.post("/withdrawal", {"reason": "changed my mind"}).status == 200
    world.start("land")
    withdrawn(world, first)
    second = world.submit(application(parcel))
    second.happy()
    assert entries(world, second) == 1


# --- Land-use levy: tax has more time ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind,monday,days", [("person", "2027-03-15", 5), ("organisation", "2027-03-29", 7)])
def test_with_a_land_use_levy_tax_has_more_time(world, clock, kind, monday, days):
    clock.move(at(f"{monday} 08:00"))
    parcel = world.next_parcel()
    serial, seller = f"DM {parcel:08}", person(2 * parcel - 1)
    world.rows("land", "UPDATE land.rrr SET levy_owed = 12000000 WHERE id = (SELECT rrr FROM land.certificate WHERE serial = %s)", serial)
    if kind == "organisation":
        world.rows("land", "UPDATE land.party SET kind = 2, personal_number = NULL, old_card_number = NULL, personal_index = NULL, card_index = NULL "
                   "WHERE tax_index = %s", world.index("land", "land.party.tax_number", seller["tax_number"]))
        seller = {key: seller[key] for key in ("full_name", "tax_number", "address")} | {"kind": "organisation"}
    world.stop("tax")
    d = world.submit(application(parcel, applicant=seller))
    d.accept()
    waits_for(world, d, "tax.obligation.determine")
    spent = at(f"{monday} 08:00") + datetime.timedelta(days=days + 2 * (days // 5))       # over the weekend
    clock.move(spent - datetime.timedelta(minutes=5))
    assert delivered(world, d, "tax.late") == [], "not after three working days"
    clock.move(spent + 5 * MINUTE)
    wait_until("tax.late", lambda: len(delivered(world, d, "tax.late")) == 2)
    world.start("tax")
    d.reach(6)
    assert event(world, d, 2, "tax.obligation.determine")[3] == days * 8 * HOUR_US
    notices = {n["kind"]: n["amount"] for n in d.notices()}
    assert notices["land-use-levy"] == "12000000" and len(notices) == (3 if kind == "person" else 2), notices
    d.pay()
    d.deliver()
    d.reach(10)
    assert world.rows("land", "SELECT r.levy_owed FROM land.entry e JOIN land.rrr r ON r.id = e.new_right WHERE e.dossier = %s", d.id) == [(None,)]
