"""Vault's Transit engine as a key store: what it is asked, and what becomes of every way in which it may not answer."""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import structlog

from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import SealBroken
from plugins.key_stores import vault_transit
from plugins.key_stores.vault_transit import ANSWER_BYTES_MAX, ATTEMPTS_MAX, Address, VaultTransit, read_token
from tests.harness.vault import KEY, MOUNT, TOKEN, FakeVault, running_vault

PLACE = ("signing_keys", "private_jwk", "main", "kid")
SECRET = b"a private key that no one may read"


@dataclass
class Setting:
    vault: FakeVault
    store: VaultTransit
    pauses: list[float]

    def at(self, **changes: object) -> VaultTransit:
        """The same store, in another place."""
        return VaultTransit(self.store._session, replace(self.store._address, **changes), self.store._pause)


@pytest.fixture
async def setting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Setting]:
    monkeypatch.setattr(vault_transit, "ANSWER_SECONDS_MAX", 0.3)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    async with running_vault() as vault:
        address = Address(url=vault.url, mount=MOUNT, key=KEY, namespace="", token=lambda: TOKEN)
        async with VaultTransit.open(address) as opened:
            yield Setting(vault, VaultTransit(opened._session, address, pause), pauses)


async def test_the_place_is_the_context_and_the_material_travels_as_base64(setting: Setting):
    await setting.store.wrap(SECRET, *PLACE)
    (asked,) = setting.vault.bodies
    assert base64.b64decode(asked["plaintext"]) == SECRET
    context = base64.b64decode(asked["context"])
    assert all(part.encode() in context for part in PLACE)
    assert setting.vault.asked == [("POST", f"/v1/{MOUNT}/encrypt/{KEY}")]


async def test_what_an_older_version_of_vaults_key_wrapped_still_opens(setting: Setting):
    wrapped = await setting.store.wrap(SECRET, *PLACE)
    setting.vault.version = 2
    assert (await setting.store.wrap(SECRET, *PLACE)).startswith(b"vault:v2:")
    assert await setting.store.unwrap(wrapped, *PLACE) == SECRET


async def test_a_good_key_passes_the_check(setting: Setting):
    await setting.store.check()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"derived": False}, "derived=true"), ({"kind": "rsa-2048"}, "aes256-gcm96"), ({"token": "other"}, "token_file")],
)
async def test_a_key_that_binds_nothing_or_a_token_without_rights_is_found_out_at_the_start(
    setting: Setting, wrong: dict[str, object], named: str
):
    """A key that is not derived ignores the context: a signing key moved to another row would open there."""
    for name, value in wrong.items():
        setattr(setting.vault, name, value)
    with pytest.raises(KeyStoreFailed, match=named):
        await setting.store.check()


async def test_a_key_that_is_not_there_is_named_with_the_command_that_makes_it(setting: Setting):
    with pytest.raises(KeyStoreFailed, match=r"vault write transit/keys/none type=aes256-gcm96 derived=true"):
        await setting.at(key="none").check()


async def test_a_namespace_goes_along(setting: Setting):
    setting.vault.namespace = "bank/retail"
    with pytest.raises(KeyStoreFailed):
        await setting.store.wrap(SECRET, *PLACE)
    assert await setting.at(namespace="bank/retail").wrap(SECRET, *PLACE)


@pytest.mark.parametrize("trouble", [500, 502, 503, 429, None], ids=str)
async def test_a_moment_of_trouble_is_bridged(setting: Setting, trouble: int | None):
    setting.vault.mischief = [trouble] * (ATTEMPTS_MAX - 1)
    assert await setting.store.unwrap(await setting.store.wrap(SECRET, *PLACE), *PLACE) == SECRET
    assert setting.pauses == [0.2, 0.4]


@pytest.mark.parametrize(("trouble", "named"), [(503, "unseal"), (500, "unseal"), (429, "429"), (None, "vault_transit.url")])
async def test_trouble_that_lasts_is_reported_after_a_bounded_number_of_attempts(
    setting: Setting, trouble: int | None, named: str
):
    setting.vault.mischief = [trouble] * 10
    with pytest.raises(KeyStoreFailed, match=named):
        await setting.store.wrap(SECRET, *PLACE)
    assert len(setting.vault.asked) == ATTEMPTS_MAX


