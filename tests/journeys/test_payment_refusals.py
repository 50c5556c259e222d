"""Each code of refusal that a caller of the payment surface can cause, caused from outside: no money moves and none is held.

OBIE R/W 4.0 Profile, "Error Codes", "Message Signing", "Idempotency"; Domestic Payment Consents, Domestic Payments.
"""

import base64
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kernel.jose.jwt import generate_key, private_jwk
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import CRITICAL, HEADER, KEY_HEADER, Payments, sign_body
from sandbox.tpp_kit.wire import Answer
from tests.journeys.conftest import steady
from tests.journeys.paying import CONSENTS, GONE, INITIATION, ORDERS, RISK, Paying, agree

IAT, ISS, TAN = CRITICAL
ACCOUNT = "Data.Initiation.CreditorAccount"
AMOUNT = "Data.Initiation.InstructedAmount.Amount"
GOOD_ACCOUNT = INITIATION["CreditorAccount"]
NO_CALLER = {
    "U000": "of a failure of the server's own",
    "U012": "of a bank with a cut-off (test_a_bank_refuses_what_comes_after_its_cut_off): this one takes payments at any hour",
    "U013": "a reference may be used twice",
    "U014": "of payments under control parameters, which the surface does not offer",
    "U024": "of event subscriptions",
    "U025": "of standing orders",
}


@dataclass(frozen=True)
class Fault:
    name: str
    code: str
    call: Callable[[Paying], Awaitable[Answer]]
    path: str | None = None
    status: int = 400


def lodged(code: str, path: str, value: Any, stated: str | None = None, name: str = "") -> Fault:
    shown = name or str(value)[:24]
    return Fault(f"lodged {path.rpartition('.')[2]} {shown}", code, lambda p: p.lodge(path, value), stated or path)


def ordered(code: str, path: str, value: Any, stated: str | None = None, name: str = "") -> Fault:
    shown = name or str(value)[:24]
    return Fault(f"ordered {path.rpartition('.')[2]} {shown}", code, lambda p: p.order(path, value), stated or path)


def headed(code: str, name: str, path: str, **headers: Any) -> Fault:
    """The header of the signature with a claim changed, or left out."""
    claims = {key: None if value is GONE else value for key, value in headers.get("claims", {}).items()}
    return Fault(name, code, lambda p: p.order(knobs=Knobs(object_header=claims)), path)


def claimed(code: str, path: str, claim: str, value: Any) -> Fault:
    return headed(code, f"claim {claim} {str(value)[:30]}", path, claims={claim: value})


async def sent_otherwise(paying: Paying, change: Callable[[bytes], bytes]) -> Answer:
    """The order's body, changed after it was signed."""
    agreed = await paying.agreed()
    body = json.dumps(paying.document(agreed)).encode()
    knobs = Knobs(headers={HEADER: sign_body(body, paying.acme.folder)})
    return await paying.payments.post(ORDERS, agreed.token, change(body), knobs=knobs)


async def signature_changed(paying: Paying, change: Callable[[str, bytes], str | None]) -> Answer:
    agreed = await paying.agreed()
    body = json.dumps(paying.document(agreed)).encode()
    signature = change(sign_body(body, paying.acme.folder), body)
    return await paying.payments.post(ORDERS, agreed.token, body, knobs=Knobs(headers={HEADER: signature}))


def attached(signature: str, body: bytes) -> str:
    head, _, mark = signature.split(".")
    return f"{head}.{base64.urlsafe_b64encode(body).decode().rstrip('=')}.{mark}"


async def by_another(paying: Paying, **header: Any) -> Answer:
    """Signed with borough's key, under acme's name or borough's."""
    other = paying.borough.folder.signing_jwk
    return await paying.order(knobs=Knobs(object_jwk=other, object_header=header))


async def by_a_stranger(paying: Paying) -> Answer:
    """Signed with a key that no one registered, under the id of acme's key."""
    jwk = {**private_jwk(generate_key("PS256")), "kid": paying.acme.folder.signing_jwk["kid"]}
    return await paying.order(knobs=Knobs(object_jwk=jwk))


async def with_a_body(paying: Paying, body: bytes) -> Answer:
    return await paying.order(body=body)


async def twice_a_member(paying: Paying) -> Answer:
    body = json.dumps(paying.document(await paying.agreed())).encode()
    return await paying.order(body=body[:-1] + b', "Risk": {}}')


async def foreign_consent(paying: Paying) -> Answer:
    """Acme's token, and the consent that Alice gave to borough."""
    return await paying.order("Data.ConsentId", (await paying.others()).consent_id)


