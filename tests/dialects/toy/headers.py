"""The headers of the toy dialect."""

import uuid

from kernel.errors import HeaderInvalid
from kernel.http.message import Request
from openapi.parameters import HeaderParameter

CALL_ID = "Toy-Call"
CUSTOMER_PRESENT = "Toy-Customer-Present"


class Headers:
    """The header face."""

    interaction_header = CALL_ID
    parameters: tuple[HeaderParameter, ...] = (
        HeaderParameter(CALL_ID, "An id of this call, played back.", format="uuid"),
        HeaderParameter(CUSTOMER_PRESENT, "`yes` if the customer asked for this."),
    )

    def parse_interaction_id(self, request: Request) -> str | None:
        value = request.header(CALL_ID)
        try:
            return None if value is None else str(uuid.UUID(value))
        except ValueError:
            raise HeaderInvalid("not a UUID", path=CALL_ID) from None

    def parse_psu_present(self, request: Request) -> bool:
        return request.header(CUSTOMER_PRESENT) == "yes"

    def parse_consent_id(self, request: Request) -> str | None:
        """A request names no consent besides its token's."""
        return None

    def parse_idempotency_key(self, request: Request) -> str:
        raise HeaderInvalid("no operation is idempotent", path=CALL_ID)

    def check_headers(self, request: Request) -> None:
        """No other header has a form."""
