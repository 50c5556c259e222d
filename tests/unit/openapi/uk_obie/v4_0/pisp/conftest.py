"""A consent as this dialect lodged it."""

from collections.abc import Callable

import msgspec
import pytest

from kernel.banking.consents import Consent
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.pisp.domestic.consents import decode_lodge
from tests.world.gateway.snapshots import CONSENT


@pytest.fixture
def consent_of() -> Callable[[bytes], Consent]:
    def make(body: bytes) -> Consent:
        lodgement = decode_lodge(WireRequest({}, (), body)).lodgement
        return msgspec.structs.replace(
            CONSENT, kind=lodgement.kind, lodged_as=lodgement.lodged_as, terms=lodgement.terms, document=lodgement.document
        )

    return make
