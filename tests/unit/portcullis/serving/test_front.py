"""portcullis/serving/front.py: a brand is found by the host that was asked, however its port is written."""

from zoneinfo import ZoneInfo

import pytest
import structlog
from multidict import CIMultiDict, CIMultiDictProxy

from kernel.brand import Brand
from kernel.errors import RequestMalformed
from kernel.http.message import Request, Response
from portcullis.serving.front import FrontDoor, Surface


def a_brand(name, issuer):
    return Brand(
        name=name,
        display_name=name,
        issuer=issuer,
        mtls_url=issuer.replace("auth", "api"),
        zone=ZoneInfo("UTC"),
        dialects=(),
        resource_audience=issuer,
        organisation_id="",
        colour="#000000",
        country="GB",
    )


BRANDS = (
    a_brand("plain", "https://auth.one.bank"),
    a_brand("default", "https://auth.Two.bank:443"),
    a_brand("other", "https://auth.three.bank:8443"),
    a_brand("six", "https://[2001:db8::443]"),
)


async def describe(brand, _request):
    return Response(200, brand.name.encode())


FRONT = FrontDoor(BRANDS, (Surface(lambda _path: True, describe, lambda brand, *_: Response(400, brand.name.encode())),))


def asked(host):
    return Request("GET", "/", (), CIMultiDictProxy(CIMultiDict()), b"", host, "", "public")


@pytest.mark.spec("RFC9110-4.2.3")
@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("auth.one.bank", b"plain"),
        ("auth.one.bank:443", b"plain"),
        ("api.one.bank:443", b"plain"),
        ("auth.two.bank", b"default"),
        ("auth.two.bank:443", b"default"),
        ("auth.three.bank:8443", b"other"),
        ("[2001:db8::443]", b"six"),
        ("[2001:db8::443]:443", b"six"),
    ],
)
async def test_a_host_with_and_without_the_port_of_https_is_the_same(host, name):
    assert (await FRONT.handle(asked(host))).body == name
    assert FRONT.refuse(asked(host), RequestMalformed()).body == name


@pytest.mark.spec("RFC9110-15.5.20")
@pytest.mark.parametrize(
    "host",
    ["", ":443", "auth.one.bank:80", "auth.one.bank:8443", "auth.three.bank", "auth.three.bank:443", "auth.one.bank:443:443"],
)
async def test_another_host_or_port_has_no_brand(host):
    with structlog.testing.capture_logs() as logs:
        assert (await FRONT.handle(asked(host))).status == 421
        assert FRONT.refuse(asked(host), RequestMalformed()).status == 421
    assert [line["code"] for line in logs] == ["host_unknown", "host_unknown"]
    assert logs[0]["detail"].endswith(host)
