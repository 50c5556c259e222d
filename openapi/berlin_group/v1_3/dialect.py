"""Berlin Group NextGenPSD2 XS2A 1.3: everything about it in one value."""

from datetime import timedelta

from kernel.banking.consents import ConsentKind
from openapi.berlin_group.v1_3.authorization import Authorization
from openapi.berlin_group.v1_3.errors import ErrorTable
from openapi.berlin_group.v1_3.headers import Headers
from openapi.berlin_group.v1_3.operations import ROWS
from openapi.dialect import Dialect, Rules, Service

DIALECT = Dialect(
    name="berlin_group/v1.3",
    services=(Service("", "Berlin Group NextGenPSD2 XS2A", "/psd2/v1", ROWS),),
    audience_path="/psd2/v1",
    headers=Headers(),
    errors=ErrorTable(),
    authorization=Authorization(),
    rules=Rules(
        owner="organisation",  # a TPP is who its certificate's organizationIdentifier says; the standard knows no clients
        withdrawn="terminated",  # XS2A 1.3, "Delete an Account Information Consent Object": its status is then terminatedByTpp
        stopped_may_return=frozenset(),  # XS2A 1.3, "Consent Status": revokedByPsu is final
        suspended="ended",  # XS2A 1.3, "Consent Status": there is no word for a pause, and revokedByPsu is final
        unanswered_wait=timedelta(hours=24),  # the standard leaves it to the bank
        authorised_by=dict.fromkeys(
            ConsentKind, "last"
        ),  # XS2A 1.3, "Consent Status": partiallyAuthorised until all mandated have
        one_recurring=frozenset(
            {ConsentKind.ACCOUNTS}
        ),  # XS2A 1.3, "Create consent": a former one expires as the new one is authorised; CoF 2.0: no side effect
        half_signed_wait=timedelta(days=7),  # the standard leaves it to the bank
    ),
    paths={"valid_until": "validUntil"},
    version="1.3.11",
)
