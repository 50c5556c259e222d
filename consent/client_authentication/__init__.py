"""The ways in which a client may authenticate, in no order: a request uses exactly one."""

from consent.client_authentication.private_key_jwt import PrivateKeyJwt

METHODS = (PrivateKeyJwt(),)
