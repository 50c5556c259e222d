"""What an operator may tune of the authorization server, with the bounds that FAPI 2.0 sets."""

from dataclasses import dataclass

CODE_SECONDS_MAX = 60  # FAPI2-SP-FINAL 5.3.2.1-13
REQUEST_URI_SECONDS_MAX = 599  # FAPI2-SP-FINAL 5.3.2.2-12: shorter than 600
ACCESS_TOKEN_SECONDS_MAX = 3600
CLIENT_REQUESTS_PER_MINUTE = 600  # authenticated requests of one client to /token, /par and /revoke together


@dataclass(frozen=True, slots=True)
class Settings:
    """Lifetimes in seconds of protocol time, and how often a client may authenticate."""

    access_token_seconds: int = 300
    id_token_seconds: int = 300
    code_seconds: int = 60
    request_uri_seconds: int = 90
    client_requests_per_minute: int = CLIENT_REQUESTS_PER_MINUTE

    def __post_init__(self) -> None:
        for name, most in (
            ("access_token_seconds", ACCESS_TOKEN_SECONDS_MAX),
            ("id_token_seconds", ACCESS_TOKEN_SECONDS_MAX),
            ("code_seconds", CODE_SECONDS_MAX),
            ("request_uri_seconds", REQUEST_URI_SECONDS_MAX),
        ):
            if not 5 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must lie between 5 and {most}")
        if self.client_requests_per_minute < 1:
            raise ValueError("client_requests_per_minute must be at least 1")
