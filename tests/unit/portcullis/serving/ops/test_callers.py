"""The callers of the operations listener. RFC 9110 section 15.5.20; a page that rebinds its name to 127.0.0.1 is a stranger."""

import pytest
import structlog
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.config import ConfigurationRefused
from kernel.http.message import Request
from portcullis.serving.ops.callers import OpsCallers
from portcullis.settings.sources import load

CALLERS = OpsCallers.of(8445, ["scrape.internal", "metrics.bank:9000", "[fd00::1]"])


def status(host: str, headers: dict[str, str] | None = None, callers: OpsCallers = CALLERS) -> int | None:
    sent = CIMultiDictProxy(CIMultiDict(headers or {}))
    refused = callers.refuse(Request("GET", "/metrics", (), sent, b"", host, "127.0.0.1", "public"))
    return refused and refused.status


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:8445", "localhost:8445", "[::1]:8445", "scrape.internal", "scrape.internal:8445", "metrics.bank:9000"),
        *("[fd00::1]", "[fd00::1]:8445"),
    ],
)
def test_the_ops_listener_answers_its_own_names(host: str):
    assert status(host) is None


@pytest.mark.parametrize(
    "host",
    [
        *("", "attacker.example", "attacker.example:8445", "127.0.0.1", "127.0.0.1:8443", "localhost.attacker.example:8445"),
        *("metrics.bank", "metrics.bank:8445", "127.0.0.1:8445.attacker.example", "0.0.0.0:8445", "scrape.internal:80"),
    ],
)
def test_the_ops_listener_answers_no_other_name(host: str):
    with structlog.testing.capture_logs() as logs:
        assert status(host) == 421
    assert [line["code"] for line in logs] == ["host_unknown"]


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"Origin": origin}
            for origin in ("https://attacker.example", "null", "http://127.0.0.1:8446", "http://localhost:8445")
        ),
        *({"Sec-Fetch-Site": site} for site in ("cross-site", "same-site", "")),
    ],
)
def test_the_ops_listener_answers_no_page_of_another_site(headers: dict[str, str]):
    assert status("127.0.0.1:8445", headers) == 403


def test_a_browser_that_is_sent_there_by_its_user_is_answered():
    assert status("127.0.0.1:8445", {"Sec-Fetch-Site": "none"}) is None
    assert status("127.0.0.1:8445", {"Origin": "http://127.0.0.1:8445", "Sec-Fetch-Site": "same-origin"}) is None


def test_on_the_usual_port_of_http_none_need_be_said():
    assert status("localhost", callers=OpsCallers.of(80)) is None


@pytest.mark.parametrize("name", ["", "http://x", "a b", "x/y", "x:", "x:port", "*"])
def test_a_name_that_no_host_header_has_refuses_to_boot(tmp_path, name: str):
    file = tmp_path / "portcullis.toml"
    file.write_text(f'ops_hosts = ["{name}"]')
    with pytest.raises(ConfigurationRefused, match=r"^ops_hosts"):
        load(file, {})
