"""The brand of every world, and the time at which each begins."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from kernel.brand import Brand
from openapi import DIALECTS

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
BRAND = Brand(
    name="main",
    display_name="Main Bank",
    issuer="https://localhost:8443",
    mtls_url="https://localhost:8444",
    zone=ZoneInfo("Europe/London"),
    dialects=tuple(dialect.name for dialect in DIALECTS),
    resource_audience="https://localhost:8444",
)
OTHER_BRAND = replace(BRAND, name="other", issuer="https://other.example", mtls_url="https://mtls.other.example")
