"""The parts of the policies. Each policy names the parts it needs by its fields (gateway/assembly.py)."""

from dataclasses import dataclass, field

from gateway.ports import AccessRecords, Consents, MessageKeys, Organisations, Snapshots, Tokens
from kernel.certificates.certificate import CertificateStatus
from kernel.clock import Clock
from kernel.storage.cursor import CursorSealer
from kernel.tokens.dpop_nonces import Nonces
from policies.rate_limit import Rate
from policies.token_binding import FirstUses
from policies.unattended_limit import Unattended


@dataclass(frozen=True, slots=True)
class Parts:
    tokens: Tokens
    snapshots: Snapshots
    consents: Consents
    organisations: Organisations
    records: AccessRecords
    refusals: AccessRecords
    clock: Clock
    certificate_status: CertificateStatus
    nonces: Nonces
    cursors: CursorSealer
    message_keys: MessageKeys
    first_uses: FirstUses = field(default_factory=FirstUses)
    rate: Rate = field(default_factory=Rate)
    unattended: Unattended = field(default_factory=Unattended)
