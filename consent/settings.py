"""The settings of the authorization server that an operator may tune, within the bounds that FAPI 2.0 sets."""

from dataclasses import dataclass, field
from datetime import timedelta

from kernel.hot_state.first_uses import FIRST_USES_PER_CLIENT

CODE_SECONDS_MAX = 60  # that a setting may give an authorization code: FAPI2-SP-FINAL 5.3.2.1-13
BACKCHANNEL_SECONDS_MAX = 900  # for the answer to a backchannel request
REQUEST_URI_SECONDS_MAX = 599  # that a setting may give a pushed request: less than 600, FAPI2-SP-FINAL 5.3.2.2-12
ACCESS_TOKEN_SECONDS_MAX = 3600  # that a setting may give an access token, and an id_token
JWKS_CACHE_SECONDS = 300  # how long anyone may keep our public keys without asking again
KEY_PUBLISH_AHEAD_MIN = timedelta(hours=1)  # many times the above: everyone has a key before anything is signed with it
KEY_ROTATE_EVERY_MAX = timedelta(days=730)  # NIST SP 800-57 part 1, table 1: a private signature key serves one to three years
UNKNOWN_REQUESTS_PER_MINUTE = 1200  # of one address: requests that prove no client, token, journey or pushed request
REGISTRATIONS_PER_ORGANISATION = 100  # that can be used; deleting one makes room
CLIENT_REQUESTS_PER_MINUTE = 600  # of one client together: requests that authenticate it, or present its token


@dataclass(frozen=True, slots=True)
class KeySchedule:
    """A signing key is used for `rotate_every`; its successor is published `publish_ahead` before that. Protocol time."""

    rotate_every: timedelta = timedelta(days=90)
    publish_ahead: timedelta = timedelta(days=1)

    def __post_init__(self) -> None:
        if self.publish_ahead < KEY_PUBLISH_AHEAD_MIN:
            raise ValueError(
                f"publish_ahead must be at least {KEY_PUBLISH_AHEAD_MIN}, so that every client has fetched the new keys by then"
            )
        if not 2 * self.publish_ahead <= self.rotate_every <= KEY_ROTATE_EVERY_MAX:
            raise ValueError(f"rotate_every must be at least twice publish_ahead, and at most {KEY_ROTATE_EVERY_MAX.days} days")


@dataclass(frozen=True, slots=True)
class Settings:
    """Lifetimes in seconds of protocol time, and how often a client may authenticate."""

    access_token_seconds: int = 300
    id_token_seconds: int = 300
    code_seconds: int = 60
    request_uri_seconds: int = 90
    backchannel_seconds: int = 300
    client_requests_per_minute: int = CLIENT_REQUESTS_PER_MINUTE
    unknown_requests_per_minute: int = UNKNOWN_REQUESTS_PER_MINUTE
    first_uses_per_client: int = FIRST_USES_PER_CLIENT
    registrations_per_organisation: int = REGISTRATIONS_PER_ORGANISATION
    key_schedule: KeySchedule = field(default_factory=KeySchedule)

    def __post_init__(self) -> None:
        for name, most in (
            ("access_token_seconds", ACCESS_TOKEN_SECONDS_MAX),
            ("id_token_seconds", ACCESS_TOKEN_SECONDS_MAX),
            ("code_seconds", CODE_SECONDS_MAX),
            ("request_uri_seconds", REQUEST_URI_SECONDS_MAX),
            ("backchannel_seconds", BACKCHANNEL_SECONDS_MAX),
        ):
            if not 5 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must lie between 5 and {most}")
        for name in (
            "client_requests_per_minute",
            "unknown_requests_per_minute",
            "first_uses_per_client",
            "registrations_per_organisation",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
