"""The land transfer from submission to delivery, and each outcome of domain.md section 2."""
import re
import subprocess
import time
import uuid

import pytest

from world import application, http, person, wait_until


def test_happy_way(world):
    d = world.submit()
    d.happy()
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10], d.view()
    assert world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 1
    assert d.serial() and d.get("/result").body["file"]["digest"]
    peer = wait_until("national portal says 10", lambda: (a := http("GET", f"{world.national_portal_url}/dossiers/{d.code}")).status == 200
                      and a.body["record"].get("TrangThaiHoSo") == "10" and a.body)
    assert [p["TrangThai"] for p in peer["progress"]][-1] == "10"
    assert peer["record"]["ChuHoSo"]


def test_result_at_the_desk(world):
    d = world.submit(delivery={"method": "desk"})
    d.to_payment()
    d.pay()
    assert d.answer("desk.handover", signer="the buyer").status == 200
    d.reach(10)
    d.ended()


def test_paper_pending_collects_originals_first(world):
    d = world.submit(delivery={"method": "desk"},
                     documents=[{"type": "map", "name": "Oversized map", "copy_kind": 1, "paper_pending": True}])
    d.to_payment()
    d.pay()
    d.reach(9)
    assert d.answer("desk.originals.collect").status == 200
    assert d.answer("desk.handover", signer="the buyer").status == 200
    d.reach(10)


def test_supplement_once_and_the_second_is_refused_by_the_router(world):
    d = world.submit()
    request = {"decision": "supplement", "gaps": ["contract not notarised", "map missing"], "stage": "reception",
               "legal_basis": "Decree 101/2024, article 12", "approver": "D-001"}
    assert d.answer("desk.accept", **request).status == 200
    d.reach(5)
    assert d.post("/supplement", {"documents": [{"type": "map", "name": "Map", "copy_kind": 1}]}, officer=True).status == 200
    second = d.answer("desk.accept", **request)
    assert second.status == 409 and second.body["code"] == "SUPPLEMENT_ONCE", second
    assert world.one("router", "SELECT count(*) FROM refusal WHERE dossier = %s AND code = 22", d.id) == 1
    d.happy()


def test_supplement_needs_every_field(world):
    d = world.submit()
    d.task("desk.accept")
    wait_until("the desk's receipt", lambda: any(event[2] == "desk.accept" for event in d.events()))
    before = d.events()
    answer = d.answer("desk.accept", decision="supplement", gaps=[], stage="reception", legal_basis="x", approver="y")
    assert answer.status == 422 and "gaps" in answer.body["detail"], answer
    assert d.events() == before and d.status == 1
    d.happy()


def test_what_is_to_be_sealed_is_sealed_all_the_way(world):
    record = world.shown(world.submit().happy())
    sealed = {part["name"]: part["sealed"] for event in record["events"] for part in event.get("parts", [])}
    assert {name for name, is_sealed in sealed.items() if is_sealed} >= {
        "identity-query", "identity-result", "dispatch", "transfer-slip", "notices", "payment-receipts", "obligation", "delivery-proof"}


def test_the_timeline_tells_it_all_in_lines_that_can_be_read(world):
    d = world.submit().happy()
    show = [world.settings["LT"], "dossier", "show", d.code, "--database", world.settings["ROUTER_DATABASE"]]
    record = world.shown(d)
    told = {(out["status_before"], out["status_told"]) for event in record["events"] for out in event["out"] if "status_told" in out}
    assert told >= {(0, 1), (1, 2), (2, 4), (4, 6), (6, 4), (4, 9), (9, 10)}
    assert {event["agency_name"] for event in record["events"]} >= {"Land registry", "Tax agency", "Police", "Postal service"}
    text = subprocess.run(show, capture_output=True, text=True, check=True).stdout
    assert max(len(line) for line in text.splitlines()) <= 140
    assert "status 2 received, 4 in process" in text and "task tax.obligation.determine to Tax agency" in text
    assert d.serial() not in text and re.search("inform dossier.status to (Portal, One-stop desk|One-stop desk, Portal)", text)


def test_refused_at_the_desk(world):
    d = world.submit()
    assert d.answer("desk.accept", decision="refuse", reason="wrong authority", legal_basis="Land law 2024, article 136").status == 200
    d.reach(3)
    d.ended()


