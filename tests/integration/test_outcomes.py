"""Outcomes of the land transfer that need an agency to say something unusual: gaps found by the land registry, slips that tax
rejects, identities that the police do not find, and what the national portal is told of a correction."""
import hashlib
import uuid

import pytest
from agent import Agent, wire

from world import application, http, person, wait_until

land = wire.compiled("land")
intake = wire.compiled("intake")
tax = wire.compiled("tax")
police = wire.compiled("police")
SUPPLEMENT = {"decision": "supplement", "gaps": ["the applicant's identity is not proved"], "stage": "identity",
              "legal_basis": "Decree 101/2024, article 12", "approver": "D-001"}


def peer(world, d):
    answer = http("GET", f"{world.national_portal_url}/dossiers/{d.code}")
    return answer.body if answer.status == 200 else None


def waits_for(world, d, operation):
    wait_until(f"{operation} waits", lambda: world.rows(
        "router", "SELECT 1 FROM outbox WHERE dossier = %s AND type = %s AND kind = 2 AND state = 'waiting'", d.id, operation))


# --- 4a: the conditions -----------------------------------------------------------------------------------------------------------

def test_a_mortgage_needs_the_creditors_consent(world):
    parcel = world.next_parcel()
    block = world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "mortgage", "source": "Agribank", "number": "88/HĐTC"})
    assert block.status == 201, block
    d = world.submit(application(parcel))
    d.accept()
    d.reach(5)
    asked = wait_until("the citizen is told", lambda: d.view()["supplement"])
    assert [g for g in asked["gaps"] if "consent" in g and "Agribank" in g and "88/HĐTC" in g], asked
    assert "article 321" in asked["legal_basis"]
    consent = application(parcel)["documents"] + [{"type": "creditor-consent", "name": "Agribank's consent", "copy_kind": 0}]
    assert d.post("/supplement", {"documents": consent}, officer=True).status == 200
    d.reach(6)
    d.pay()
    d.deliver()
    d.reach(10)
    assert d.progress() == [1, 2, 4, 5, 4, 6, 4, 9, 10]
    assert world.one("land", "SELECT count(*) FROM land.entry WHERE dossier = %s", d.id) == 1


@pytest.mark.parametrize("document", [{"type": "map", "name": "Map", "copy_kind": 1},
                                      {"type": "creditor-consent", "name": "A consent that is named and not handed in"}])
def test_a_mortgage_without_consent_after_the_supplement_is_a_refusal(world, document):
    parcel = world.next_parcel()
    assert world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "mortgage", "source": "bank", "number": "1"}).status == 201
    d = world.submit(application(parcel, delivery={"method": "desk"}))
    d.accept()
    d.reach(5)
    assert d.post("/supplement", {"documents": [document]}).status == 200
    d.reach(9)
    assert d.progress() == [1, 2, 4, 5, 4, 8, 9]
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)


def test_a_transferee_with_anothers_number_is_found_before_anything_is_paid(world):
    parcel, other = world.next_parcel(), world.next_parcel()
    buyer = person(2 * parcel)
    d = world.submit(application(parcel, transferee=dict(buyer, tax_number=person(2 * other - 1)["tax_number"])))
    d.accept()
    d.reach(5)
    gaps = wait_until("the citizen is told", lambda: d.view()["supplement"])["gaps"]
    assert gaps == ["a number of the transferee belongs to another party in the register"], gaps
    assert d.get("/payments").body["notices"] == []
    assert d.post("/supplement", {"transferee": buyer}).status == 200
    d.reach(6)
    d.pay()
    d.deliver()
    d.reach(10)
    assert bytes(world.one("land", "SELECT p.tax_index FROM land.entry e JOIN land.rrr r ON r.id = e.new_right JOIN land.party p ON p.id = r.party "
                     "WHERE e.dossier = %s", d.id)) == world.index("land", "land.party.tax_number", buyer["tax_number"])


