"""Every way in which a test may make the correct TPP a wrong one. All defaults are correct."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from sandbox.tpp_kit.folder import ClientCertificate

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Changes to one call. In each mapping a value replaces or adds a member, and None takes it away.

    `certificate`: the TPP's own (where a call needs one), none at all, or another's. `signing_jwk` signs the client assertion in place of
    the TPP's key, `proof_jwk` the DPoP proof, `object_jwk` the request object. `proof`: with each call that needs one, never, or also
    with a pushed request, which otherwise only names the key. `form` changes what is sent, `object_claims` what is signed, `query` the
    unsigned parameters that a browser brings.
    """

    assertion_claims: Mapping[str, Any] = field(default_factory=dict)
    assertion_header: Mapping[str, Any] = field(default_factory=dict)
    signing_jwk: dict[str, Any] | None = None
    proof_claims: Mapping[str, Any] = field(default_factory=dict)
    proof_header: Mapping[str, Any] = field(default_factory=dict)
    proof_jwk: dict[str, Any] | None = None
    proof: Literal["where needed", "never", "also at push"] = "where needed"
    object_claims: Mapping[str, Any] = field(default_factory=dict)
    object_header: Mapping[str, Any] = field(default_factory=dict)
    object_jwk: dict[str, Any] | None = None
    query: Mapping[str, str | None] = field(default_factory=dict)
    form: Mapping[str, str | None] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    certificate: ClientCertificate | Literal["own", "none"] = "own"


AS_IT_SHOULD_BE = Knobs()


def turned(members: Mapping[str, Value], changes: Mapping[str, Value | None]) -> dict[str, Value]:
    """The members with the changes applied."""
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not None}