def test_refused_in_appraisal_when_seized(world):
    parcel = world.next_parcel()
    assert world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "seizure", "source": "enforcement office",
                                          "number": "12/QĐ"}).status in (200, 201)
    d = world.submit(application(parcel, delivery={"method": "desk"}))
    d.accept()
    d.reach(9)
    assert [8, 9] == d.progress()[-2:]
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)
    assert d.get("/result").status == 404


def test_stopped_for_a_dispute_and_resumed(world):
    parcel = world.next_parcel()
    block = world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "dispute", "source": "court", "number": "7"})
    assert block.status in (200, 201)
    d = world.submit(application(parcel))
    d.accept()
    d.reach(8)
    assert not d.view()["ended"]
    released = world.land("POST", f"/blocks/{block.body['id']}/release", {})
    assert released.status in (200, 204), released
    d.reach(6)
    d.pay()
    d.deliver()
    d.reach(10)


def test_identity_differs_and_is_corrected_by_the_desk(world):
    parcel = world.next_parcel()
    wrong = dict(person(2 * parcel - 1), full_name="Nguyễn Văn Sai")
    d = world.submit(application(parcel, applicant=wrong))
    assert d.answer("desk.identity.resolve", decision="corrected", applicant=person(2 * parcel - 1)).status == 200
    d.happy()


def test_identity_differs_and_is_refused(world):
    parcel = world.next_parcel()
    wrong = dict(person(2 * parcel - 1), birth_date="1901-01-01")
    d = world.submit(application(parcel, applicant=wrong))
    step = d.task("desk.identity.resolve")
    view = world.desk("GET", f"/v1/desk/tasks/{step}").body
    differing = view["parts"]["identity-result"]["answers"][0]["differing_fields"]
    assert differing == ["birth_date"] and "19" not in str(differing)
    assert d.answer("desk.identity.resolve", decision="refuse", reason="identity not proved", legal_basis="x").status == 200
    d.reach(3)


def test_birth_year_only_matches(world):
    parcel = world.next_parcel()
    applicant = person(2 * parcel - 1)
    d = world.submit(application(parcel, applicant=dict(applicant, birth_date=applicant["birth_date"][:4])))
    d.happy()


def test_identity_service_away_and_back(world):
    world.rows("police", "UPDATE police.service_state SET available = false")
    try:
        d = world.submit()
        time.sleep(1)
        assert world.desk("GET", f"/v1/desk/tasks?dossier={d.code}").body["tasks"] == []
    finally:
        world.rows("police", "UPDATE police.service_state SET available = true")
    d.happy()


def test_several_notices_and_one_unpaid(world):
    d = world.submit()
    d.to_payment()
    notices = d.notices()
    assert {n["kind"] for n in notices} == {"personal-income-tax", "registration-fee"}
    d.pay(notices[:1])
    time.sleep(0.5)
    assert d.status == 6
    d.pay(notices[1:])
    d.deliver()
    d.reach(10)


def test_two_percent_and_half_a_percent(world):
    d = world.submit(contract={"number": "X", "date": "2026-06-01", "value": "1500000000"})
    d.to_payment()
    amounts = {n["kind"]: n["amount"] for n in d.notices()}
    assert amounts == {"personal-income-tax": "30000000", "registration-fee": "7500000"}


