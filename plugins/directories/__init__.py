"""Where the keys come from that verify software statements. RFC 7591 section 2.3."""

from plugins.directories.jwks_address import JwksAddress
from plugins.directories.jwks_file import JwksFile

DIRECTORIES = (JwksAddress, JwksFile)
