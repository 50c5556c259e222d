"""Configuration is read once, strictly: what is unknown, mistyped or unsafe refuses to boot and names the key."""

import base64
import logging
import os
from datetime import date, datetime, time, timedelta

import pytest
from rich.console import Console

from kernel.config import ConfigurationRefused
from kernel.cut_offs import CutOffRule
from kernel.operations import Operation
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from portcullis.serving.sandbox import open_sandbox
from portcullis.settings.checks import check_production
from portcullis.settings.sources import load

TLS = '[tls]\ncertificate = "c"\nprivate_key = "k"\nclient_authorities = "a"\n'
BRAND = '[[brands]]\nname = "main"\ndisplay_name = "Bank"\nissuer = "https://auth.bank"\nmtls_url = "https://api.bank"\n'
TWO_BRANDS = BRAND + BRAND.replace('"main"', '"other"').replace("auth", "auth2").replace("api", "api2")
CODE_SENDER = '[code_sender]\nurl = "https://messages.bank"\ntoken = "t"\n'
VAULT = 'key_store = "vault_transit"\n[vault_transit]\nurl = "https://vault.bank"\nkey = "portcullis"\n'
WHOLE = f'database_url = "postgresql://db/x"\nsealing_keys = "keys"\n{TLS}{CODE_SENDER}{BRAND}'


def trust_list(*vouches_for: str) -> str:
    return f'[[tls.trust_lists]]\nfile = "list.pem"\nvouches_for = {list(vouches_for)}\n'


def load_text(tmp_path, text, environment=None):
    file = tmp_path / "portcullis.toml"
    file.write_text(text)
    return load(file, environment or {})


def test_the_environment_overrides_the_file_and_the_command_line_both(tmp_path):
    settings = load_text(tmp_path, "public_port = 1\nmtls_port = 2\n", {"PORTCULLIS_PUBLIC_PORT": "3"})
    assert (settings.public_port, settings.mtls_port, settings.ops_port) == (3, 2, 8445)
    assert load(None, {"PORTCULLIS_WORKERS": "7"}, workers=1).workers == 1


def test_the_level_of_the_log_comes_from_the_environment_and_the_command_line():
    assert load(None, {"PORTCULLIS_LOG_LEVEL": "debug"}).log_threshold() == logging.DEBUG
    assert load(None, {"PORTCULLIS_LOG_LEVEL": "debug"}, log_level="error").log_threshold() == logging.ERROR
    with pytest.raises(ConfigurationRefused, match="log_level"):
        load(None, {"PORTCULLIS_LOG_LEVEL": "loud"})


def test_digits_are_a_number_only_where_one_is_meant():
    settings = load(None, {"PORTCULLIS_SANDBOX_TOKEN": "123456", "PORTCULLIS_STATE_DIR": "2026", "PORTCULLIS_REDIS_URL": ""})
    assert (settings.sandbox_token, str(settings.state_dir), settings.redis_url) == ("123456", "2026", "")


def test_the_defaults_name_one_brand_by_its_ports():
    (brand,) = load(None, {"PORTCULLIS_PUBLIC_PORT": "18443"}).resolved_brands()
    assert (brand.issuer, brand.mtls_url) == ("https://localhost:18443", "https://localhost:8444")


def test_a_brand_says_whose_endpoints_stand_at_top_level(tmp_path):
    (brand,) = load_text(tmp_path, BRAND + 'top_level_endpoints = "mtls"').resolved_brands()
    assert brand.top_level_endpoints == "mtls"


