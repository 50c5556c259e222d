"""The operators of a sandbox: two, so that one can propose what the other approves, with keys in its state directory."""

import msgspec

from portcullis.compose.keys.operator_keys import load_operator_key, make_operator_key, operator_of
from portcullis.settings.schema import Settings

NAMES = ("ann", "bea")


def ensure_operators(settings: Settings) -> Settings:
    """The settings with operators: those that they name, or these two, whose keys are made once. Raises ConfigurationRefused."""
    if settings.operators:
        return settings
    folder = settings.state_dir.resolve() / "operators"
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"{name}.key" for name in NAMES}
    keys = {name: load_operator_key(file) if file.exists() else make_operator_key(file) for name, file in files.items()}
    return msgspec.structs.replace(settings, operators=tuple(operator_of(name, key) for name, key in keys.items()))