async def test_a_silent_address_is_reported(setting: Setting):
    with pytest.raises(KeyStoreFailed, match=r"vault_transit\.url: http://127\.0\.0\.1:1 does not answer"):
        await setting.at(url="http://127.0.0.1:1").wrap(SECRET, *PLACE)


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_no_redirect_is_followed_with_a_token(setting: Setting, status: int):
    setting.vault.mischief = [status]
    with pytest.raises(KeyStoreFailed, match=str(status)):
        await setting.store.wrap(SECRET, *PLACE)
    assert len(setting.vault.asked) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"not JSON", b"[]", b'{"data": null}', b'{"data": {}}', b'{"data": {"ciphertext": "x", "plaintext": "#"}}', b'{"data": {"ciphertext": 5, "plaintext": 5}}'],
    ids=str,
)  # fmt: skip
async def test_an_answer_that_is_not_vaults_is_believed_in_nothing(setting: Setting, body: bytes):
    wrapped = await setting.store.wrap(SECRET, *PLACE)
    for ask in (setting.store.wrap(SECRET, *PLACE), setting.store.unwrap(wrapped, *PLACE)):
        setting.vault.mischief = [body]
        with pytest.raises(KeyStoreFailed, match="Vault"):
            await ask


async def test_an_endless_answer_is_cut_off(setting: Setting):
    setting.vault.mischief = [b" " * (ANSWER_BYTES_MAX + 1)]
    with pytest.raises(KeyStoreFailed, match=str(ANSWER_BYTES_MAX)):
        await setting.store.wrap(SECRET, *PLACE)


async def test_a_ciphertext_that_vault_does_not_open_is_broken_and_not_asked_again(setting: Setting):
    with pytest.raises(SealBroken, match="invalid ciphertext"):
        await setting.store.unwrap(b"vault:v7:AAAAAAAA", *PLACE)
    assert len(setting.vault.asked) == 1


async def test_neither_token_nor_material_reaches_a_log_or_an_error(setting: Setting):
    setting.vault.mischief = [500] * 10
    with structlog.testing.capture_logs() as lines, pytest.raises(KeyStoreFailed) as failed:
        await setting.store.wrap(SECRET, *PLACE)
    said = f"{lines}{failed.value!r}"
    assert TOKEN not in said
    assert base64.b64encode(SECRET).decode() not in said


async def test_a_token_that_an_agent_renews_is_read_again(setting: Setting, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("old\n")
    store = setting.at(token=lambda: read_token(file))
    with pytest.raises(KeyStoreFailed, match="token_file"):
        await store.wrap(SECRET, *PLACE)
    file.write_text(f"{TOKEN}\n")
    assert await store.wrap(SECRET, *PLACE)


@pytest.mark.parametrize(
    "content", ["", "\n", "two words", "x" * 5000, "new\nline"], ids=["empty", "blank", "words", "long", "lines"]
)
def test_a_file_that_holds_no_token_is_refused(tmp_path: Path, content: str):
    """A newline in a header would be a second header."""
    file = tmp_path / "token"
    file.write_text(content)
    with pytest.raises(KeyStoreFailed, match="does not hold a token"):
        read_token(file)


def test_a_missing_token_file_is_named(tmp_path: Path):
    with pytest.raises(KeyStoreFailed, match="cannot be read"):
        read_token(tmp_path / "none")


async def test_authorities_that_cannot_be_used_are_named(tmp_path: Path):
    address = Address(url="https://vault.example", mount=MOUNT, key=KEY, namespace="", token=lambda: TOKEN)
    with pytest.raises(KeyStoreFailed, match=r"vault_transit\.authorities"):
        async with VaultTransit.open(address, tmp_path / "none.pem"):
            pass


async def test_many_questions_at_once_share_few_connections(setting: Setting):
    wrapped = await asyncio.gather(*(setting.store.wrap(bytes([number]), *PLACE) for number in range(40)))
    opened = await asyncio.gather(*(setting.store.unwrap(value, *PLACE) for value in wrapped))
    assert [value[0] for value in opened] == list(range(40))