async def used_consent(paying: Paying) -> Answer:
    agreed = await paying.used()
    return await paying.payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)


async def funds_of_a_used_one(paying: Paying) -> Answer:
    agreed = await paying.used()
    return await paying.payments.read(f"{CONSENTS}/{agreed.consent_id}/funds-confirmation", agreed.token)


async def funds_of_another(paying: Paying) -> Answer:
    used, agreed = await paying.used(), await paying.agreed()
    return await paying.payments.read(f"{CONSENTS}/{used.consent_id}/funds-confirmation", agreed.token)


async def key_of_another_order(paying: Paying) -> Answer:
    """A key under which another payment was ordered, so that this one would be a second."""
    key = await paying.still("paying key", lambda: ordered_under_a_key(paying))
    return await paying.order(key=key)


async def ordered_under_a_key(paying: Paying) -> str:
    agreed, key = await agree(paying.acme), str(uuid.uuid4())
    placed = await paying.payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK, key=key)
    assert placed.status == 201, placed.body
    return key


async def key_of_another_consent(paying: Paying) -> Answer:
    async def lodge() -> str:
        key = str(uuid.uuid4())
        assert (await paying.lodge(key=key)).status == 201
        return key

    return await paying.lodge(AMOUNT, "1.66", key=await paying.still("paying consent key", lodge))


async def on_hold(paying: Paying) -> Answer:
    """The bank has suspended what Alice agreed to."""

    async def suspend() -> Any:
        agreed = await agree(paying.acme)
        answer = await paying.acme.control(f"/consents/{agreed.consent_id}/suspend", {})
        assert answer.status == 200, answer.body
        return agreed

    agreed = await paying.still("paying suspended", suspend)
    return await paying.payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK)


async def unknown(paying: Paying, path: str) -> Answer:
    return await paying.payments.read(path, await paying.own_token())


async def signed_read(paying: Paying) -> Answer:
    agreed = await paying.agreed()
    knobs = Knobs(headers={HEADER: "a..b"})
    return await paying.payments.read(f"{CONSENTS}/{agreed.consent_id}", await paying.own_token(), knobs=knobs)


def keyed(value: str | None) -> Callable[[Paying], Awaitable[Answer]]:
    return lambda p: p.order(knobs=Knobs(headers={KEY_HEADER: value}))


