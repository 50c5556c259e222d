"""The sources on whether a certificate still stands, in the order in which they are asked (`portcullis/compose/certificates.py` opens them)."""

from plugins.certificates.crl_files import CrlFiles
from plugins.certificates.crl_points import CrlPoints
from plugins.certificates.ocsp import OcspResponders

SOURCES = (CrlFiles, OcspResponders, CrlPoints)
