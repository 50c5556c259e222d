"""The order of refusals, written once. It is contract: a request with several defects is refused for the first of these.

Form of the correlation id (400), caller (401), rate (429, 503), rights of the caller (403), version and form of the request (406, 415,
400), age of the PSU's authentication (403), accesses without the PSU and checks of funds (429). The record of the access comes last, in the response phase.
"""

from gateway.pipeline.policy import Policy
from policies.accept import Accept
from policies.access_record import AccessRecord
from policies.account import Account
from policies.audience import TokenAudience
from policies.body import Body
from policies.calls_in_flight import CallerCallsInFlight
from policies.certificate import CertificatePresented
from policies.certificate_caller import CertificateCaller
from policies.certificate_owner import CertificateOwner
from policies.certificate_standing import CertificateStanding
from policies.client_state import ClientState
from policies.consent_named import ConsentNamed
from policies.consent_state import ConsentState
from policies.content_type import ContentType
from policies.first_call import FirstCall
from policies.fresh_authentication import FreshAuthentication
from policies.funds_checks_limit import FundsChecksLimit
from policies.grant import GrantType
from policies.header_forms import HeaderForms
from policies.idempotency_key import IdempotencyKey
from policies.interaction_id import InteractionId
from policies.message_signature import MessageSignature
from policies.permission import PermissionGranted
from policies.psu_presence import PsuPresence
from policies.rate_limit import RateLimit
from policies.role import RoleHeld
from policies.scope import Scope
from policies.token import TokenVerified
from policies.token_binding import TokenBinding
from policies.token_family import TokenFamilyActive
from policies.unattended_limit import UnattendedLimit
from policies.version import Version

CHAIN: tuple[type[Policy], ...] = (
    InteractionId,
    CertificatePresented,
    CertificateStanding,
    CertificateCaller,
    TokenVerified,
    TokenAudience,
    TokenBinding,
    TokenFamilyActive,
    ClientState,
    CertificateOwner,
    CallerCallsInFlight,
    GrantType,
    RoleHeld,
    Scope,
    ConsentState,
    PermissionGranted,
    Account,
    Version,
    Accept,
    ContentType,
    HeaderForms,
    IdempotencyKey,
    PsuPresence,
    ConsentNamed,
    MessageSignature,
    Body,
    FreshAuthentication,
    FirstCall,
    RateLimit,
    UnattendedLimit,
    FundsChecksLimit,
    AccessRecord,
)