@pytest.mark.parametrize("kind", ["enforcement", "seizure"])
def test_what_an_authority_has_seized_is_not_transferred(world, kind):
    parcel = world.next_parcel()
    assert world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": kind, "source": "court", "number": "5"}).status == 201
    d = world.submit(application(parcel, delivery={"method": "desk"}))
    d.accept()
    step = d.task("desk.handover")
    grounds = world.desk("GET", f"/v1/desk/tasks/{step}").body["parts"]["conditions"]
    assert grounds["result"] == "refuse" and kind in grounds["grounds"][0] and "(c)" in grounds["legal_basis"], grounds
    assert d.progress() == [1, 2, 4, 8, 9]
    assert d.answer("desk.handover", signer="the applicant").status == 200
    d.reach(10)


# --- 4c: the slip ----------------------------------------------------------------------------------------------------------------

def test_tax_rejects_a_malformed_slip_and_the_corrected_one_counts(world):
    """A land registry that forgot the parcel and wrote the value in words: tax says why; the next slip is good."""
    world.stop("land", "tax")
    parcel = world.next_parcel()
    a = application(parcel)
    d = world.submit(a)
    d.accept()
    sheet, number = a["parcel"].split("/")
    with Agent(world, "land") as agent:
        checks = agent.delivery("land.conditions.check", d.id)
        extract = agent.delivery("land.map.extract", d.id)
        clear = agent.answer(checks, parts=[("conditions", land.ConditionsResult(result="clear"), ("desk", "land"))],
                             facts={"conditions.result": "clear"})
        drawn = land.ParcelExtract(district=a["district"], sheet=sheet, parcel=number, area=a["area"], land_use="ODT", area_matches=True)
        found = agent.answer(extract, parts=[("parcel", drawn, ("desk", "land"))], facts={"map.matches": True})
        for message in (clear, found):
            assert agent.exchange(message).code == "ACKNOWLEDGED"
        prepare = agent.delivery("land.slip.prepare", d.id)
        filed = prepare.part("application", intake.Application)
        slip = land.TransferSlip(number="7/2026/PCTT", transferor=filed.applicant, transferee=filed.transferee, district=a["district"],
                                 area=a["area"], value="five hundred million", received_date="2026-06-01")
        slip.received_date = world.one("router", "SELECT (opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date::text FROM dossier WHERE id = %s", d.id)
        assert agent.exchange(agent.answer(prepare, parts=[("transfer-slip", slip, ("land", "tax"))],
                                           facts={"levy.owed": False})).code == "ACKNOWLEDGED"
    world.start("tax")
    wait_until("tax has looked at it", lambda: world.rows("tax", "SELECT 1 FROM tax.assessment WHERE dossier = %s", d.id))
    (slip, step, rejection, value), = world.rows("tax", "SELECT slip, step, rejection, value FROM tax.assessment WHERE dossier = %s", d.id)
    why = world.opened("tax", "tax.assessment.rejection", uuid.UUID(step).bytes, rejection)
    assert (slip, why, value) == ("7/2026/PCTT", "the parcel is not named; the value is no amount of dong", None)
    wait_until("the clock runs again for the land registry", lambda: world.one("router", "SELECT due_at FROM dossier WHERE id = %s", d.id))
    assert d.status == 4 and d.get("/payments").body["notices"] == []
    world.start("land")
    d.reach(6)
    assert len(d.notices()) == 2
    assert world.one("tax", "SELECT count(*) FROM tax.notice n JOIN tax.assessment a ON a.step = n.assessment WHERE a.dossier = %s "
                     "AND a.replaced_at IS NULL", d.id) == 2
    d.pay()
    d.deliver()
    d.reach(10)
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]


def test_the_personal_number_is_a_tax_number(world):
    parcel = world.next_parcel()
    seller, buyer = (dict(p, tax_number=p["personal_number"]) for p in (person(2 * parcel - 1), person(2 * parcel)))
    other = world.try_submit(application(parcel, applicant=dict(seller, tax_number=buyer["tax_number"])), "other")
    assert other.status == 422 and other.body["detail"].startswith("/applicant/tax_number:"), other
    d = world.submit(application(parcel, applicant=seller, transferee=buyer)).happy()
    payers = world.rows("tax", "SELECT n.payer FROM tax.notice n JOIN tax.assessment a ON a.step = n.assessment WHERE a.dossier = %s ORDER BY 1", d.id)
    assert [bytes(p[0]) for p in payers] == sorted(world.index("tax", "tax.taxpayer.number", who["personal_number"]) for who in (seller, buyer))


