"""The ways in which an authorization response may travel through the browser."""

from consent.authorization.response_modes.fragment import Fragment
from consent.authorization.response_modes.fragment_jwt import FragmentJwt
from consent.authorization.response_modes.jwt import Jwt
from consent.authorization.response_modes.query import Query
from consent.authorization.response_modes.query_jwt import QueryJwt
from consent.authorization.response_modes.response import ResponseMode

MODES: tuple[ResponseMode, ...] = (Query(), Fragment(), Jwt(), QueryJwt(), FragmentJwt())
