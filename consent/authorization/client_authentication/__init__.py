"""The ways in which a client may authenticate: the first one that a request uses is the only one that counts."""

from consent.authorization.client_authentication.method import Method
from consent.authorization.client_authentication.private_key_jwt import PrivateKeyJwt
from consent.authorization.client_authentication.tls_client_auth import TlsClientAuth

METHODS: tuple[Method, ...] = (PrivateKeyJwt(), TlsClientAuth())
