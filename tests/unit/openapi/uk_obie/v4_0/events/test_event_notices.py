"""A notice as a Security Event Token of UK Open Banking: its claims, and what its document and the code say of resources."""

import json
from zoneinfo import ZoneInfo

import jsonschema_rs
import msgspec
import pytest

from kernel.banking.consents import ConsentKind
from kernel.banking.notices import NoticeKind, SubjectKind, Subscription
from openapi.codec import Rendering
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.dialect import DIALECT
from openapi.uk_obie.v4_0.events.subscriptions import encode_subscription
from openapi.uk_obie.v4_0.events.types import EVENT_TYPES, KINDS, REASONS
from tests.official import specs_folder
from tests.world.brands import START
from tests.world.notices import CALLBACK, notice_of, terms_of

FACE = DIALECT.notices
URL = "https://mtls.bank.example"
RENDERING = Rendering(
    url=URL,
    base_url=URL,
    query=(),
    consent=None,
    zone=ZoneInfo("Europe/London"),
    now=START,
    page=lambda page: f"{URL}?page={page}",
)


def claims_of(**changes):
    return FACE.claims_of(notice_of(**changes), "https://auth.bank.example", URL)


@pytest.mark.spec("RFC8417-2.2", "OBIE-RW-4.0-event-notification", "OBIE-RW-4.0-event-notifications")
def test_the_claims_of_a_stopped_consent():
    link = f"{URL}/open-banking/v4.0/aisp/account-access-consents/c-1"
    notice = notice_of()
    assert claims_of() == {
        "iss": "https://auth.bank.example",
        "iat": int(notice.made_at.timestamp()),
        "jti": notice.id,
        "aud": "acme",
        "sub": link,
        "txn": notice.id,
        "toe": int(notice.occurred_at.timestamp()),
        "events": {
            "urn:uk:org:openbanking:events:consent-authorization-revoked": {
                "subject": {
                    "subject_type": "http://openbanking.org.uk/rid_http://openbanking.org.uk/rty",
                    "http://openbanking.org.uk/rid": "c-1",
                    "http://openbanking.org.uk/rty": "account-access-consent",
                    "http://openbanking.org.uk/rlk": [{"version": "v4.0", "link": link}],
                }
            }
        },
    }


@pytest.mark.parametrize(
    ("subject", "product", "path"),
    [
        (SubjectKind.CONSENT, ConsentKind.PAYMENT, "pisp/domestic-payment-consents"),
        (SubjectKind.ORDER, ConsentKind.PAYMENT, "pisp/domestic-payments"),
        (SubjectKind.CONSENT, ConsentKind.FUNDS, "cbpii/funds-confirmation-consents"),
    ],
)
def test_a_resource_is_called_what_its_rows_call_it(subject, product, path):
    claims = claims_of(subject=subject, product=product)
    (event,) = claims["events"].values()
    assert claims["sub"] == f"{URL}/open-banking/v4.0/{path}/c-1"
    assert event["subject"]["http://openbanking.org.uk/rty"] == path.rpartition("/")[2].removesuffix("s")


def test_a_resource_without_rows_has_no_notices():
    assert not FACE.has(NoticeKind.RESOURCE_UPDATED, SubjectKind.ORDER, ConsentKind.FUNDS)
    assert not FACE.has(NoticeKind.CONSENT_STOPPED, SubjectKind.CONSENT, "errand")


def test_each_kind_has_one_type_and_an_account_that_has_gone_a_reason():
    assert set(EVENT_TYPES) == set(NoticeKind)
    assert len(KINDS) == len(EVENT_TYPES)
    reasons = [
        next(iter(claims_of(kind=NoticeKind.ACCOUNT_REMOVED, reason=reason)["events"].values()))["reason"] for reason in REASONS
    ]
    assert reasons == ["UK.OBIE.AccountClosure", "UK.OBIE.CASS"]


@pytest.mark.parametrize("changes", [{}, {"subject": SubjectKind.ORDER, "product": ConsentKind.PAYMENT}])
def test_a_resource_update_satisfies_the_official_document(changes):
    """The one type of which the document has a schema."""
    document = json.loads((specs_folder() / "uk_obie_v4.0/event-notifications.json").read_text())
    schema = {"$ref": "#/components/schemas/OBEventNotification1", "components": document["components"]}
    jsonschema_rs.validator_for(schema).validate(claims_of(kind=NoticeKind.RESOURCE_UPDATED, **changes))


def test_a_subscription_says_that_its_address_was_given_up():
    standing = Subscription(
        id="s-1", client_id="acme", terms=terms_of(callback_url=CALLBACK), created_at=START, unresponsive_since=START
    )
    for since, said in ((START, {"CallbackUnresponsiveSince": render_date_time(START)}), (None, None)):
        subscription = msgspec.structs.replace(standing, unresponsive_since=since)
        rendered = msgspec.to_builtins(encode_subscription(subscription, RENDERING))
        assert rendered["Data"].get("SupplementaryData") == said
