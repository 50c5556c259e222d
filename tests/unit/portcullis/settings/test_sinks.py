"""The sinks that configuration names: judged before anything is opened."""

import pytest

from kernel.config import ConfigurationRefused, build
from portcullis.settings.checks import check_production, check_safe
from portcullis.settings.schema import Settings
from portcullis.settings.sinks import SINKS_MAX

WEBHOOK = {
    "kind": "webhook",
    "name": "warehouse",
    "url": "https://events.bank.example/",
    "secrets": ["whsec_c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcw=="],
}
MEMORY = {"kind": "memory", "name": "latest"}
BUS = {"kind": "jetstream", "name": "bus", "url": "tls://nats.bank.example"}


def settings_of(*sinks: dict[str, object]) -> Settings:
    settings = build({"sinks": list(sinks)}, Settings)
    check_safe(settings)
    return settings


def test_each_kind_has_its_own_settings():
    kinds = [type(sink).__name__ for sink in settings_of(WEBHOOK, MEMORY, BUS).sinks]
    assert kinds == ["WebhookSettings", "MemorySettings", "JetStreamSettings"]


@pytest.mark.parametrize(
    "sinks",
    [
        [WEBHOOK | {"kind": "carrier-pigeon"}],
        [{"name": "warehouse"}],
        [WEBHOOK | {"subject": "bank"}],
        [WEBHOOK | {"name": ""}],
        [WEBHOOK | {"name": "Ware House"}],
        [WEBHOOK | {"name": "x" * 33}],
        [WEBHOOK, BUS | {"name": "warehouse"}],
        [WEBHOOK | {"brands": ["another"]}],
        [WEBHOOK | {"secrets": ["short"]}],
        [BUS | {"url": "nats://nats.bank.example"}],
        [MEMORY | {"name": f"m{number}"} for number in range(SINKS_MAX + 1)],
    ],
)
def test_what_cannot_work_is_refused(sinks: list[dict[str, object]]):
    with pytest.raises(ConfigurationRefused, match="sinks"):
        settings_of(*sinks)


def test_no_sink_has_the_name_of_the_notices_to_tpps():
    with pytest.raises(ConfigurationRefused, match=r"sinks\.name: tpp-notices is what notices to TPPs are called"):
        settings_of(WEBHOOK | {"name": "tpp-notices"})


def test_production_takes_no_sink_that_forgets():
    complete = {
        "sealing_keys": "/k",
        "database_url": "postgresql://h/d",
        "code_sender": {"url": "https://c.example", "token": "t" * 16},
    }
    brands = [{"name": "main", "display_name": "Bank", "issuer": "https://a.example", "mtls_url": "https://m.example"}]
    tls = {"certificate": "/c", "private_key": "/p", "client_authorities": "/a"}
    members = complete | {"brands": brands, "tls": tls}
    check_production(build(members | {"sinks": [WEBHOOK, BUS]}, Settings))
    with pytest.raises(ConfigurationRefused, match=r"sinks\.kind"):
        check_production(build(members | {"sinks": [MEMORY]}, Settings))
