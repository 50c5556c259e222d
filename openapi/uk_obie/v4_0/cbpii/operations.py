"""The operations by which a card issuer asks for funds, as one table. OBIE R/W 4.0, specification of the resource group `cbpii`.

Consents are the caller's own business (client credentials); to ask takes a token that the customer authorised.
"""

from functools import partial

from kernel.access import Grant
from kernel.banking.consents import ConsentKind
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0.cbpii import confirmations, consents
from openapi.uk_obie.v4_0.cbpii.wire import (
    OBFundsConfirmation1,
    OBFundsConfirmationConsent1,
    OBFundsConfirmationConsentResponse1,
    OBFundsConfirmationResponse1,
)

SCOPE = "fundsconfirmations"

_row = partial(Row, scope=SCOPE, consent_kind=ConsentKind.FUNDS)
_manage = partial(_row, grant=Grant.CLIENT_CREDENTIALS)

# fmt: off
ROWS: tuple[Row, ...] = (
    _manage("POST", "/funds-confirmation-consents", Operation.LODGE_FUNDS_CONSENT,
            consents.decode_lodge, consents.encode_consent, success=201,
            request=OBFundsConfirmationConsent1, example=consents.EXAMPLE, response=OBFundsConfirmationConsentResponse1,
            summary="Lodge a consent to checks of funds"),
    _manage("GET", "/funds-confirmation-consents/{ConsentId}", Operation.READ_FUNDS_CONSENT,
            consents.decode_read, consents.encode_consent,
            response=OBFundsConfirmationConsentResponse1, summary="Read a consent to checks of funds"),
    _manage("DELETE", "/funds-confirmation-consents/{ConsentId}", Operation.WITHDRAW_FUNDS_CONSENT,
            consents.decode_withdraw, None, success=204, summary="Withdraw a consent to checks of funds"),
    _row("POST", "/funds-confirmations", Operation.CHECK_FUNDS, confirmations.decode_check, confirmations.encode_check,
         grant=Grant.AUTHORIZATION_CODE, success=201,
         request=OBFundsConfirmation1, example=confirmations.EXAMPLE, response=OBFundsConfirmationResponse1,
         summary="Ask whether the account has an amount"),
)
# fmt: on
