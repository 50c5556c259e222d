"""`portcullis sandbox export`: write the bank of a state directory to a file, whether the sandbox runs or not."""

import asyncio
from pathlib import Path
from typing import BinaryIO

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from portcullis.compose.contexts import upgrade_contexts
from portcullis.compose.keys.sealing_keys import load_sealer
from portcullis.settings.schema import Settings
from sandbox.bank.file.writer import export_bank

LINES_PER_WRITE = 500  # lines of a bank's file written at once


async def export_sandbox_bank(settings: Settings, file: Path) -> int:
    """Write the first brand's bank to `file`, whole or not at all, and return the number of lines. Raises ConfigurationRefused where
    there is no bank, or where the file cannot be written."""
    keys = settings.state_dir.resolve() / "keys" / "sealing.keys"
    if not await asyncio.to_thread(keys.exists):
        raise ConfigurationRefused(f"{settings.state_dir}: there is no bank to export; start the sandbox once")
    draft = file.with_name(f".{file.name}.new")
    try:
        opened = await asyncio.to_thread(draft.open, "wb")
        try:
            lines = await _write(opened, settings, keys)
        finally:
            await asyncio.to_thread(opened.close)
        await asyncio.to_thread(draft.replace, file)
    except OSError as error:
        raise ConfigurationRefused(f"{file}: {error.strerror}") from None
    finally:
        await asyncio.to_thread(draft.unlink, missing_ok=True)
    return lines


async def _write(opened: BinaryIO, settings: Settings, keys: Path) -> int:
    count, lines = 0, list[bytes]()
    async with Database.open(settings.database()) as database:
        await upgrade_contexts(database, sandbox=True)
        async for line in export_bank(database, load_sealer(keys), settings.resolved_brands()[0]):
            count += 1
            lines.append(line)
            if len(lines) == LINES_PER_WRITE:
                await asyncio.to_thread(opened.writelines, lines)
                lines = []
        await asyncio.to_thread(opened.writelines, lines)
    return count
