"""Certificate exchange, mortgage registration and the groundwater licence, each carried from the citizen's submission to the
hand-over by the running system, from definitions alone. Department, appraisal, field office, province and bank are Python over the
wire. The tests share one world whose pretended time only goes forward: each begins on its own later day, a working one."""
import datetime
import uuid

import pytest

from agent import wire
from clock import HANOI, Clock, at
from neighbours import Office, department, ended, facts, intake, join, report, shown, statuses, texts
from world import World, application, http, person, wait_until

DEPARTMENT, APPRAISAL, FIELD, PROVINCE, BANK = (f"000.{n}.00.H58" for n in (41, 42, 43, 44, 45))
EXCHANGE, MORTGAGE, GROUNDWATER = "1.012783", "1.011441", "1.004223"
DAY = datetime.timedelta(days=1)
land, portal, tax = (wire.compiled(name) for name in ("land", "portal", "tax"))


@pytest.fixture(scope="module")
def clock():
    made = Clock(at("2026-11-30 08:00"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def world(clock):
    made = World("--parcels", "60", environment={"LIENTHONG_TIME_FILE": clock.path})
    join(made, {DEPARTMENT: "department", APPRAISAL: "appraisal", FIELD: "field", PROVINCE: "province", BANK: "bank"})
    yield made
    made.close()


@pytest.fixture
def morning(clock):
    """The next working day at eight."""
    day = clock.now() + DAY
    while day.weekday() > 4:
        day += DAY
    clock.move(day.replace(hour=8, minute=0, second=0, microsecond=0))
    return clock


def due(world, d):
    value = world.one("router", "SELECT due_at FROM dossier WHERE id = %s", str(getattr(d, "id", d)))
    return value and value.astimezone(HANOI)


def told_portal(world, d, status):
    return wait_until("the national portal is told", lambda: (a := http("GET", f"{world.national_portal_url}/dossiers/{d.code}")).status == 200
                      and a.body["record"].get("TrangThaiHoSo") == str(status) and a.body["record"])


def land_application(world, procedure, **changes):
    body = application(world.next_parcel())
    body.update(procedure=procedure, delivery={"method": "desk"})
    body.update(changes)
    return {key: value for key, value in body.items() if value is not None}


# --- Certificate exchange ---

def exchange(world, **changes):
    return world.submit(land_application(world, EXCHANGE, transferee=None, contract=None, **changes))


def test_a_certificate_is_exchanged(world, morning):
    d = exchange(world)
    d.accept()
    d.reach(9)
    serial = world.one("land", "SELECT certificate FROM land.examination WHERE dossier = %s LIMIT 1", d.id)
    assert d.answer("desk.originals.collect").status == 200
    assert d.answer("desk.handover", signer="the holder").status == 200
    d.reach(10)
    d.ended()
    result = d.get("/result").body
    assert result["certificate"]["replaced_serial"] == serial and result["certificate"]["serial"] != serial
    assert world.one("land", "SELECT replaced_by FROM land.certificate WHERE serial = %s", serial) == result["certificate"]["serial"]
    assert d.progress() == [1, 2, 4, 9, 10]
    assert told_portal(world, d, 10)["TenTTHC"].startswith("Đổi Giấy chứng nhận")


@pytest.mark.parametrize("kind,days", [("person", 5), ("organisation", 7)])
def test_a_levy_is_settled_at_tax_before_the_certificate_is_exchanged(world, morning, kind, days):
    """Desk, land, tax, payment, tax, land, desk: 3 wd to tax, whose time is not the desk's, and 2 wd after it is settled. What the
    citizen writes of a transfer beside it makes tax ask for nothing but the levy."""
    parcel = world.next_parcel()
    serial, holder = f"DM {parcel:08}", person(2 * parcel - 1)
    world.rows("land", "UPDATE land.rrr SET levy_owed = 7000000 WHERE id = (SELECT rrr FROM land.certificate WHERE serial = %s)", serial)
    if kind == "organisation":
        world.rows("land", "UPDATE land.party SET kind = 2, personal_number = NULL, old_card_number = NULL, personal_index = NULL, card_index = NULL "
                   "WHERE tax_index = %s", world.index("land", "land.party.tax_number", holder["tax_number"]))
        holder = {key: holder[key] for key in ("full_name", "tax_number", "address")} | {"kind": "organisation"}
    world.stop("tax")
    d = world.submit({**application(parcel, applicant=holder), "procedure": EXCHANGE, "delivery": {"method": "desk"}})
    d.accept()
    wait_until("tax is asked", lambda: world.rows("router", "SELECT 1 FROM outbox WHERE dossier = %s AND type = 'tax.obligation.determine'", d.id))
    assert due(world, d) is not None, "the clock runs until tax has received the slip"
    world.start("tax")
    d.reach(6)
    assert due(world, d) is None, "the clock stands still while tax and citizen have their time"
    assert [(n["kind"], n["amount"]) for n in d.notices()] == [("land-use-levy", "7000000")]
    morning.move(morning.now() + DAY)
    d.pay()
    d.reach(9)
    assert world.rows("tax", "SELECT n.kind, n.paid, n.settled_at IS NOT NULL FROM tax.notice n JOIN tax.assessment a ON a.step = n.assessment "
                             "WHERE a.dossier = %s", d.id) == [("land-use-levy", 7000000, True)]
    assert world.rows("land", "SELECT r.levy_owed, e.old_serial FROM land.entry e JOIN land.rrr r ON r.id = e.new_right WHERE e.dossier = %s",
                      d.id) == [(None, serial)]
    assert d.answer("desk.originals.collect").status == 200
    assert d.answer("desk.handover", signer="the holder").status == 200
    d.reach(10)
    d.ended()
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]
    budgets = "SELECT budget_us / 28800000000, step_budget_us / 28800000000 FROM event WHERE dossier = %s AND kind = 2 AND type = %s"
    assert world.rows("router", budgets, d.id, "land.exchange.examine") == [(3, 2)]
    assert world.rows("router", budgets, d.id, "tax.obligation.determine") == [(3, days)]
    assert world.rows("router", budgets, d.id, "land.exchange.write") == [(2, 2)]
    assert world.rows("router", "SELECT * FROM incident WHERE dossier = %s", d.id) == []


def test_an_exchange_is_supplemented_once_in_appraisal(world, morning):
    right = application(world.number + 1)["area"]
    d = exchange(world, area="1.5")
    d.accept()
    d.reach(5)
    assert any("area" in gap for gap in wait_until("gaps", lambda: d.view()["supplement"])["gaps"])
    assert due(world, d) is None, "the clock stands still"
    assert d.post("/supplement", {"area": right}).status == 200
    d.reach(9)
    listed, = told_portal(world, d, 9)["DanhSachHoSoBoSung"]
    assert any("area" in gap for gap in listed["NoiDungBoSung"]) and listed["NguoiYeuCauBoSung"] == d.view()["supplement"]["approver"]
    assert listed["NgayBoSung"] and listed["NgayTiepNhanBoSung"], listed
    assert d.progress() == [1, 2, 4, 5, 4, 9]


def test_an_exchange_of_a_disputed_right_is_refused(world, morning):
    body = land_application(world, EXCHANGE, transferee=None, contract=None)
    assert world.land("POST", "/blocks", {"certificate": body["certificate_serial"], "kind": "dispute", "source": "court", "number": "1"}).status == 201
    d = world.submit(body)
    d.accept()
    d.reach(9)
    assert d.answer("desk.handover", signer="the holder").status == 200
    d.reach(10)
    assert d.progress() == [1, 2, 4, 8, 9, 10]


# --- Mortgage registration ---

BANKER = {"kind": "organisation", "full_name": "Ngân hàng Mẫu", "tax_number": "0100000001"}
CONTRACT = [{"type": "mortgage-contract", "name": "Mortgage contract", "copy_kind": 0}]


def mortgage(world, **changes):
    changes = {"transferee": BANKER, "documents": CONTRACT, "delivery": {"method": "electronic"}, **changes}
    return land_application(world, MORTGAGE, **changes)


def test_a_mortgage_is_registered_on_the_same_working_day(world, morning):
    body = mortgage(world)
    d = world.submit(body)
    d.reach(10)
    d.ended()
    assert d.progress() == [1, 2, 4, 9, 10]
    assert world.one("land", "SELECT count(*) FROM land.mortgage_entry WHERE dossier = %s", d.id) == 1
    (kind, owner, *sealed), = world.rows("land", "SELECT r.kind, r.owner, r.source, r.number FROM land.restriction r "
                                         "JOIN land.mortgage_entry e ON e.restriction = r.id WHERE e.dossier = %s", d.id)
    opened = [world.opened("land", f"land.restriction.{name}", uuid.UUID(owner).bytes, value) for name, value in zip(("source", "number"), sealed)]
    assert [kind, *opened] == ["mortgage", BANKER["full_name"], body["contract"]["number"]]
    assert d.get("/result").body["kind"] == "mortgage"
    assert told_portal(world, d, 10)["TenTTHC"].startswith("Đăng ký biện pháp bảo đảm")


def test_a_mortgage_received_after_15_00_is_due_on_the_next_working_day(world, morning):
    world.stop("land")
    try:
        early = world.submit(mortgage(world))
        assert due(world, early).strftime("%d %H:%M") == morning.now().strftime("%d 17:00")
        morning.move(morning.now().replace(hour=15, minute=1))
        late = world.submit(mortgage(world))
        day = morning.now() + DAY
        while day.weekday() > 4:
            day += DAY
        assert due(world, late).strftime("%d %H:%M") == day.strftime("%d 17:00")
    finally:
        world.start("land")
    early.reach(10)
    late.reach(10)


@pytest.mark.parametrize("ground,change", [
    ("wrong-authority", {"certificate_serial": "DM 99999999", "district": "elsewhere"}),
    ("invalid-file", {"documents": []}),
    ("data-differ", {"applicant": person(999)}),
    ("enforcement", "block")])
def test_a_mortgage_is_refused_on_the_same_day_with_its_ground(world, morning, ground, change):
    body = mortgage(world, **({} if change == "block" else change))
    if change == "block":
        assert world.land("POST", "/blocks", {"certificate": body["certificate_serial"], "kind": "enforcement", "source": "court", "number": "2"}).status == 201
    d = world.submit(body)
    day = morning.now().date()
    d.reach(9)
    assert morning.now().date() == day
    assert d.answer("desk.handover", signer="the holder").status == 200
    d.reach(10)
    assert d.progress() == [1, 2, 4, 8, 9, 10]
    said = [e["facts"] for e in shown(world, d.code)["events"] if "refusal.ground" in e.get("facts", {})]
    assert [s["refusal.ground"] for s in said] == [ground], said
    assert world.one("land", "SELECT count(*) FROM land.mortgage_entry WHERE dossier = %s", d.id) == 0


def test_a_second_mortgage_takes_up_to_three_working_days_for_a_stated_reason(world, morning):
    first = mortgage(world)
    world.submit(first).reach(10)
    d = world.submit(dict(first, contract=dict(first["contract"], number="another"), transferee=dict(BANKER, full_name="Ngân hàng Hai")))
    d.reach(10)
    notices = [n for n in d.view()["notices"] if n["type"] == "desk.delay.notice"]
    assert notices and "rank" in notices[0]["parts"]["delay"]["reason"], notices
    assert world.one("land", "SELECT count(*) FROM land.restriction r JOIN land.mortgage_entry e ON e.restriction = r.id WHERE e.serial = %s",
                     first["certificate_serial"]) == 2


def party(p):
    return intake.Party(kind=1 if p["kind"] == "person" else 2, **{name: value for name, value in p.items() if name != "kind"})


def test_a_bank_sends_a_mortgage_in_by_itself(world, morning):
    body = mortgage(world)
    filed = intake.Application(procedure=MORTGAGE, applicant=party(body["applicant"]), transferee=party(BANKER),
                               contract=intake.Contract(**body["contract"]), certificate_serial=body["certificate_serial"],
                               parcel=body["parcel"], area=body["area"], district=body["district"],
                               documents=[intake.DocumentReference(type="mortgage-contract", name="Contract")])
    record = portal.PortalRecord(procedure=MORTGAGE, applicant_name=body["applicant"]["full_name"], applicant_kind=1,
                                                  applicant_number=body["applicant"]["personal_number"], channel=2)
    with Office(world, BANK, MORTGAGE) as bank:
        d = bank.open("bank.submission", code="000.45.00.H58-261201-0001", facts={"district": body["district"], "delivery.method": "electronic"},
                      parts=[("application", filed, ["desk", "land"]), ("portal-record", record, ["desk", "portal"])])
    ended(world, d)
    assert statuses(world, d) == [1, 2, 4, 9, 10]
    assert world.one("land", "SELECT count(*) FROM land.mortgage_entry WHERE dossier = %s", str(d)) == 1


# --- Groundwater licence ---

@pytest.fixture
def offices(world):
    made = {name: Office(world, code, GROUNDWATER) for name, code in
            {"department": DEPARTMENT, "appraisal": APPRAISAL, "field": FIELD, "province": PROVINCE}.items()}
    yield made
    for office in made.values():
        office.close()


def well(world, request="new", **changes):
    """The citizen's application for a licence; Dossier with its id as offices know it."""
    body = {"procedure": GROUNDWATER, "channel": "online", "applicant": person(7), "district": "815",
            "documents": [{"type": "well-design", "name": "Design of the well", "copy_kind": 0}], "delivery": {"method": "desk"},
            "particulars": {"depth": "60 m", "flow": "120 m3 a day"}, "facts": {"licence.request": request}}
    body.update(changes)
    return world.submit(body)


def key(d):
    return uuid.UUID(d.id)


def asked(*gaps):
    """What a request for a supplement says to the router."""
    return {"supplement.gaps": texts(*gaps), "supplement.stage": "appraisal", "supplement.basis": "Law 28/2023/QH15, article 52",
            "supplement.approver": "Head"}


def examine(offices, d, result="clear"):
    conditions = land.ConditionsResult(result=result, legal_basis="Law 28/2023/QH15, article 52", approver="Head",
                                                                            gaps=["pumping test missing"] if result == "supplement" else [])
    delivery = offices["department"].do("department.licence.examine", key(d), parts=[("conditions", conditions, ["desk", "department", "appraisal", "province"])],
                                        facts={"conditions.result": result, **(asked(*conditions.gaps) if result == "supplement" else {})})
    application_part = delivery.part("application", intake.Application)
    assert {p.name: p.value for p in application_part.particulars} == {"depth": "60 m", "flow": "120 m3 a day"}
    return delivery


def notice(amount):
    return tax.Notices(notices=[tax.Notice(
        number=f"TC-{amount}", kind="water-right", amount=str(amount), due_date="2027-03-31", payer="7", basis="volume by price")] if amount else [])


def study(offices, d, amount=0, approve="approve", conforms=True):
    offices["appraisal"].do("appraisal.report", key(d), facts={"appraisal.result": approve},
                            parts=[("appraisal-report", report("appraisal", approve), ["department", "province"])])
    offices["field"].do("field.check", key(d), facts={"field.conforms": conforms},
                        parts=[("field-report", report("field", "seen"), ["department", "province"])])
    offices["department"].do("department.charge.determine", key(d), facts={"charge.due": amount > 0, "charge.total": amount},
                             parts=[("notices", notice(amount), ["desk", "department", "payment", "province"])])


def grant(offices, d, decision="grant", number="12/GP-UBND"):
    delivery = offices["province"].do("province.licence.decide", key(d), facts={"province.decision": decision},
                                      parts=[("decision-paper", report("decision", decision), ["desk", "department", "province"])])
    if decision == "grant":
        licence = department.Licence(kind="groundwater-extraction", number=number, holder_name=person(7)["full_name"],
                                     issued_at="2026-12-20T08:00:00+07:00", valid_until="2036-12-20", subject="a well of 60 m", conditions=["120 m3 a day"])
        offices["province"].do("province.licence.issue", key(d), facts={"licence.number": number},
                               parts=[("licence", licence, ["desk", "department", "province", "repository"])])
    return delivery


def test_a_licence_is_appraised_charged_paid_granted_and_handed_over(world, morning, offices):
    d = well(world)
    d.accept()
    examine(offices, d)
    assert (due(world, d) - morning.now()).days >= 60, "45 working days"
    study(offices, d, amount=48_000_000)
    d.reach(6)
    assert due(world, d) is None, "the clock stands still until it is paid"
    d.pay()
    delivery = grant(offices, d)
    assert delivery.part("appraisal-report", department.Report).result == "approve" and delivery.part("field-report", department.Report)
    d.reach(9)
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    d.ended()
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]
    result = d.get("/result").body
    assert (result["kind"], result["number"]) == ("groundwater-extraction", "12/GP-UBND") and result["file"]["digest"]
    assert told_portal(world, d, 10)["TenTTHC"] == "Cấp giấy phép khai thác nước dưới đất"


