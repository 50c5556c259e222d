"""Members that the standard does not name are refused in every request of every product: none would be carried out."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kernel.errors import FieldUnexpected
from openapi.codec import WireRequest
from openapi.dialect import Row
from openapi.uk_obie.v4_0.pisp.operations import ROWS
from tests.world.brands import BRAND

SENT = [row for row in ROWS if row.example]


def structs_of(node: Any, seen: set[type]) -> Iterator[type]:
    """Every struct that a type is made of."""
    if isinstance(node, msgspec.inspect.StructType):
        if node.cls in seen:
            return
        seen.add(node.cls)
        yield node.cls
        for field in node.fields:
            yield from structs_of(field.type, seen)
    for part in (getattr(node, "item_type", None), *getattr(node, "types", ())):
        if part is not None:
            yield from structs_of(part, seen)


@pytest.mark.parametrize("row", SENT, ids=lambda row: row.path)
def test_no_part_of_a_request_takes_a_member_that_it_does_not_name(row: Row) -> None:
    found = list(structs_of(msgspec.inspect.type_info(row.request), set()))
    assert len(found) > 1
    assert [each.__name__ for each in found if not each.__struct_config__.forbid_unknown_fields] == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/domestic-vrps", "Data.Instruction.CreditorAgent"),
        ("/domestic-vrp-consents", "Data.Initiation.CreditorAgent"),
        ("/domestic-payment-consents", "Data.Initiation.RemittanceInformation.Colour"),
        ("/domestic-standing-orders", "Data.Initiation.MandateRelatedInformation.Frequency.Colour"),
        ("/international-standing-order-consents", "Data.Initiation.MandateRelatedInformation.Colour"),
        ("/international-scheduled-payments", "Data.Initiation.CreditorAccount.Colour"),
    ],
)
def test_such_a_member_is_named_in_the_refusal(path: str, place: str) -> None:
    row = next(row for row in SENT if row.path == path)
    document = json.loads(row.example or b"")
    *way, last = place.split(".")
    node = document
    for name in way:
        node = node[name]
    node[last] = {"SchemeName": "UK.OBIE.BICFI", "Identification": "DEUTDEFF"}
    with pytest.raises(FieldUnexpected) as refusal:
        row.decode(WireRequest({}, (), json.dumps(document).encode(), zone=BRAND.zone))
    assert refusal.value.path == place
