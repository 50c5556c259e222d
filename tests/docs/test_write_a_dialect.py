"""The steps of docs/extending/write-a-dialect.md are done in a copy of the tree, and lead to a sandbox that serves the dialect."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.test_docs_commands import run
from tests.harness.installations import EMBEDDED, Installations
from tests.harness.server import free_ports

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending" / "write-a-dialect.md").read_text()
TOY = ROOT / "tests" / "dialects" / "toy"
LISTINGS = re.findall(r"^```python\n# (\S+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = "\n".join(re.findall(r"^```sh in the tree\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
PACKAGES = ("portcullis", "kernel", "openapi", "consent", "gateway", "policies", "plugins", "sandbox")
REGISTRY = "openapi/__init__.py"


@pytest.mark.parametrize(("module", "listing"), [each for each in LISTINGS if each[0] != REGISTRY])
def test_a_listing_is_what_the_source_says(module: str, listing: str) -> None:
    assert listing in (TOY / module).read_text()


def test_every_module_of_the_folder_is_explained() -> None:
    for module in TOY.glob("*.py"):
        assert f"`{module.name}`" in PAGE, module.name


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the reader has."""
    unneeded = shutil.ignore_patterns("__pycache__")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=unneeded)
    shutil.copytree(TOY, tmp_path / "tests" / "dialects" / "toy", ignore=unneeded)
    return tmp_path


def register(tree: Path) -> None:
    """The page's own lines, where they belong."""
    [lines] = [listing for module, listing in LISTINGS if module == REGISTRY]
    imported, listed = lines.strip().split("\n\n")
    registry = tree / REGISTRY
    text = re.sub(r"^DIALECTS: .*$", listed, registry.read_text(), flags=re.MULTILINE)
    text = text.replace("from openapi.uk_obie", f"{imported}\nfrom openapi.uk_obie", 1)
    assert text.count("TOY_V1") == 2
    registry.write_text(text)


def test_its_reader_ends_with_a_sandbox_that_serves_the_dialect(tree: Path, installations: Installations) -> None:
    register(tree)
    public, mtls, ops = free_ports(3)
    with installations.installation(EMBEDDED) as server:
        (tree / "var").mkdir()
        (tree / "var" / "sandbox").symlink_to(server.state_dir)
        printed = run(
            COMMANDS.replace("localhost:8444", f"localhost:{mtls}"),
            tree,
            PYTHONPATH=str(tree),
            PORTCULLIS_PUBLIC_PORT=str(public),
            PORTCULLIS_MTLS_PORT=str(mtls),
            PORTCULLIS_OPS_PORT=str(ops),
        )
    document = (tree / "openapi" / "toy" / "v1" / "document.json").read_text()
    assert '"title": "Toy accounts"' in document
    assert document[:200] in printed
    assert "HTTP/1.1 200 OK" in printed
    assert "x-v: 2" in printed.lower()
    assert "Bills and spending" in printed
    assert "HTTP/1.1 406 Not Acceptable" in printed
    assert '{"code":"version_unsupported","at":"x-v","operation":"list_accounts"}' in printed