def test_part_paid_then_the_rest(world):
    d = world.submit()
    d.to_payment()
    first, second = d.notices()
    world.pay(first["reference"], int(first["amount"]) // 2)
    d.pay([second])
    time.sleep(0.5)
    assert d.status == 6
    world.pay(first["reference"], int(first["amount"]) - int(first["amount"]) // 2)
    d.deliver()
    d.reach(10)
    assert world.one("payment", "SELECT count(*) FROM payment.payment WHERE reference = %s AND outcome = 'counted'", first["reference"]) == 2


def test_duplicate_callbacks_and_a_second_payment_count_once(world):
    d = world.submit()
    world.payment_service(repeat=3)
    try:
        d.to_payment()
        first, second = d.notices()
        world.pay(first["reference"], first["amount"])
        world.pay(first["reference"], first["amount"])
        d.pay([second])
        d.deliver()
        d.reach(10)
    finally:
        world.payment_service()
    outcomes = world.rows("payment", "SELECT outcome, count(*) FROM payment.payment WHERE reference = %s GROUP BY 1 ORDER BY 1", first["reference"])
    assert outcomes == [("counted", 1), ("excess", 1)]


def test_wrong_reference_settles_nothing_and_is_recorded(world):
    d = world.submit()
    d.to_payment()
    d.notices()
    wait_until("orders are known", lambda: world.one("payment", "SELECT count(*) FROM payment.payment_order WHERE dossier = %s AND intent = 'none'", d.id) == 2)
    transaction = world.pay("NO-SUCH-" + uuid.uuid4().hex[:8], "1000", unknown=True)
    wait_until("recorded", lambda: world.rows("payment", "SELECT outcome FROM payment.payment WHERE transaction = %s", transaction) == [("unknown-reference",)])
    assert d.status == 6
    d.pay()
    d.deliver()
    d.reach(10)


def proof(*types):
    """Documents that the desk has on paper."""
    return [{"type": kind, "name": f"The {kind}", "copy_kind": 0} for kind in types]


def test_exemption_needs_no_payment_of_income_tax(world):
    d = world.submit(exemption_claims=["spouses"], documents=proof("marriage-certificate"))
    d.to_payment()
    d.pay()
    d.deliver()
    d.reach(10)
    kinds = {n["kind"] for n in d.get("/payments").body["notices"]}
    assert "personal-income-tax" not in kinds


@pytest.mark.parametrize("claim,documents,why", [
    ("spouses", [], "claim spouses not granted: the file has no marriage-certificate"),
    ("spouses", ["birth-certificate"], "claim spouses not granted: the file has no marriage-certificate"),
    ("friendship", ["marriage-certificate"], "claim friendship not granted: no such exemption was in force on the day of receipt")])
def test_a_claim_that_is_not_proved_exempts_from_nothing_and_the_notice_says_why(world, claim, documents, why):
    d = world.submit(exemption_claims=[claim], documents=proof(*documents))
    d.to_payment()
    notices = {n["kind"]: n for n in d.notices()}
    assert set(notices) == {"personal-income-tax", "registration-fee"}
    assert notices["personal-income-tax"]["remark"] == why
    assert notices["registration-fee"]["remark"] == ("" if claim == "spouses" else why)
    assert world.one("tax", "SELECT count(*) FROM tax.exemption e JOIN tax.assessment a ON a.step = e.assessment WHERE a.dossier = %s", d.id) == 0
    d.pay()
    d.deliver()
    d.reach(10)


def test_exempt_from_everything_goes_past_the_payment(world):
    d = world.submit(exemption_claims=["family-gift"], documents=proof("gift-contract", "birth-certificate"))
    d.accept()
    d.deliver()
    d.reach(10)
    d.ended()
    assert d.progress() == [1, 2, 4, 9, 10] and d.get("/payments").body["notices"] == []
    assert world.one("payment", "SELECT count(*) FROM payment.payment_order WHERE dossier = %s", d.id) == 0
    assert world.one("tax", "SELECT count(*) FROM tax.exemption e JOIN tax.assessment a ON a.step = e.assessment WHERE a.dossier = %s", d.id) == 2


def test_area_differs_and_is_supplemented_in_appraisal(world):
    parcel = world.next_parcel()
    right = application(parcel)["area"]
    d = world.submit(application(parcel, area="1.5"))
    d.accept()
    d.reach(5)
    gaps = wait_until("the citizen is told of the gaps", lambda: d.view()["supplement"])["gaps"]
    assert any("area" in gap for gap in gaps), gaps
    assert world.one("router", "SELECT due_at FROM dossier WHERE id = %s", d.id) is None, "the clock stands still"
    assert d.post("/supplement", {"area": right}).status == 200
    d.reach(6)
    d.pay()
    d.deliver()
    d.reach(10)
    assert d.progress() == [1, 2, 4, 5, 4, 6, 4, 9, 10]


def test_a_gap_after_the_one_supplement_is_a_refusal(world):
    parcel = world.next_parcel()
    d = world.submit(application(parcel, area="1.5", delivery={"method": "desk"}))
    answer = d.answer("desk.accept", decision="supplement", gaps=["a signature"], stage="acceptance", legal_basis="x", approver="y")
    assert answer.status == 200, answer
    d.reach(5)
    assert d.post("/supplement", {"documents": [{"type": "contract", "name": "Signed contract", "copy_kind": 0}]}, officer=True).status == 200
    d.accept()
    d.reach(9)
    assert d.progress() == [1, 5, 1, 2, 4, 8, 9]


def test_seized_before_the_entry_and_written_after_the_release(world):
    parcel = world.next_parcel()
    d = world.submit(application(parcel)).to_payment()
    seizure = world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "seizure", "source": "court", "number": "9"})
    assert seizure.status == 201, seizure
    d.pay()
    d.reach(8)
    assert not d.view()["ended"] and world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 0
    released = world.land("DELETE", f"/blocks/{seizure.body['id']}")
    assert released.body["resumed"] == 1, released
    d.deliver()
    d.reach(10)
    assert d.progress() == [1, 2, 4, 6, 4, 8, 4, 9, 10]
    assert world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 1