def reject(world, agent, d, seen):
    """Tax rejects the next slip of D."""
    delivery = agent.wait("a slip", lambda: next((x for x in agent.deliveries if x.type == "tax.obligation.determine" and str(x.dossier) == d.id
                                                   and x.id not in seen), None))
    seen.add(delivery.id)
    number = delivery.part("transfer-slip", land.TransferSlip).number
    why = tax.SlipRejection(slip=number, reasons=["the value is no amount of dong"])
    answer = agent.answer(delivery, parts=[("slip-rejection", why, ("desk", "land"))], change_header=lambda h: setattr(h, "error", "slip-rejected"))
    assert agent.exchange(answer).code == "ACKNOWLEDGED"


def test_three_rejected_slips_are_an_incident_that_says_where_the_reasons_stand(world):
    """What the land registry cannot mend alone does not go round for ever; the dossier stays in the citizen's hands."""
    world.stop("tax")
    try:
        d, seen = world.submit(), set()
        d.accept()
        with Agent(world, "tax") as agent:
            for _ in range(3):
                reject(world, agent, d, seen)
        incidents = wait_until("an incident", lambda: world.shown(d)["incident_list"])
    finally:
        world.start("tax")
    assert "tax rejected 3 slips" in incidents[0]["cause"] and "reasons stand in land.slip" in incidents[0]["cause"], incidents
    reasons = [world.opened("land", "land.slip.rejection", slip.encode(), why) for slip, why in world.rows(
        "land", "SELECT number, rejection FROM land.slip WHERE dossier = %s AND rejection IS NOT NULL", d.id)]
    assert reasons and all("the value is no amount of dong" in r for r in reasons), reasons
    assert world.rows("land", "SELECT count(*), count(*) FILTER (WHERE rejection <> '') FROM land.slip WHERE dossier = %s", d.id) in ([(3, 2)], [(3, 3)])
    assert d.status == 4 and not d.view()["ended"]
    assert d.post("/withdrawal", {"reason": "the contract is written anew"}).status == 200
    assert d.answer("desk.file.return", signer="the applicant").status == 200
    d.reach(10)


# --- 2a: identity ----------------------------------------------------------------------------------------------------------------

def answers(world, d, operation):
    """What the police said, as the officer sees it with the task, with the outcome in short."""
    said = world.desk("GET", f"/v1/desk/tasks/{d.task(operation)}").body["parts"]["identity-result"]["answers"]
    return [{**a, "outcome": a["outcome"].removeprefix("IDENTITY_OUTCOME_").lower().replace("_", "-")} for a in said]


def unknown(parcel):
    """An applicant whose number nobody has."""
    return dict(person(2 * parcel - 1), personal_number="999199999999")


def test_nobody_has_this_number_and_the_desk_corrects_it(world):
    parcel = world.next_parcel()
    wrong = dict(unknown(parcel), full_name="Nguyễn Văn Sai")
    d = world.submit(application(parcel, applicant=wrong))
    found = answers(world, d, "desk.identity.resolve")
    assert [a["outcome"] for a in found] == ["not-found", "match"], found
    wait_until("the portal knows it as submitted", lambda: (p := peer(world, d)) and p["record"].get("ChuHoSo") == "Nguyễn Văn Sai")
    assert d.answer("desk.identity.resolve", decision="corrected", applicant=person(2 * parcel - 1)).status == 200
    assert [a["outcome"] for a in answers(world, d, "desk.accept")] == ["match", "match"]
    wait_until("and as corrected", lambda: peer(world, d)["record"]["ChuHoSo"] == person(2 * parcel - 1)["full_name"])
    d.happy()
    assert peer(world, d)["record"]["ChuHoSo"] == person(2 * parcel - 1)["full_name"]
    assert d.progress() == [1, 2, 4, 6, 4, 9, 10]


