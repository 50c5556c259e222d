"""One resource call on its way through the chain: what was asked, what the policies learned, what will be answered.

Fields are filled in the order of the phases. A policy reads what earlier ones wrote and says nothing to any other.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from multidict import CIMultiDict

from kernel.access import AccessToken, Client, TokenFamily
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.hot_state import Check
from kernel.http.message import Request
from openapi.dialect import Dialect, Row


@dataclass(slots=True)
class Exchange:
    brand: Brand
    dialect: Dialect
    row: Row
    request: Request
    path: dict[str, str]
    received_at: datetime  # protocol time
    # identify
    interaction_id: str = ""
    psu_present: bool = False
    token: AccessToken | None = None
    # authorise, on cached snapshots
    client: Client | None = None
    family: TokenFamily | None = None
    consent: Consent | None = None
    command: Any = None
    # decide: the questions that one call to the hot state answers
    checks: list[Check] = field(default_factory=list)
    # answer
    result: Any = None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
