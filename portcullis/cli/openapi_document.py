"""The command that prints the OpenAPI document of a service."""

import json
from typing import TYPE_CHECKING

from kernel.config import ConfigurationRefused
from portcullis.cli.control_client import ServerRefused, load_ready
from portcullis.settings import sources

if TYPE_CHECKING:
    from openapi.addresses import Addresses
    from portcullis.settings.schema import Settings


def openapi_document(dialect: str, service: str = "") -> None:
    """Print the OpenAPI document of a service (the first one, unless it is named) of a dialect, such as uk_obie/v4.0, or of the contract
    core_bank/v1."""
    from openapi import DIALECTS  # noqa: PLC0415  a command loads what it needs
    from openapi.core_bank.v1.document import core_bank_document  # noqa: PLC0415
    from openapi.core_bank.v1.operations import NAME as CORE_BANK  # noqa: PLC0415
    from openapi.document import document_of  # noqa: PLC0415

    if dialect == CORE_BANK:
        print(json.dumps(core_bank_document(), indent=2))
        return
    known = {known.name: known for known in DIALECTS}
    if dialect not in known:
        raise ConfigurationRefused(f"{dialect}: no such dialect; there are {', '.join([*known, CORE_BANK])}")
    services = {each.name: each for each in known[dialect].services}
    chosen = services.get(service) if service else known[dialect].services[0]
    if chosen is None:
        raise ConfigurationRefused(
            f"{service}: no such service of {dialect}; there are {', '.join(filter(None, services)) or 'none'}"
        )
    print(json.dumps(document_of(known[dialect], chosen, _addresses(sources.load(None))), indent=2))


def _addresses(settings: "Settings") -> "Addresses":
    """Where the resource APIs are: as the settings say, or else as the sandbox says that runs."""
    from openapi.addresses import Addresses  # noqa: PLC0415  a command loads what it needs
    from portcullis.settings.schema import Settings  # noqa: PLC0415  a command loads what it needs

    brand = settings.resolved_brands()[0]
    said = Addresses(mtls=brand.mtls_url, public=brand.issuer)
    if brand.mtls_url != Settings().resolved_brands()[0].mtls_url:
        return said
    try:
        ready = load_ready(settings.state_dir)
    except ServerRefused:
        return said
    return Addresses(mtls=str(ready["mtls"]), public=str(ready["issuer"]))
