"""A domestic initiation: what is read of it, what is refused with which code, and in which fields an order may not differ. OBIE R/W 4.0,
Domestic Payment Consents."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import errors
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.errors import Problem
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.errors import TABLE
from openapi.uk_obie.v4_0.pisp.domestic.consents import EXAMPLE, decode_lodge, initiation_of
from openapi.uk_obie.v4_0.pisp.domestic.payments import decode_place
from openapi.uk_obie.v4_0.pisp.shared.comparison import find_difference, find_difference_in_terms

BODY = json.loads(EXAMPLE)
INITIATION = BODY["Data"]["Initiation"]
ACCOUNT = "Data.Initiation.CreditorAccount"


def request(document: Any) -> WireRequest:
    return WireRequest({}, (), json.dumps(document).encode())


def changed(place: str, value: Any) -> dict[str, Any]:
    """The example with one member changed; None takes it away. `place` is a path below Data.Initiation."""
    document = copy.deepcopy(BODY)
    node, *names = document["Data"]["Initiation"], *place.split(".")
    for name in names[:-1]:
        node = node.setdefault(name, {})
    if value is None:
        del node[names[-1]]
    else:
        node[names[-1]] = value
    return document


@pytest.mark.spec("OBIE-RW-4.0-domestic-payment-consents")
def test_an_initiation_is_read_in_canonical_words() -> None:
    document = changed("DebtorAccount", {"SchemeName": "UK.OBIE.IBAN", "Identification": "GB82WEST12345698765432"})
    document["Data"]["ReadRefundAccount"] = "Yes"
    document["Data"]["Initiation"]["CreditorAccount"]["SecondaryIdentification"] = "ROLL 12"
    document["Data"]["Initiation"]["RemittanceInformation"]["Structured"] = [
        {"CreditorReferenceInformation": {"Reference": "RF18539007547034"}}
    ]
    lodgement = decode_lodge(request(document)).lodgement
    assert lodgement.terms == PaymentTerms(
        amount=Money("GBP", 16_588),
        creditor_name="ACME Inc",
        creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698", secondary="ROLL 12"),
        debtor_account=AccountIdentifier(Scheme.IBAN, "GB82WEST12345698765432"),
        remittance="Internal ops code 5120101",
        end_to_end_id="FRESCO.21302.GFX.20",
        instruction_id="ACME412",
        reference="RF18539007547034",
        returns_to_payer=True,
    )
    assert json.loads(lodgement.document) == document


@pytest.mark.parametrize(
    ("place", "value", "code", "path"),
    [
        ("InstructedAmount.Amount", "0", "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", "0.00", "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", "-1.00", "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", "1.005", "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", "99999999999999.00", "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", 165.88, "U002", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Amount", None, "U004", "Data.Initiation.InstructedAmount.Amount"),
        ("InstructedAmount.Currency", "EUR", "U023", "Data.Initiation.InstructedAmount.Currency"),
        ("InstructedAmount.Currency", "ABC", "U023", "Data.Initiation.InstructedAmount.Currency"),
        ("InstructedAmount.Currency", "gbp", "U002", "Data.Initiation.InstructedAmount.Currency"),
        ("LocalInstrument", "UK.OBIE.CHAPS", "U026", "Data.Initiation.LocalInstrument"),
        ("CreditorAccount.SchemeName", "UK.OBIE.Paym", "U027", f"{ACCOUNT}.SchemeName"),
        ("CreditorAccount.SchemeName", "UK.OBIE.IBAN", "U021", f"{ACCOUNT}.Identification"),
        ("CreditorAccount.Identification", "0808002132569", "U021", f"{ACCOUNT}.Identification"),
        ("CreditorAccount.SecondaryIdentification", "x" * 19, "U022", f"{ACCOUNT}.SecondaryIdentification"),
        ("CreditorAccount.Proxy", {"Identification": "441234", "Code": "TELE"}, "U027", f"{ACCOUNT}.Proxy"),
        ("CreditorAccount.Name", "\u3164", "U002", f"{ACCOUNT}.Name"),
        ("CreditorAccount.Name", "x" * 351, "U002", f"{ACCOUNT}.Name"),
        ("CreditorAccount.Name", None, "U004", f"{ACCOUNT}.Name"),
        (
            "CreditorAgent",
            {"SchemeName": "UK.OBIE.BICFI", "Identification": "SHORT"},
            "U021",
            "Data.Initiation.CreditorAgent.Identification",
        ),
        (
            "CreditorAgent",
            {"SchemeName": "US.ABA", "Identification": "021000021"},
            "U027",
            "Data.Initiation.CreditorAgent.SchemeName",
        ),
        ("EndToEndIdentification", "x" * 36, "U002", "Data.Initiation.EndToEndIdentification"),
        ("EndToEndIdentification", "\u202eabc", "U002", "Data.Initiation.EndToEndIdentification"),
        ("RemittanceInformation.Unstructured", ["a", "b"], "U002", "Data.Initiation.RemittanceInformation.Unstructured"),
        ("SupplementaryInfo", {}, "U005", "Data.Initiation.SupplementaryInfo"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code_and_place(place: str, value: Any, code: str, path: str) -> None:
    with pytest.raises(Problem) as caught:
        decode_lodge(request(changed(place, value)))
    assert (TABLE[type(caught.value)].code, caught.value.path) == (code, path)


def test_a_name_of_350_characters_is_taken() -> None:
    terms = decode_lodge(request(changed("CreditorAccount.Name", "x" * 350))).lodgement.terms
    assert isinstance(terms, PaymentTerms)
    assert len(terms.creditor_name) == 350


@pytest.mark.parametrize(
    ("agreed", "ordered", "path"),
    [
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
        ({"Amount": "10.5"}, {"Amount": "10.50"}, None),
        ({"Amount": "10.5"}, {"Amount": "10.51"}, "P.Amount"),
        ({"a": 1}, {}, "P.a"),
        ({}, {"a": 1}, "P.a"),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "P.a[1].b"),
        ({"a": [1]}, {"a": [1, 2]}, "P.a"),
        ({"a": True}, {"a": 1}, "P.a"),
        ({"a": None}, {}, "P.a"),
        ({"Amount": "sNaN"}, {"Amount": "sNaN"}, None),
        ({"Amount": "NaN"}, {"Amount": "NaN"}, None),
        ({"Amount": "1_0"}, {"Amount": "10"}, "P.Amount"),
        ({"Amount": "1e1"}, {"Amount": "10"}, "P.Amount"),
    ],
)
def test_documents_differ_where_a_field_does(agreed: Any, ordered: Any, path: str | None) -> None:
    assert find_difference(agreed, ordered, "P") == path


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab1.", max_size=3) | st.sampled_from(["sNaN", "NaN", "Infinity"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["Amount", "a", "b"]), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON, _JSON)
def test_a_difference_is_found_from_both_sides(one: Any, other: Any) -> None:
    assert find_difference(one, one, "P") is None
    assert (find_difference(one, other, "P") is None) == (find_difference(other, one, "P") is None)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("InstructedAmount.Amount", "165.89"),
        ("CreditorAccount.Name", "ACME Ltd"),
        ("CreditorAccount.Identification", "08080021325699"),
        ("RemittanceInformation.Unstructured", ["Other"]),
        ("RemittanceInformation", None),
        ("DebtorAccount", {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325690"}),
        ("EndToEndIdentification", "OTHER"),
    ],
)
def test_an_order_says_what_its_consent_says(consent_of: Any, place: str, value: Any) -> None:
    """OBIE R/W 4.0 Domestic Payments: Initiation and Risk are those of the consent."""
    command = decode_place(request(ordered(changed(place, value))))
    with pytest.raises(errors.ConsentMismatch) as caught:
        command.check_agreed(consent_of(EXAMPLE))
    assert caught.value.path.startswith(f"Data.Initiation.{place.partition('.')[0]}")


def test_an_order_repeats_the_risk(consent_of: Any) -> None:
    document = ordered(BODY)
    decode_place(request(document)).check_agreed(consent_of(EXAMPLE))
    document["Risk"] = {}
    with pytest.raises(errors.ConsentMismatch) as caught:
        decode_place(request(document)).check_agreed(consent_of(EXAMPLE))
    assert caught.value.path == "Risk.PaymentContextCode"


def ordered(document: dict[str, Any]) -> dict[str, Any]:
    copied = copy.deepcopy(document)
    return {"Data": {"ConsentId": "c-1", "Initiation": copied["Data"]["Initiation"]}, "Risk": copied["Risk"]}


AGREED = PaymentTerms(
    amount=Money("GBP", 100), creditor_name="A", creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698")
)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"end_to_end_id": "X", "instruction_id": "Y"}, None),
        ({"amount": Money("GBP", 101)}, "Data.Initiation.InstructedAmount"),
        ({"creditor_name": "B"}, "Data.Initiation.CreditorAccount.Name"),
        ({"creditor_account": AccountIdentifier(Scheme.SORT_CODE, "08080021325699")}, "Data.Initiation.CreditorAccount"),
        ({"creditor_bic": "ABCDGB2L"}, "Data.Initiation.CreditorAgent"),
        ({"remittance": "x"}, "Data.Initiation.RemittanceInformation.Unstructured"),
        ({"reference": "x"}, "Data.Initiation.RemittanceInformation.Structured"),
        ({"debtor_account": AGREED.creditor_account}, None),
    ],
)
def test_an_order_under_a_consent_in_other_words_is_compared_term_by_term(change: dict[str, Any], path: str | None) -> None:
    assert find_difference_in_terms(AGREED, msgspec.structs.replace(AGREED, **change)) == path


@pytest.mark.parametrize("named", [None, AccountIdentifier(Scheme.SORT_CODE, "08080021325699")])
def test_an_account_that_the_consent_fixed_is_that_of_the_order(named: AccountIdentifier | None) -> None:
    fixed = msgspec.structs.replace(AGREED, debtor_account=AGREED.creditor_account)
    assert (
        find_difference_in_terms(fixed, msgspec.structs.replace(fixed, debtor_account=named)) == "Data.Initiation.DebtorAccount"
    )


def test_a_payment_asked_for_in_other_words_keeps_its_reference_and_its_text() -> None:
    document = changed("RemittanceInformation.Structured", [{"CreditorReferenceInformation": {"Reference": "RF18539007547034"}}])
    terms = decode_lodge(request(document)).lodgement.terms
    assert isinstance(terms, PaymentTerms)
    assert initiation_of(terms, "id") == document["Data"]["Initiation"]
