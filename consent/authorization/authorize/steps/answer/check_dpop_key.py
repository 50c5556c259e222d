"""Settle the DPoP key that the code will be bound to: named by dpop_jkt, shown by a proof sent with the push, or both and the same.
RFC 9449 sections 10 and 10.1.

To a client whose tokens are bound to certificates the parameter means nothing: its codes are worth nothing without its certificate.
"""

import re

from consent.authorization.authorize.request import AuthorizationRequest
from kernel.errors import FieldInvalid, ProofInvalid

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


async def check_dpop_key(asked: AuthorizationRequest) -> None:
    if asked.client.sender_constraint != "dpop":
        return
    named = asked.parameters.get("dpop_jkt")
    if named is not None and not _THUMBPRINT.fullmatch(named):
        raise FieldInvalid(
            "not a SHA-256 thumbprint", path="dpop_jkt", public="The dpop_jkt is not a SHA-256 thumbprint of a key."
        )
    if named is not None and asked.proof_jkt not in (None, named):
        raise ProofInvalid(
            "signed with another key than dpop_jkt names", public="The DPoP proof is of another key than dpop_jkt."
        )
    asked.dpop_jkt = named or asked.proof_jkt