def test_a_re_issue_has_17_working_days_and_goes_straight_to_the_province(world, morning, offices):
    d = well(world, request="re-issue")
    d.accept()
    examine(offices, d)
    assert 22 <= (due(world, d) - morning.now()).days <= 28, "17 working days"
    delivery = grant(offices, d, number="13/GP-UBND")
    assert delivery.part("appraisal-report", department.Report) is None
    d.reach(9)
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    assert d.progress() == [1, 2, 4, 9, 10]


def test_a_supplement_in_appraisal_stops_the_clock_and_a_second_one_is_refused(world, morning, offices):
    d = well(world)
    d.accept()
    examine(offices, d, "supplement")
    d.reach(5)
    assert wait_until("gaps", lambda: d.view()["supplement"]) == {
        "gaps": ["pumping test missing"], "stage": "appraisal", "legal_basis": "Law 28/2023/QH15, article 52", "approver": "Head"}
    assert due(world, d) is None
    assert d.post("/supplement", {"documents": [{"type": "pumping-test", "name": "Pumping test", "copy_kind": 0}]}).status == 200
    again = offices["department"].wait("the examination again", lambda: next(
        (x for x in offices["department"].deliveries if x.dossier == key(d) and x.type == "department.licence.examine"
         and x.id not in offices["department"].done), None))
    conditions = land.ConditionsResult(result="supplement", gaps=["one more"], legal_basis="x", approver="y")
    fate = offices["department"].exchange(offices["department"].answer(again, facts={"conditions.result": "supplement", **asked("one more")},
                                                                       parts=[("conditions", conditions, ["desk", "department", "appraisal", "province"])]))
    assert fate.code == "SUPPLEMENT_ONCE", fate
    examine(offices, d, "refuse")
    d.reach(9)
    assert d.progress() == [1, 2, 4, 5, 4, 8, 9]


@pytest.mark.parametrize("how", ["rejected", "differs", "province"])
def test_a_licence_is_refused(world, morning, offices, how):
    d = well(world)
    d.accept()
    examine(offices, d)
    study(offices, d, approve="reject" if how == "rejected" else "approve", conforms=how != "differs")
    if how == "province":
        grant(offices, d, "refuse")
    d.reach(9)
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    assert d.progress() == [1, 2, 4, 8, 9, 10] and d.get("/result").status == 404


def test_the_forms_own_facts_are_checked_at_the_counter(world, morning):
    for wrong, pointer in (({"facts": {}}, "/facts/licence.request"), ({"facts": {"licence.request": "old"}}, "/facts/licence.request"),
                           ({"facts": {"licence.request": "new", "province.decision": "grant"}}, "/facts/province.decision"),
                           ({"applicant": {"kind": "person", "full_name": "X"}}, "/applicant/personal_number")):
        body = {"procedure": GROUNDWATER, "channel": "online", "applicant": person(7), "district": "815",
                "delivery": {"method": "desk"}, "facts": {"licence.request": "new"}, **wrong}
        answer = world.try_submit(body, uuid.uuid4().hex)
        assert answer.status == 422 and answer.body["detail"].startswith(pointer), answer