def test_only_the_birth_year_is_known(world):
    parcel = world.next_parcel()
    applicant = person(2 * parcel - 1)
    d = world.submit(application(parcel, applicant=dict(applicant, birth_date=applicant["birth_date"][:4])))
    found = answers(world, d, "desk.accept")
    assert [a["outcome"] for a in found] == ["match-birth-year-only", "match"] and "birth year only" in found[0]["remarks"], found
    facts = [e["facts"] for e in world.shown(d)["events"] if e["type"] == "police.identity.check" and e["kind"] == "answer"]
    assert facts == [{"identity.result": "match-birth-year-only"}]
    d.happy()


def test_a_wrong_birth_year_differs(world):
    parcel = world.next_parcel()
    d = world.submit(application(parcel, applicant=dict(person(2 * parcel - 1), birth_date="1900")))
    found = answers(world, d, "desk.identity.resolve")
    assert found[0]["outcome"] == "differs" and found[0]["differing_fields"] == ["birth_date"], found


def test_a_supplement_on_identity_is_the_only_one(world):
    parcel = world.next_parcel()
    right = person(2 * parcel - 1)
    d = world.submit(application(parcel, applicant=unknown(parcel)))
    assert d.answer("desk.identity.resolve", **SUPPLEMENT).status == 200
    d.reach(5)
    assert d.view()["supplement"]["gaps"] == SUPPLEMENT["gaps"]
    assert d.post("/supplement", {"applicant": dict(right, full_name="Phạm Thị Khác")}).status == 200
    found = answers(world, d, "desk.identity.resolve")
    assert found[0]["outcome"] == "differs" and found[0]["differing_fields"] == ["full_name"], found
    again = d.answer("desk.identity.resolve", **SUPPLEMENT)
    assert again.status == 409 and again.body["code"] == "SUPPLEMENT_ONCE", again
    assert d.answer("desk.identity.resolve", decision="corrected", applicant=right).status == 200
    second = d.answer("desk.accept", **{**SUPPLEMENT, "stage": "reception"})
    assert second.status == 409 and second.body["code"] == "SUPPLEMENT_ONCE", second
    assert world.one("router", "SELECT count(*) FROM refusal WHERE dossier = %s AND code = 22", d.id) == 2
    d.happy()
    assert d.progress() == [1, 5, 1, 2, 4, 6, 4, 9, 10]


def test_a_supplement_in_appraisal_brings_in_nobody_whom_the_police_do_not_know(world):
    parcel = world.next_parcel()
    d = world.submit(application(parcel, area="1.5", delivery={"method": "desk"}))
    d.accept()
    d.reach(5)
    invented = dict(unknown(parcel), full_name="Trần Văn Không")
    invented.pop("tax_number")
    assert d.post("/supplement", {"area": application(parcel)["area"], "transferee": invented}).status == 200
    found = answers(world, d, "desk.identity.resolve")
    assert [a["outcome"] for a in found] == ["match", "not-found"], found
    again = d.answer("desk.identity.resolve", **SUPPLEMENT)
    assert again.status == 409 and again.body["code"] == "SUPPLEMENT_ONCE", again
    refusal = {"decision": "refuse", "reason": "nobody has the transferee's number", "legal_basis": "domain"}
    assert d.answer("desk.identity.resolve", **refusal).status == 200
    shown = world.desk("GET", f"/v1/desk/tasks/{d.task('desk.handover')}").body["parts"]
    assert shown["refusal"]["reason"] == refusal["reason"], shown
    assert d.progress() == [1, 2, 4, 5, 4, 8, 9]
    assert world.rows("land", "SELECT 1 FROM land.slip WHERE dossier = %s", d.id) == []


