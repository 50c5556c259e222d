"""Registration of clients by the TPPs themselves. RFC 7591, RFC 7592, UK Open Banking Dynamic Client Registration 3.3."""

from consent.authorization.registration.endpoint import delete, read, register, replace

REGISTRATION = (("POST", "/register", register),)
MANAGEMENT = (
    ("GET", "/register/{id}", read),
    ("PUT", "/register/{id}", replace),
    ("DELETE", "/register/{id}", delete),
)
