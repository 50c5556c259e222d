"""The roles of a TPP as people write them on the command line."""

from kernel.config import ConfigurationRefused

ROLES = ("AISP", "PISP", "CBPII")


def parse_roles(text: str) -> list[str]:
    """Raises ConfigurationRefused for a role that does not exist."""
    named = [role.strip().upper() for role in text.split(",")]
    if not set(named) <= set(ROLES):
        raise ConfigurationRefused(f"--roles: choose from {', '.join(ROLES)}, separated by commas")
    return named