# fmt: off
FAULTS = [
    # what is asked for
    Fault("an agent's number without its scheme", "U001", lambda p: p.lodge("Data.Initiation.CreditorAgent", {"Identification": "NWBKGB2L"}), "Data.Initiation.CreditorAgent.SchemeName"),
    *(lodged("U002", AMOUNT, value) for value in ("0", "0.00", "0.001", "1.655", "-1.65", "+1.65", "1,65", "1e3", "NaN", "", "99999999999999", "١.٦٥", 1.65)),
    *(lodged("U002", f"{ACCOUNT}.Name", value, name=ascii(value)[:30]) for value in ("", " ", "...", "ACME\u200bInc", "\u202eACME", "ACME ", "A\u0301\u0301\u0301ME", "A" * 351)),
    lodged("U002", "Data.Initiation.EndToEndIdentification", "F\u200b1"),
    lodged("U002", "Data.Initiation.InstructionIdentification", "I" * 36),
    lodged("U002", "Data.Initiation.RemittanceInformation.Unstructured", ["a\u2028b"], "Data.Initiation.RemittanceInformation.Unstructured[0]"),
    lodged("U002", "Data.Initiation.RemittanceInformation.Unstructured", ["one", "two"]),
    lodged("U002", "Data.ReadRefundAccount", "Maybe"),
    lodged("U002", "Risk.PaymentContextCode", "Gift"),
    lodged("U003", "Data.Authorisation", {"AuthorisationType": "Any", "CompletionDateTime": "2020-01-01T00:00:00Z"}, "Data.Authorisation.CompletionDateTime", "past"),
    lodged("U003", "Data.Authorisation", {"AuthorisationType": "Any", "CompletionDateTime": "tomorrow"}, "Data.Authorisation.CompletionDateTime", "no date"),
    lodged("U004", "Data.Initiation.EndToEndIdentification", GONE, name="gone"),
    lodged("U004", f"{ACCOUNT}.Name", GONE, name="gone"),
    lodged("U005", "Data.Initiation.Charges", "none"),
    Fault("a member twice in a signed body", "U005", twice_a_member, "Risk"),
    Fault("a key too long", "U006", keyed("k" * 41), KEY_HEADER),
    Fault("an empty key", "U006", keyed(""), KEY_HEADER),
    Fault("no key", "U007", keyed(None), KEY_HEADER),
    Fault("half a body", "U010", lambda p: with_a_body(p, b'{"Data":')),
    Fault("a body of depth", "U010", lambda p: with_a_body(p, b'{"Data":' * 2_000 + b"1" + b"}" * 2_000)),
    Fault("a body too large", "U010", lambda p: p.lodge("Data.Initiation.SupplementaryData", {"x": "y" * 300_000})),
    Fault("a list for a body", "U002", lambda p: with_a_body(p, b"[]")),
    *(Fault(f"unknown {path}", "U011", lambda p, path=path: unknown(p, path)) for path in (
        f"{CONSENTS}/{uuid.uuid4()}", f"{CONSENTS}/x", f"{ORDERS}/{uuid.uuid4()}", f"{ORDERS}/x/payment-details")),
    # what is not offered
    *(lodged("U021", f"{ACCOUNT}.Identification", value) for value in ("1", "0808002132569A", "080800213256980", "٠٨٠٨٠٠٢١٣٢٥٦٩٨")),
    lodged("U021", ACCOUNT, GOOD_ACCOUNT | {"SchemeName": "UK.OBIE.IBAN", "Identification": "GB30NWBK60161331926819"}, f"{ACCOUNT}.Identification", "mistyped IBAN"),
    lodged("U022", f"{ACCOUNT}.SecondaryIdentification", "R" * 19),
    *(lodged("U023", "Data.Initiation.InstructedAmount.Currency", value) for value in ("EUR", "XAU", "ZZZ")),
    *(lodged("U026", "Data.Initiation.LocalInstrument", value) for value in ("UK.OBIE.CHAPS", "x")),
    *(lodged("U027", f"{ACCOUNT}.SchemeName", value) for value in ("UK.OBIE.Paym", "x", "")),
    lodged("U027", f"{ACCOUNT}.Proxy", {"Identification": "07700900000", "Code": "TELE"}),
    # what was agreed to
    *(ordered("U008", path, value) for path, value in (
        (AMOUNT, "1.66"),
        (AMOUNT, "1650000000000.00"),
        ("Data.Initiation.EndToEndIdentification", "ANOTHER"),
        (f"{ACCOUNT}.Identification", "08080021325699"),
        (f"{ACCOUNT}.Name", "ACME Inc."),
        (f"{ACCOUNT}.SecondaryIdentification", "R1"),
        ("Data.Initiation.RemittanceInformation", GONE),
        ("Data.Initiation.SupplementaryData", {"Amount": "sNaN"}),
        ("Risk.PaymentContextCode", "TransferToSelf"),
        ("Risk.ContractPresentIndicator", True),
    )),
    ordered("U008", "Data.Initiation.DebtorAccount", {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698"}),
    ordered("U023", "Data.Initiation.InstructedAmount.Currency", "EUR"),
    ordered("U002", AMOUNT, "1.655"),
    ordered("U002", AMOUNT, "-1.65"),
    Fault("another TPP's consent", "U008", foreign_consent, "Data.ConsentId"),
    Fault("a consent by no id", "U008", lambda p: p.order("Data.ConsentId", "\u2603"), "Data.ConsentId"),
    Fault("funds for another consent", "U008", funds_of_another),
    Fault("a consent that was used", "U009", used_consent),
    Fault("funds for a consent that was used", "U009", funds_of_a_used_one),
    Fault("a consent on hold", "U028", on_hold, status=403),
    Fault("a key of another order", "U029", key_of_another_order, status=409),
    Fault("a key of another consent", "U029", key_of_another_consent),
    # the signature
    Fault("a tampered body", "U015", lambda p: sent_otherwise(p, lambda body: body.replace(b"1.65", b"9.65")), HEADER),
    Fault("a body with a blank more", "U015", lambda p: sent_otherwise(p, lambda body: body + b" "), HEADER),
    Fault("a signature over another body", "U015", lambda p: signature_changed(p, lambda _s, _b: sign_body(b"{}", p.acme.folder)), HEADER),
    Fault("a stranger's key under our key's id", "U015", by_a_stranger, HEADER),
    Fault("another TPP's key", "U016", by_another, "kid"),
    Fault("another TPP's key and name", "U016", lambda p: by_another(p, **{ISS: f"{p.borough.folder.organisation_id}/{p.borough.folder.software_id}"}), ISS),
    *(claimed("U016", claim, claim, value) for claim, value in (
        ("alg", "RS256"), ("alg", "none"), ("alg", {}), ("kid", 7), ("kid", ""), ("typ", "JWT"), ("typ", []), ("cty", "text/plain"), ("cty", []), ("cty", {}),
        (IAT, int(time.time()) + 86_400), (IAT, "now"), (IAT, True), (IAT, []), (ISS, "x/y"), (ISS, []), (TAN, "example.org"), (TAN, {}),
        ("crit", []), ("crit", [IAT, ISS]), ("crit", [*CRITICAL, "alg"]), ("crit", [IAT, ISS, []]), ("crit", IAT),
        ("b64", False), ("x5c", ["MII"]), ("jwk", {}), ("jku", "https://127.0.0.1/"), ("exp", 1), ("é", 1))),
    *(claimed("U017", claim, claim, GONE) for claim in ("kid", "crit", *CRITICAL)),
    Fault("an attached payload", "U018", lambda p: signature_changed(p, attached), HEADER),
    Fault("no mark", "U018", lambda p: signature_changed(p, lambda s, _: s.rpartition(".")[0] + "."), HEADER),
    Fault("a mark with a blank in it", "U018", lambda p: signature_changed(p, lambda s, _: s[:-4] + "!" + s[-4:]), HEADER),
    Fault("a mark that is padded", "U018", lambda p: signature_changed(p, lambda s, _: s + "=="), HEADER),
    Fault("a header that is no JSON", "U018", lambda p: signature_changed(p, lambda s, _: "bm8.." + s.rpartition(".")[2]), HEADER),
    Fault("an empty signature", "U018", lambda p: signature_changed(p, lambda _s, _b: ""), HEADER),
    Fault("a signature of many bytes", "U018", lambda p: signature_changed(p, lambda s, _: s + "A" * 4_000), HEADER),
    Fault("no signature", "U019", lambda p: signature_changed(p, lambda _s, _b: None), HEADER),
    Fault("no signature of a consent", "U019", lambda p: p.lodge(knobs=Knobs(headers={HEADER: None})), HEADER),
    Fault("a signature of a read", "U020", signed_read, HEADER),
]
# fmt: on


@pytest.fixture
async def paying(acme, borough, books, standing) -> Paying:
    remembered = steady(standing)

    scene = Paying(acme, borough, books, remembered)
    for prepare in (scene.agreed, scene.others, scene.used, scene.own_token):
        await prepare()
    return scene


def test_each_code_is_caused_here_or_no_caller_can_cause_it():
    caused = {fault.code for fault in FAULTS}
    assert not caused & NO_CALLER.keys()
    assert caused | NO_CALLER.keys() == {f"U{number:03}" for number in range(30)}


async def test_a_refused_call_moves_nothing_and_holds_nothing(paying, subtests):
    """Each fault alone, and the same call without it works at the end."""
    payments = paying.payments
    for prepare in (on_hold, key_of_another_order, key_of_another_consent):
        await prepare(paying)  # what they need is made before anything is watched
    await paying.books.payments.settled()
    before, rows = await paying.books.payments.watched(), await paying.books.watched()
    for fault in FAULTS:
        with subtests.test(fault.name):
            answer = await fault.call(paying)
            error = answer.json()["Errors"][0] if answer.body else {}
            stated = (answer.status, error.get("ErrorCode"), error.get("Path") if fault.path else None)
            assert stated == (fault.status, fault.code, fault.path), answer.body
            before = await paying.books.payments.check_nothing_moved(before)
            rows = await paying.books.check_nothing_written(rows)
    agreed = await paying.agreed()
    consent = await payments.read(f"{CONSENTS}/{agreed.consent_id}", await paying.own_token())
    assert consent.json()["Data"]["Status"] == "AUTH"
    assert await paying.books.payments.orders_of(agreed.consent_id) == []


async def test_a_payment_belongs_to_the_token_of_its_payer(paying):
    """Neither the TPP's own authority, nor a token for accounts, nor another TPP's certificate orders it: 401 or 403, without a body."""
    agreed, others = await paying.agreed(), await paying.others()
    document = paying.document(agreed)
    before = await paying.books.payments.watched()
    accounts = await paying.still("paying accounts", paying.acme.granted)
    for token, status in (
        (await paying.own_token(), 401),
        (accounts.token, 403),
        (others.token, 401),
        ("opaque", 401),
        (None, 401),
    ):
        assert (await paying.payments.post(ORDERS, token, document)).status == status
    stolen = await Payments(paying.borough).post(ORDERS, agreed.token, document)
    assert stolen.status == 401
    await paying.books.payments.check_nothing_moved(before)


async def test_the_books_are_whole_after_all_this(books):
    await books.check_whole()