def test_the_portal_learns_what_a_supplement_changed(world):
    parcel = world.next_parcel()
    d = world.submit(application(parcel, area="1.5"))
    d.accept()
    d.reach(5)
    changed = dict(person(2 * parcel - 1), telephone="0999123456")
    assert d.post("/supplement", {"area": application(parcel)["area"], "applicant": changed}).status == 200
    d.reach(6)
    wait_until("the portal knows the new number", lambda: peer(world, d)["record"]["SoDienThoai"] == "0999123456")
    d.pay()
    d.deliver()
    d.reach(10)


# --- 2b: provided once -----------------------------------------------------------------------------------------------------------

def keep(world, holder, kind, valid_until=None, issued="2024-01-15"):
    """The repository holds a document of KIND of HOLDER; returns its digest."""
    content = uuid.uuid4().hex.encode()
    digest = hashlib.sha256(content).hexdigest()
    token = {"Authorization": f"Bearer {world.settings['REPOSITORY_TOKEN']}"}
    url = f"{world.repository_url}/documents/{digest}"
    put = http("PUT", f"{url}/pieces?offset=0&size={len(content)}", raw=content, headers={**token, "Content-Type": "application/octet-stream"})
    assert put.status == 201, put
    held = {"holder": holder, "type": kind, "issued": issued, **({"valid_until": valid_until} if valid_until else {})}
    assert http("POST", f"{url}/holdings", held, token).status == 204
    return digest


def named(parcel):
    """The contract on paper, and a marriage certificate that is named and not handed in."""
    return application(parcel, exemption_claims=["spouses"], documents=application(parcel)["documents"] + [
        {"type": "marriage-certificate", "name": "Marriage certificate"}])


def test_what_the_repository_holds_is_not_asked_for_again(world):
    parcel = world.next_parcel()
    digest = keep(world, person(2 * parcel - 1)["personal_number"], "marriage-certificate", valid_until="2099-12-31")
    d = world.submit(named(parcel))
    task = world.desk("GET", f"/v1/desk/tasks/{d.task('desk.accept')}").body
    assert task["missing"] == [] and task["parts"]["held-documents"]["documents"][0]["digest"] == digest
    asked = d.answer("desk.accept", **{**SUPPLEMENT, "documents": ["marriage-certificate"]})
    assert asked.status == 409 and asked.body["code"] == "DOCUMENT_HELD" and "marriage-certificate" in asked.body["detail"], asked
    assert d.status == 1
    d.accept()
    d.reach(6)
    assert {n["kind"] for n in d.notices()} == {"registration-fee"}, "what is held proves the claim"
    d.pay()
    d.deliver()
    d.reach(10)
    assert 5 not in d.progress()


@pytest.mark.parametrize("case", ["nobody's", "another's", "expired", "not yet issued", "of another kind"])
def test_what_is_neither_there_nor_held_is_asked_for(world, case):
    parcel = world.next_parcel()
    holder = person(2 * parcel - 1)["personal_number"]
    if case == "another's":
        keep(world, person(2 * parcel)["personal_number"], "marriage-certificate")
    elif case == "expired":
        keep(world, holder, "marriage-certificate", valid_until="2025-12-31")
    elif case == "not yet issued":
        keep(world, holder, "marriage-certificate", issued="2099-01-01")
    elif case == "of another kind":
        keep(world, holder, "birth-certificate")
    d = world.submit(named(parcel))
    assert world.desk("GET", f"/v1/desk/tasks/{d.task('desk.accept')}").body["missing"] == ["marriage-certificate"]
    accepted = d.answer("desk.accept", decision="accept")
    assert accepted.status == 409 and accepted.body["code"] == "DOCUMENTS_MISSING" and "marriage-certificate" in accepted.body["detail"], accepted
    assert d.status == 1
    if case != "nobody's":
        return
    assert d.answer("desk.accept", **SUPPLEMENT).status == 200
    d.reach(5)
    assert d.view()["supplement"]["gaps"] == SUPPLEMENT["gaps"] + ["document missing: marriage-certificate"]
    content = uuid.uuid4().hex.encode()
    digest = hashlib.sha256(content).hexdigest()
    sent = http("PUT", f"{world.intake_url}/v1/files/{digest}?size={len(content)}", raw=content, headers={"Content-Type": "application/octet-stream"})
    assert sent.status == 200 and sent.body["complete"], sent
    documents = named(parcel)["documents"]
    documents[1]["digest"] = digest
    assert d.post("/supplement", {"documents": documents}).status == 200
    assert world.desk("GET", f"/v1/desk/tasks/{d.task('desk.accept')}").body["missing"] == []
    d.accept()
    d.reach(6)
    assert {n["kind"] for n in d.notices()} == {"registration-fee"}


