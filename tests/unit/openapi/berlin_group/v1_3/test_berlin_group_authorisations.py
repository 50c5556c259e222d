"""The authorisations of a Berlin Group consent, held against the official document."""

import pytest

from kernel import json
from kernel.banking.authorisations import AuthorisationState, AuthorisationStatus
from openapi.berlin_group.v1_3 import authorisations
from openapi.berlin_group.v1_3.dialect import DIALECT
from tests.official import validate_answer
from tests.unit.openapi.canonical import INTERACTION_ID, rendering_of

PATH = "/consents/c-1/authorisations"
HEADERS = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}


@pytest.mark.parametrize("status", AuthorisationStatus)
@pytest.mark.spec("BG-XS2A-1.3-sca-status")
def test_every_status_has_its_word(status: AuthorisationStatus) -> None:
    answer = authorisations.encode_status((AuthorisationState("a-1", status),), rendering_of(f"{PATH}/a-1", None))
    validate_answer(DIALECT.name, "GET", f"/psd2/v1{PATH}/a-1", 200, HEADERS, json.encode(answer))


@pytest.mark.parametrize("ids", [(), ("a-1",), ("a-1", "a-2")])
@pytest.mark.spec("BG-XS2A-1.3-authorisation-endpoints")
def test_all_authorisations_are_listed_in_their_order(ids: tuple[str, ...]) -> None:
    states = tuple(AuthorisationState(each, AuthorisationStatus.RECEIVED) for each in ids)
    answer = authorisations.encode_list(states, rendering_of(PATH, None))
    validate_answer(DIALECT.name, "GET", f"/psd2/v1{PATH}", 200, HEADERS, json.encode(answer))
    assert answer.authorisation_ids == list(ids)
