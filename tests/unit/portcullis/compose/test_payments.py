"""portcullis/compose/payments.py: what a bank that carries out no payments here offers."""

from kernel.operations import Operation
from openapi import DIALECTS
from portcullis.compose.payments import without_payments
from tests.world.brands import BRAND


def test_a_bank_without_payments_takes_none_and_is_asked_for_no_funds():
    (brand,) = without_payments((BRAND,))
    services = {service.name: service.rows for dialect in DIALECTS for service in dialect.services if service.name}
    for name in ("pisp", "cbpii"):
        assert {row.operation for row in services[name]} <= brand.operations_off
    assert Operation.CHECK_FUNDS in brand.operations_off
    assert not {row.operation for row in services["aisp"]} & brand.operations_off
