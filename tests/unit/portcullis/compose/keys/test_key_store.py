"""Which key store a server opens, what it demands of it before it starts, and how one takes over from another."""

import base64
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.config import ConfigurationRefused
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import SealBroken
from plugins.key_stores.sealing_file import SealingFile
from portcullis.cli.explanations import explain
from portcullis.compose.keys.key_store import open_keys, wrap_sealing_keys
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from portcullis.safety.files import check_files
from portcullis.settings.schema import Settings, TlsSettings, VaultTransitSettings
from tests.harness.vault import KEY, TOKEN, FakeVault, running_vault

PLACE = ("signing_keys", "private_jwk", "main", "kid")


@pytest.fixture
async def vault() -> AsyncIterator[FakeVault]:
    async with running_vault() as running:
        yield running


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    file = tmp_path / "sealing.keys"
    ensure_sealing_keys(file)
    file.write_text(f"{file.read_text()}2 {base64.b64encode(b'second' + bytes(26)).decode()}\n")
    return file


def in_vault(vault: FakeVault, keys: Path, **changes: object) -> Settings:
    chosen = VaultTransitSettings(url=vault.url, key=KEY)
    return Settings(
        **{"sealing_keys": keys, "key_store": "vault_transit", "vault_transit": chosen, "vault_token": TOKEN, **changes}
    )


async def wrapped(vault: FakeVault, plain: Path, tmp_path: Path) -> Path:
    file = tmp_path / "wrapped.keys"
    file.touch(mode=0o600)
    file.write_text(await wrap_sealing_keys(in_vault(vault, plain)))
    return file


async def test_by_default_keys_are_wrapped_with_those_of_the_file(plain: Path):
    async with open_keys(Settings(sealing_keys=plain)) as keys:
        assert isinstance(keys.store, SealingFile)
        assert keys.sealer.open(await keys.store.wrap(b"key", *PLACE), *PLACE) == b"key"


@pytest.mark.spec("SP800-57-6.2.2.3")
async def test_wrapped_sealing_keys_open_what_the_plain_ones_sealed(vault: FakeVault, plain: Path, tmp_path: Path):
    """Moving to Vault changes no row; the file that is left is worth nothing without Vault."""
    before = load_sealer(plain)
    file = await wrapped(vault, plain, tmp_path)
    assert all(line.split()[1].startswith("vault:v1:") for line in file.read_text().splitlines())
    async with open_keys(in_vault(vault, file)) as keys:
        assert keys.sealer.open(before.seal(b"value", "t", "c", "1"), "t", "c", "1") == b"value"
        assert keys.sealer.derive("x") == before.derive("x")


async def test_a_new_sealing_key_is_added_plain_and_the_others_are_wrapped_again(vault: FakeVault, plain: Path, tmp_path: Path):
    """So that Vault's own key may be rotated, and its old versions be forgotten."""
    before, file = load_sealer(plain), await wrapped(vault, plain, tmp_path)
    vault.version = 2
    file.write_text(f"{file.read_text()}3 {base64.b64encode(b'third' + bytes(27)).decode()}\n")
    file.write_text(await wrap_sealing_keys(in_vault(vault, file)))
    assert [line.partition(":v2:")[0] for line in file.read_text().splitlines()] == ["1 vault", "2 vault", "3 vault"]
    async with open_keys(in_vault(vault, file)) as keys:
        assert keys.sealer.open(before.seal(b"value", "t"), "t") == b"value"
        assert keys.sealer.seal(b"value", "t")[1:3] == (3).to_bytes(2, "big")


async def test_signing_keys_of_before_still_open_and_new_ones_are_vaults(vault: FakeVault, plain: Path, tmp_path: Path):
    old = await SealingFile(load_sealer(plain)).wrap(b"old", *PLACE)
    async with open_keys(in_vault(vault, await wrapped(vault, plain, tmp_path))) as keys:
        assert await keys.store.unwrap(old, *PLACE) == b"old"
        new = await keys.store.wrap(b"new", *PLACE)
        assert new.startswith(b"vault:v1:")
        assert await keys.store.unwrap(new, *PLACE) == b"new"
        assert keys.store.wrapped(old)
        assert keys.store.wrapped(new)
        with pytest.raises(SealBroken):
            await keys.store.unwrap(b"plain", *PLACE)


async def test_plain_keys_with_a_key_store_refuse_to_start_and_name_the_remedy(vault: FakeVault, plain: Path):
    with pytest.raises(ConfigurationRefused, match=r"portcullis keys wrap --config"):
        async with open_keys(in_vault(vault, plain)):
            pass


async def test_wrapped_keys_without_their_key_store_refuse_to_start(vault: FakeVault, plain: Path, tmp_path: Path):
    with pytest.raises(ConfigurationRefused, match="key_store"):
        async with open_keys(Settings(sealing_keys=await wrapped(vault, plain, tmp_path))):
            pass


async def test_a_wrapped_key_under_another_version_refuses_to_start(vault: FakeVault, plain: Path, tmp_path: Path):
    """Its version is its place: swapped lines would seal with one key and call it another."""
    file = await wrapped(vault, plain, tmp_path)
    first, second = (line.split()[1] for line in file.read_text().splitlines())
    file.write_text(f"1 {second}\n2 {first}\n")
    with pytest.raises(ConfigurationRefused, match="does not open"):
        async with open_keys(in_vault(vault, file)):
            pass


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"vault_token": "stale"}, "token_file"), ({"vault_transit": VaultTransitSettings(url="http://127.0.0.1:1", key=KEY)}, "does not answer")],
    ids=["token", "address"],
)  # fmt: skip
async def test_a_server_that_cannot_reach_its_keys_does_not_start_and_says_why(
    vault: FakeVault, plain: Path, tmp_path: Path, wrong: dict[str, object], named: str
):
    file = await wrapped(vault, plain, tmp_path)
    with pytest.raises(KeyStoreFailed, match=named) as failed:
        async with open_keys(in_vault(vault, file, **wrong)):
            pass
    assert named in (explain(failed.value) or "")


async def test_keys_are_wrapped_for_a_key_store_only(plain: Path):
    with pytest.raises(ConfigurationRefused, match="key_store"):
        await wrap_sealing_keys(Settings(sealing_keys=plain))


async def test_a_configuration_is_checked_without_asking_vault(vault: FakeVault, plain: Path, tmp_path: Path):
    """`portcullis config check` runs where a server will, not necessarily where Vault may be reached from."""
    tls = TlsSettings(certificate=tmp_path / "none", private_key=tmp_path / "none", client_authorities=tmp_path / "none")
    file = await wrapped(vault, plain, tmp_path)
    vault.asked.clear()
    for keys, named in ((plain, "keys wrap"), (file, "^tls: .*/none is no list of certificates")):
        with pytest.raises(ConfigurationRefused, match=named):
            check_files(in_vault(vault, keys, tls=tls))
    chosen = VaultTransitSettings(url=vault.url, key=KEY, token_file=tmp_path / "none")
    with pytest.raises(KeyStoreFailed, match="token_file"):
        check_files(in_vault(vault, file, tls=tls, vault_transit=chosen, vault_token=""))
    assert vault.asked == []


async def test_wrapped_keys_too_are_for_their_owner_alone(vault: FakeVault, plain: Path, tmp_path: Path):
    file = await wrapped(vault, plain, tmp_path)
    file.chmod(0o600 | stat.S_IROTH)
    with pytest.raises(ConfigurationRefused, match="chmod 600"):
        async with open_keys(in_vault(vault, file)):
            pass
