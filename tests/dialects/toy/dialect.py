"""The toy dialect, version 1: a standard that no one wrote, small enough to be read in one sitting. The guide shows it
(docs/extending/write-a-dialect.md)."""

from datetime import timedelta

from kernel.banking.consents import ConsentKind
from openapi.dialect import Dialect, Rules, Service
from openapi.versions import HeaderVersions
from tests.dialects.toy.accounts import PAGES
from tests.dialects.toy.authorization import Authorization
from tests.dialects.toy.errors import ErrorTable
from tests.dialects.toy.headers import Headers
from tests.dialects.toy.operations import ROWS

DIALECT = Dialect(
    name="toy/v1",
    services=(Service("", "Toy accounts", "/toy/v1", ROWS),),
    audience_path="/toy/v1",
    headers=Headers(),
    errors=ErrorTable(),
    authorization=Authorization(),
    rules=Rules(
        owner="client",
        withdrawn="terminated",
        stopped_may_return=frozenset(),
        suspended="paused",
        unanswered_wait=timedelta(hours=1),
        authorised_by={ConsentKind.ACCOUNTS: "one"},
        one_recurring=frozenset(),
        half_signed_wait=timedelta(hours=1),
    ),
    paths={"valid_until": "until"},
    version="1.0.0",
    paging=PAGES,
    versions=HeaderVersions("x-v", "x-min-v"),
)