@pytest.mark.parametrize(
    ("text", "environment", "named"),
    [
        ("publik_port = 1", {}, "publik_port"),
        ("public_port = 'x'", {}, "public_port"),
        ("public_port = ", {}, "TOML"),
        ("", {"PORTCULLIS_PUBLIK_PORT": "1"}, "PORTCULLIS_PUBLIK_PORT"),
        ("", {"PORTCULLIS_PUBLIC_PORT": "abc"}, r"^PORTCULLIS_PUBLIC_PORT: must be a port, 1 to 65535, not 'abc'$"),
        ("", {"PORTCULLIS_PUBLIC_PORT": ""}, "^PORTCULLIS_PUBLIC_PORT: must be a port"),
        ("", {"PORTCULLIS_OPS_PORT": "70000"}, r"^ops_port \(PORTCULLIS_OPS_PORT\): must be a port"),
        ("", {"PORTCULLIS_WORKERS": "two"}, "^PORTCULLIS_WORKERS: must be a whole number"),
        ("", {"PORTCULLIS_STATE_DIR": ""}, "^PORTCULLIS_STATE_DIR: is empty"),
        ("", {"PORTCULLIS_STATE_DIR": " "}, "^PORTCULLIS_STATE_DIR: is empty"),
        ("", {"PORTCULLIS_OUTBOUND_AUTHORITIES": ""}, "^PORTCULLIS_OUTBOUND_AUTHORITIES: is empty"),
        ("state_dir = ''", {}, "^state_dir: names no path"),
        ("", {"PORTCULLIS_REDIS_URL": "http://x"}, r"^redis_url \(PORTCULLIS_REDIS_URL\): must be"),
        ("workers = 2", {}, "workers"),
        ("database_url = 'mysql://x'", {}, "database_url"),
        ("database_url = 'sqlite://'", {}, "path of a file"),
        ("database_url = 'sqlite://foo.db'", {}, "path of a file"),
        ("database_url = 'postgres://x/y'", {}, "postgresql://"),
        ("redis_url = 'http://x'", {}, "redis_url"),
        (TLS + 'minimum_version = "1.1"', {}, "tls.minimum_version"),
        (BRAND.replace("https://auth", "http://auth"), {}, "brands.issuer"),
        (BRAND.replace("https://api.bank", "https://api.bank/path"), {}, "brands.mtls_url"),
        (BRAND + BRAND.replace("auth", "auth2").replace("api", "api2"), {}, "same name"),
        (BRAND + BRAND.replace('"main"', '"other"'), {}, "same host"),
        (TWO_BRANDS.replace("auth2.bank", "AUTH.bank:443"), {}, "same host"),
        (BRAND + 'dialects = ["none"]', {}, "brands.dialects"),
        (BRAND + 'zone = "Nowhere/None"', {}, "brands.zone"),
        (BRAND + 'colour = "red"', {}, "colour"),
        (BRAND + 'operations_off = ["read_minds"]', {}, "brands.operations_off.*read_minds"),
        (BRAND + 'operations_off = ["read_balances"]', {}, "brands.operations_off.*read_balances"),
        (BRAND + 'operations_off = ["describe_token"]', {}, "brands.operations_off.*describe_token"),
        (BRAND + 'members_on = ["NumberOfWishes"]', {}, "brands.members_on.*NumberOfWishes.*can be: NumberOfPayments"),
        ("redis_url = 'redis://host:port/0'", {}, "redis_url"),
        ("redis_url = 'redis://host/0?retries=7'", {}, "redis_url"),
        ("redis_url = 'rediss://host/0?ssl_ca_certs=/none'", {}, "redis_url"),
        ("trusted_proxies = ['proxy.bank']", {}, "trusted_proxies"),
        ("trusted_proxies = ['0.0.0.0/0']", {}, "trusted_proxies"),
        ("public_port = 0", {}, "public_port"),
        ("mtls_port = -1", {}, "mtls_port"),
        ("core_bank_port = 65536", {}, "core_bank_port"),
        ("", {"PORTCULLIS_OPS_PORT": "8443"}, "ops_port.*public_port"),
        (TLS.replace('client_authorities = "a"\n', ""), {}, "tls.client_authorities"),
        (TLS.replace('client_authorities = "a"\n', trust_list("qsealc")), {}, "tls.client_authorities"),
        (TLS + trust_list("anything"), {}, "tls.trust_lists"),
        ("[certificates]\nrevocation = 'perhaps'", {}, "certificates.revocation"),
        ("[certificates]\nsources = ['crystal ball']", {}, "certificates.sources.*crystal ball"),
        ("[certificates]\nstale_minutes = -1", {}, "certificates.stale_minutes"),
        ("[certificates]\nblocked_thumbprints = ['ab:cd']", {}, "certificates.blocked_thumbprints"),
        ("[rates]\nrequests = 0", {}, "rates.requests"),
        ("[connections]\nper_address = 0", {}, "connections.per_address"),
        ("[connections]\nper_listener = 200\nper_organisation = 201", {}, "connections.per_organisation"),
        ('[connections]\nbalancers = ["0.0.0.0/0"]', {}, "connections.balancers"),
        ("[rates]\nwindow_seconds = 0", {}, "rates.window_seconds"),
        ("[rates]\nunattended_per_day = -4", {}, "rates.unattended_per_day"),
        *((BRAND.replace('"main"', f'"{name}"'), {}, "brands.name") for name in ("", "Main", "a/b", "a b", "a" * 33)),
        ("[signing_keys]\npublish_ahead_hours = 0", {}, "signing_keys.*publish_ahead"),
        ("[signing_keys]\nrotate_every_days = 1\npublish_ahead_hours = 13", {}, "signing_keys.*rotate_every"),
        ("[signing_keys]\nrotate_every_days = 1000", {}, "signing_keys.*rotate_every"),
        ("[signing_keys]\nrotate_every_days = 9999999999999", {}, "signing_keys"),
        ("key_store = 'drawer'", {}, "key_store.*vault_transit"),
        ("key_store = 'vault_transit'", {}, "vault_transit: is required"),
        (VAULT, {}, "token_file"),
        (VAULT + 'token_file = "t"', {"PORTCULLIS_VAULT_TOKEN": "t"}, "token_file.*not both"),
        (VAULT.replace("https", "http"), {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.url.*https"),
        (VAULT.replace("vault.bank", "vault.bank/v1"), {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.url"),
        (VAULT.replace("vault.bank", "me:secret@vault.bank"), {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.url"),
        (VAULT.replace('"portcullis"', '"a/b"'), {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.key"),
        (VAULT + 'mount = "../sys"', {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.mount"),
        (VAULT + 'namespace = "a\\nb"', {"PORTCULLIS_VAULT_TOKEN": "t"}, "vault_transit.namespace"),
        (TWO_BRANDS, {"PORTCULLIS_ISSUER": "https://x.bank"}, "^issuer"),
        (TWO_BRANDS, {"PORTCULLIS_MTLS_URL": "https://x.bank"}, "^mtls_url"),
    ],
)
def test_refuses_naming_what_to_change(tmp_path, text, environment, named):
    with pytest.raises(ConfigurationRefused, match=named):
        load_text(tmp_path, text, environment)


def test_a_vault_may_be_named_whole(tmp_path):
    settings = load_text(tmp_path, VAULT + 'mount = "banking/transit"\ntoken_file = "/run/vault/token"')
    assert (settings.vault_transit.mount, settings.signing_keys.schedule().publish_ahead) == (
        "banking/transit",
        timedelta(days=1),
    )
    assert load_text(tmp_path, VAULT, {"PORTCULLIS_VAULT_TOKEN": "hvs.x"}).vault_token == "hvs.x"


def test_the_environment_overrides_the_addresses_of_a_single_brand(tmp_path):
    (brand,) = load_text(tmp_path, BRAND, {"PORTCULLIS_ISSUER": "https://other.bank"}).resolved_brands()
    assert (brand.name, brand.issuer, brand.mtls_url) == ("main", "https://other.bank", "https://api.bank")


def test_a_refused_redis_url_is_not_repeated(tmp_path):
    with pytest.raises(ConfigurationRefused) as refused:
        load_text(tmp_path, "redis_url = 'redis://:opensesame@host/0?retries=7'")
    assert "opensesame" not in str(refused.value)


def test_a_brand_leaves_out_what_no_standard_demands(tmp_path):
    (brand,) = load_text(tmp_path, BRAND + 'operations_off = ["read_statement_file", "list_offers"]').resolved_brands()
    assert brand.operations_off == {Operation.READ_STATEMENT_FILE, Operation.LIST_OFFERS}


def test_a_brand_sends_what_a_later_edition_brought(tmp_path):
    (brand,) = load_text(tmp_path, BRAND + 'members_on = ["NumberOfPayments"]').resolved_brands()
    assert brand.members_on == {"NumberOfPayments"}


def test_refuses_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigurationRefused, match="cannot be read"):
        load(tmp_path / "none.toml", {})


def test_a_whole_production_file_is_usable(tmp_path):
    check_production(load_text(tmp_path, WHOLE))


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ('database_url = "postgresql://db/x"\n', "database_url"),
        ('sealing_keys = "keys"\n', "sealing_keys"),
        (TLS, "tls"),
        (CODE_SENDER, "code_sender"),
        (BRAND, "brands"),
    ],
)
def test_production_refuses_what_is_left_out(tmp_path, part, named):
    with pytest.raises(ConfigurationRefused, match=named):
        check_production(load_text(tmp_path, WHOLE.replace(part, "")))


def test_all_that_production_lacks_is_named_at_once(tmp_path):
    with pytest.raises(
        ConfigurationRefused, match=r"tls: is required by `portcullis serve` \(missing too: sealing_keys, code_sender\);"
    ):
        check_production(load_text(tmp_path, 'database_url = "postgresql://db/x"\n' + BRAND))


def test_production_refuses_the_sandbox_token_and_plain_http_for_codes(tmp_path):
    with pytest.raises(ConfigurationRefused, match="sandbox_token"):
        check_production(load_text(tmp_path, 'sandbox_token = "x"\n' + WHOLE))
    with pytest.raises(ConfigurationRefused, match="code_sender"):
        check_production(load_text(tmp_path, WHOLE.replace("https://messages", "http://messages")))


def test_a_bank_that_pays_has_an_id_by_which_it_signs(tmp_path):
    pays = "core_bank_payments = true\n" + WHOLE
    with pytest.raises(ConfigurationRefused, match=r"^brands\.organisation_id: brand main"):
        check_production(load_text(tmp_path, pays))
    check_production(load_text(tmp_path, pays + 'organisation_id = "0015800001041RHAAY"\n'))
    check_production(load_text(tmp_path, pays + 'dialects = ["berlin_group/v1.3"]\n'))


async def test_a_sandbox_refuses_a_second_brand_before_it_makes_anything(tmp_path):
    settings = load_text(tmp_path, f'state_dir = "{tmp_path}/state"\n{TWO_BRANDS}')
    with pytest.raises(ConfigurationRefused, match=r"^brands: .*one"):
        async with open_sandbox(settings, 1, Console()):
            pass
    assert not settings.state_dir.exists()


@pytest.mark.parametrize(
    ("seed", "file", "named"),
    [
        (None, "absent.jsonl", r"^--import: .*absent.jsonl cannot be read \(No such file or directory\)$"),
        (None, ".", "^--import: .* cannot be read"),
        (7, "there.jsonl", "^--seed, --import"),
    ],
)
async def test_a_bank_that_cannot_be_imported_is_refused_before_anything_is_made(tmp_path, seed, file, named):
    (tmp_path / "there.jsonl").touch()
    settings = load_text(tmp_path, f'state_dir = "{tmp_path}/state"\n')
    with pytest.raises(ConfigurationRefused, match=named):
        async with open_sandbox(settings, seed, Console(), imported=tmp_path / file):
            pass
    assert not settings.state_dir.exists()


def test_sealing_keys_are_made_once_and_kept_private(tmp_path):
    file = tmp_path / "keys" / "sealing.keys"
    ensure_sealing_keys(file)
    first = file.read_text()
    ensure_sealing_keys(file)
    assert file.read_text() == first
    assert file.stat().st_mode & 0o077 == 0
    load_sealer(file)


@pytest.mark.parametrize(
    "content", ["", "1 short", "x " + base64.b64encode(bytes(32)).decode(), "1 " + base64.b64encode(bytes(31)).decode()]
)
def test_refuses_sealing_keys_that_are_none(tmp_path, content):
    file = tmp_path / "sealing.keys"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(ConfigurationRefused, match="sealing_keys"):
        load_sealer(file)


def test_refuses_sealing_keys_that_others_may_read(tmp_path):
    file = tmp_path / "sealing.keys"
    ensure_sealing_keys(file)
    os.chmod(file, 0o644)  # noqa: PTH101
    with pytest.raises(ConfigurationRefused, match="chmod 600"):
        load_sealer(file)


CUT_OFF = BRAND + '[brands.cut_off]\ntime = "16:30"\nlate = "refused"\nclosed = ["2026-12-25"]\n'


def test_a_brand_has_a_cut_off_of_payments_if_it_says_so(tmp_path):
    assert load_text(tmp_path, BRAND).resolved_brands()[0].cut_off is None
    (brand,) = load_text(tmp_path, CUT_OFF).resolved_brands()
    assert brand.cut_off == CutOffRule(at=time(16, 30), late="refused", closed=frozenset({date(2026, 12, 25)}))


@pytest.mark.parametrize(
    ("calendar", "now", "day"),
    [
        ("target", "2026-04-02T18:00:00+00:00", "2026-04-07"),  # Good Friday, a weekend and Easter Monday between
        ("target", "2026-12-24T18:00:00+00:00", "2026-12-28"),
        ("england", "2026-12-24T18:00:00+00:00", "2026-12-29"),  # the 28th in place of Boxing Day
        ("england", "2026-08-28T18:00:00+00:00", "2026-09-01"),
        ("england", "2033-12-23T18:00:00+00:00", "2033-12-28"),  # Christmas Day on a Sunday, years before it is announced
    ],
)
def test_a_brand_makes_no_payments_on_the_holidays_of_its_calendar(tmp_path, calendar, now, day):
    (brand,) = load_text(tmp_path, f'{CUT_OFF}calendar = "{calendar}"\n').resolved_brands()
    assert brand.cut_off.day_of(datetime.fromisoformat(now), brand.zone).cut_off.date() == date.fromisoformat(day)
    assert date(2026, 12, 25) in brand.cut_off.closed


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("16:30", "25:00", "time"),
        ("16:30", "00:00", "time"),
        ("16:30", "4 pm", "time"),
        ('"refused"', '"tomorrow"', "late"),
        ("2026-12-25", "25/12/2026", "closed"),
        ("closed", 'calendar = "paris"\nclosed', "calendar"),
        ("closed", 'source = "the moon"\nclosed', "source"),
        ('["2026-12-25"]', str([f"{year}-12-25" for year in range(2000, 2101)]), "closed"),
    ],
)
def test_a_cut_off_that_means_nothing_is_refused(tmp_path, before, after, key):
    with pytest.raises(ConfigurationRefused, match=key):
        load_text(tmp_path, CUT_OFF.replace(before, after)).resolved_brands()
