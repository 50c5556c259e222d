"""The key stores there are, in the order in which configuration may name them."""

from plugins.key_stores.sealing_file import SealingFile
from plugins.key_stores.vault_transit import VaultTransit

KEY_STORES = (SealingFile, VaultTransit)
