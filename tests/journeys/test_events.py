"""Events reach a webhook of the bank's, whole and in order, although the server is killed in between."""

import json

from standardwebhooks import Webhook

from tests.harness.event_receivers import SECRET
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.receiver import make_certificate, receiving

SINK = """
[[sinks]]
kind = "webhook"
name = "warehouse"
url = "{url}"
secrets = ["{secret}"]
"""


async def next_of(receiver, subject):
    """The next event of a consent, first copies alone, believed because it is signed."""
    while True:
        came = await receiver.next()
        assert came.media_type == "application/cloudevents+json"
        event = Webhook(SECRET).verify(came.body, came.headers)
        if event["subject"] == subject:
            return event


async def test_a_consents_life_arrives_in_order_although_the_server_is_killed(installations, tmp_path):
    certificate = make_certificate(tmp_path)
    with receiving(certificate) as receiver, installations.installation(EMBEDDED) as server:
        file = tmp_path / "settings.toml"
        file.write_text(SINK.format(url=receiver.url("/events"), secret=SECRET))
        server.arguments = ("sandbox", "--config", str(file))
        server.environment["PORTCULLIS_OUTBOUND_AUTHORITIES"] = str(certificate)
        server.start()
        async with JudgedTpp.of(server, "acme") as tpp:
            consent = await tpp.lodge_account_consent()
            await tpp.authorised(consent.id)
            lodged, authorised = [await next_of(receiver, consent.id) for _ in range(2)]
            answer = await tpp.delete(f"/account-access-consents/{consent.id}", await tpp.client_credentials_token())
            assert answer.status == 204
        server.kill()
        server.start()
        while (withdrawn := await next_of(receiver, consent.id))["type"] != "consent.withdrawn":
            assert withdrawn["id"] in (lodged["id"], authorised["id"])  # sent again, under the same id
        assert [lodged["type"], authorised["type"]] == ["consent.lodged", "consent.authorised"]
        assert [event["sequence"] for event in (lodged, authorised, withdrawn)] == ["0000000001", "0000000002", "0000000003"]
        assert {event["source"] for event in (lodged, authorised, withdrawn)} == {server.issuer}
        assert json.dumps(withdrawn["data"]).find("account_id") == -1
