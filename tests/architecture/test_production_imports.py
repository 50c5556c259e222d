"""Production runs without the sandbox: not only is nothing of it used, nothing of it is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOADED = "import sys; print(*sorted(name for name in sys.modules if name.partition('.')[0] == 'sandbox'))"
SERVE_HELP = """
from contextlib import suppress
from portcullis.cli.app import app
with suppress(SystemExit):
    app(["serve", "--help"])
print()
"""


@pytest.mark.parametrize(
    "code",
    [
        "import portcullis.serving.production",
        "import portcullis.compose.composition",
        "import portcullis.serving.surfaces, portcullis.serving.singletons",
        SERVE_HELP,
    ],
    ids=["serve", "compose", "surfaces", "serve --help"],
)
def test_production_never_loads_the_sandbox(code):
    done = subprocess.run([sys.executable, "-c", f"{code}\n{LOADED}"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_the_sandbox_would_be_noticed():
    code = f"import portcullis.serving.sandbox\n{LOADED}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "sandbox.control.surface" in done.stdout


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["--help"], ["tpp", "--help"]], ids=" ".join)
def test_asking_for_the_version_or_for_help_loads_only_the_command_line(arguments):
    """Counted, not timed: what is not loaded costs nothing on any machine."""
    code = f"""
import sys
from contextlib import suppress
from portcullis.__main__ import main
sys.argv[1:] = {arguments}
with suppress(SystemExit):
    main()
ours = {{"consent", "orders", "notices", "gateway", "kernel", "openapi", "plugins", "policies", "portcullis", "sandbox"}}
print()
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ours))
print(*({{"aiohttp", "alembic", "asyncpg", "authlib", "cryptography", "sqlalchemy", "structlog", "uvloop"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    *_, loaded, heavy = done.stdout.split("\n")[:-1]
    groups = {f"portcullis.cli.{path.parent.name}" for path in (ROOT / "portcullis/cli").glob("*/commands.py")}
    assert set(loaded.split()) <= groups | {f"{group}.commands" for group in groups} | {
        *("kernel", "kernel.config", "portcullis", "portcullis.__main__", "portcullis.version"),
        *("portcullis.cli", "portcullis.cli.app", "portcullis.cli.openapi_document", "portcullis.cli.event_loop"),
        *("portcullis.cli.configuration.production_settings", "portcullis.cli.tpp.records", "portcullis.cli.tpp.roles"),
        *("portcullis.cli.control_client", "portcullis.cli.uncollected", "portcullis.cli.requests"),
        *("portcullis.settings", "portcullis.settings.sources", "portcullis.settings.log_level"),
    }
    assert heavy == ""


@pytest.mark.parametrize("command", ["cli.app", "core_bank.serve"])
def test_a_command_does_not_wait_for_what_it_has_no_use_for(command):
    code = f"import sys, portcullis.{command}\nprint('portcullis.compose.composition' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
