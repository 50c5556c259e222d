"""`portcullis config limits`: one line for each limit, with its value, its unit, what it bounds and the setting that changes it."""

import io
import re
from datetime import timedelta

import msgspec
import pytest
from rich.console import Console

from portcullis.cli.app import app
from portcullis.cli.configuration.limits import Constant, collect_constants, print_limits, settings_of_constants
from portcullis.settings.schema import BodySettings, ConnectionSettings, RateSettings, Settings


@pytest.fixture(scope="module")
def constants() -> tuple[Constant, ...]:
    return tuple(collect_constants())


@pytest.fixture(autouse=True)
def _collected_once(constants: tuple[Constant, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each table parses all modules: a second and more."""
    monkeypatch.setattr("portcullis.cli.configuration.limits.collect_constants", lambda: iter(constants))


def printed(settings: Settings | None = None) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_limits(console, settings)
    return console.file.getvalue()


def test_every_limit_of_a_file_is_printed_with_value_unit_setting_and_what_it_protects(constants):
    lines = printed().splitlines()
    assert len(lines) > len([each for each in constants if each.is_limit])
    [line] = [line for line in lines if line.startswith("  BUFFERED_BYTES_MAX ")]
    shown = r"  BUFFERED_BYTES_MAX +16,777,216 bytes  bodies.buffered_bytes +of all bodies that arrive or are answered, in the process"
    assert re.fullmatch(shown, line)
    assert any(re.fullmatch(r"  HEAD_SECONDS +15 s  - +from the first byte of a head.*", line) for line in lines)
    assert any(re.fullmatch(r"  BLOCKED_FOR +15 min  - +from the failure.*", line) for line in lines)


def test_names_values_settings_and_descriptions_are_aligned():
    lines = [line for line in printed().splitlines() if line.startswith("  ")]
    rows = [row for line in lines if (row := re.match(r"  ([A-Z0-9_]+) +(\S+(?: \S+)?)  (\S+) +(?=\S)", line))]
    assert len(rows) > len(lines) * 0.95
    assert len({row.end(2) for row in rows}) == len({row.start(3) for row in rows}) == len({row.end() for row in rows}) == 1


def test_every_number_among_rates_bodies_and_connections_is_the_setting_of_a_limit(constants):
    tables = {"rates": RateSettings, "bodies": BodySettings, "connections": ConnectionSettings}
    numbers = {
        f"{key}.{field.name}" for key, table in tables.items() for field in msgspec.structs.fields(table) if field.type is int
    }
    assert numbers == set(settings_of_constants().values()) & numbers
    assert numbers <= {each.setting for each in constants if each.is_limit}


def test_a_configured_value_is_shown_with_its_default():
    text = printed(Settings(bodies=BodySettings(seconds=20)))
    [line] = [line for line in text.splitlines() if line.startswith("  BODY_SECONDS ")]
    assert re.match(r"  BODY_SECONDS +20 s  bodies.seconds  .* \(default: 10 s\)$", line)
    assert "  connections.per_address  " in text


@pytest.mark.parametrize(
    ("name", "value", "stated"),
    [
        ("KEPT", timedelta(hours=36), "36 h"),
        ("KEPT", timedelta(minutes=1, seconds=30), "90 s"),
        ("WAIT_SECONDS", 0.025, "0.025 s"),
        ("PATIENCE_SECONDS", 21_600, "21,600 s"),
        ("ROWS_MAX", 500, "500 rows"),
        ("CLIENTS_MAX", 2_000, "2,000"),
    ],
)
def test_a_value_is_spelled_with_the_unit_of_its_name(name, value, stated):
    assert Constant("", "", name, value, "", None).spell(value) == stated


def test_the_command_reads_a_settings_file(tmp_path, capsys):
    file = tmp_path / "portcullis.toml"
    file.write_text("[rates]\nin_flight = 640\n")
    with pytest.raises(SystemExit) as ended:
        app(["config", "limits", str(file)])
    assert not ended.value.code
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  UNITS_MAX ")]
    assert line.split()[1] == "640"
    assert "  rates.in_flight  " in line
    assert line.endswith("(default: 320)")
