"""The banner at start describes the bank that is there."""

import io
from zoneinfo import ZoneInfo

from rich.console import Console

from kernel.brand import Brand
from portcullis.serving.banner import PEOPLE_MAX, print_banner, seed_progress
from portcullis.settings.schema import Settings

BRAND = Brand("main", "Main [Bank]", "https://localhost:8443", "https://localhost:8444", ZoneInfo("Europe/London"), (), "x")


def persona(name: str, *methods: str) -> dict:
    return {"name": name, "sca_methods": list(methods), "otp": "123456" if "one_time_code" in methods else None}


def banner(*personas: dict) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_banner(console, Settings(), BRAND, list(personas))
    return console.file.getvalue()


def test_the_customers_are_those_of_the_bank():
    """An imported bank has none of the usual ones."""
    said = banner(persona("gwen", "one_time_code"), persona("h[u]go", "device", "one_time_code"))
    assert "gwen, h[u]go   password <name>-pw" in said
    assert "one-time code 123456; not asked of h[u]go, whose device confirms at once" in said
    assert "alice" not in said


def test_the_first_call_reads_the_accounts_of_somebody_who_has_some():
    said = banner(persona("gwen", "device"), persona("hugo", "device") | {"accounts": [{}]})
    assert "tpp token acme --persona hugo)" in said
    assert "https://localhost:8444/open-banking/v4.0/aisp/accounts" in said
    assert "/whoami" in banner(persona("gwen", "device"))


def test_a_code_is_shown_only_where_a_customer_has_one():
    assert "one-time code" not in banner(persona("gwen", "device"))
    assert "not asked" not in banner(persona("gwen", "passkey", "one_time_code"))
    assert "no customers who can log in" in banner()


def test_many_customers_are_counted():
    said = banner(*(persona(f"p{number}", "one_time_code") for number in range(PEOPLE_MAX + 1_000)))
    assert "and 1,000 more in var/sandbox/personas.json" in said
    assert f"p{PEOPLE_MAX}," not in said


def test_progress_without_a_terminal_is_a_line_a_household_that_says_how_far_it_is():
    console = Console(file=io.StringIO(), width=200)
    with seed_progress(console) as report:
        for done, whose in ((10, "alice"), (20, "alice"), (60, "bob"), (4000, "heavy")):
            report(done, 4000, whose)
    assert console.file.getvalue().splitlines() == [
        "Making the bank: alice (10 of 4,000 transactions)",
        "Making the bank: bob (60 of 4,000 transactions)",
        "Making the bank: heavy (4,000 of 4,000 transactions)",
    ]