def test_online_paper_is_believed_when_it_is_promised(world):
    """What an applicant calls an original has not come by that; what he promises is handed in before the release."""
    parcel = world.next_parcel()
    called = {"type": "marriage-certificate", "name": "Marriage certificate", "copy_kind": 0}
    d = world.submit(application(parcel, channel="online", documents=[called]))
    assert world.desk("GET", f"/v1/desk/tasks/{d.task('desk.accept')}").body["missing"] == ["marriage-certificate"]
    assert d.answer("desk.accept", **SUPPLEMENT).status == 200
    d.reach(5)
    never_sent = d.post("/supplement", {"documents": [dict(called, digest=hashlib.sha256(b"never sent").hexdigest())]})
    assert never_sent.status == 422 and never_sent.body["detail"].startswith("/documents/0/digest:"), never_sent
    assert d.post("/supplement", {"documents": [dict(called, paper_pending=True)]}).status == 200
    d.accept()
    d.reach(6)


def test_an_applicant_promises_for_good(world):
    """Promised paper is collected before the release; an applicant who takes the promise back would get the result without."""
    parcel = world.next_parcel()
    promised = {"type": "transfer-contract", "name": "Transfer contract", "copy_kind": 0, "paper_pending": True}
    d = world.submit(application(parcel, channel="online", documents=[promised], area="1.5", delivery={"method": "desk"}))
    d.accept()
    d.reach(5)
    other = {"type": "map", "name": "Map"}
    for documents in ([], [other], [dict(promised, paper_pending=False)]):
        answer = d.post("/supplement", {"documents": documents})
        assert answer.status == 422 and "transfer-contract was promised on paper" in answer.body["detail"], answer
    assert d.post("/supplement", {"documents": [other, promised], "area": application(parcel)["area"]}).status == 200
    d.reach(6)
    d.pay()
    d.task("desk.originals.collect")


@pytest.mark.parametrize("officer,reached", [(False, 9), (True, 6)])
def test_paper_in_a_supplement_is_believed_when_the_desk_sends_it(world, officer, reached):
    """Also where the dossier came by the counter: who has its secret is at home, and no officer has seen what he calls an original."""
    parcel = world.next_parcel()
    block = world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "mortgage", "source": "bank", "number": "6"})
    assert block.status == 201
    d = world.submit(application(parcel, delivery={"method": "desk"}))
    d.accept()
    d.reach(5)
    consent = application(parcel)["documents"] + [{"type": "creditor-consent", "name": "Agribank's consent", "copy_kind": 0}]
    assert d.post("/supplement", {"documents": consent}, officer=officer).status == 200
    d.reach(reached)


def test_a_supplement_in_appraisal_proves_nothing_by_what_it_calls_itself(world):
    """A mortgage needs the creditor's consent: nobody sees the supplement of an appraisal but the land registry's program."""
    parcel = world.next_parcel()
    assert world.land("POST", "/blocks", {"certificate": f"DM {parcel:08}", "kind": "mortgage", "source": "bank", "number": "5"}).status == 201
    d = world.submit(application(parcel, channel="online", documents=[], delivery={"method": "desk"}))
    d.accept()
    d.reach(5)
    consent = {"type": "creditor-consent", "name": "Agribank's consent", "copy_kind": 0}
    assert d.post("/supplement", {"documents": [consent]}).status == 200
    d.reach(9)
    assert d.progress() == [1, 2, 4, 5, 4, 8, 9]