def test_delivery_fails_three_times_and_is_handed_over_at_the_desk(world):
    d = world.submit()
    d.to_payment()
    d.pay()
    item = d.item()
    d.scan(item, "pickup", "transit", "failed", "transit", "failed", "transit", "failed")
    assert world.one("postal", "SELECT state FROM postal.item WHERE id = %s", item) == "returned"
    assert d.status == 9
    assert d.answer("desk.handover", signer="the buyer").status == 200
    d.reach(10)


def test_national_portal_away_catches_up_in_order(world):
    world.national_portal(down=True)
    try:
        d = world.submit()
        d.to_payment()
        d.pay()
        d.deliver()
        d.reach(10)
        assert not d.view()["ended"]
    finally:
        world.national_portal()
    d.ended(60)
    peer = http("GET", f"{world.national_portal_url}/dossiers/{d.code}").body
    assert [int(p["TrangThai"]) for p in peer["progress"]] == [1, 2, 4, 6, 4, 9, 10] and peer["record"]["TrangThaiHoSo"] == "10"


def test_withdrawal_early(world):
    d = world.submit()
    d.task("desk.accept")
    assert d.post("/withdrawal", {"reason": "changed my mind"}).status == 200
    assert d.answer("desk.file.return", signer="the applicant").status == 200
    d.reach(10)
    assert 7 in d.progress() and d.view()["withdrawal"] == "done"
    assert world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 0


def test_withdrawal_after_the_register_was_written_is_refused(world):
    d = world.submit()
    d.to_payment()
    d.pay()
    d.reach(9)
    answer = d.post("/withdrawal", {"reason": "too late"})
    assert answer.status == 409 and answer.body["code"] == "TOO_LATE", answer
    d.deliver()
    d.reach(10)


def test_same_key_same_content_gives_the_same_receipt(world):
    body, key = application(world.next_parcel()), uuid.uuid4().hex
    first, second = world.try_submit(body, key), world.try_submit(body, key)
    assert (first.status, second.status) == (201, 200) and first.body == second.body
    assert world.one("router", "SELECT count(*) FROM submission WHERE key = %s", key) == 1


def test_same_key_other_content_is_refused(world):
    key = uuid.uuid4().hex
    assert world.try_submit(application(world.next_parcel()), key).status == 201
    before = world.one("router", "SELECT count(*) FROM dossier")
    answer = world.try_submit(application(world.next_parcel()), key)
    assert answer.status == 409 and answer.body["code"] == "KEY_REUSED"
    assert world.one("router", "SELECT count(*) FROM dossier") == before


@pytest.mark.parametrize("secret", ["", "0" * 32])
def test_look_up_needs_the_secret(world, secret):
    d = world.submit()
    answer = http("GET", f"{world.intake_url}/v1/dossiers/{d.code}", headers={"Dossier-Secret": secret} if secret else {})
    unknown = http("GET", f"{world.intake_url}/v1/dossiers/NO-SUCH", headers={"Dossier-Secret": d.secret})
    assert answer.status == unknown.status == 404 and answer.body["detail"] == unknown.body["detail"]
