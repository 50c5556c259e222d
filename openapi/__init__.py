"""The API standards, in the order in which they are listed to the world. A new one is a folder and a line here."""

from openapi.berlin_group.v1_3.dialect import DIALECT as BERLIN_GROUP_V1_3
from openapi.dialect import Dialect
from openapi.uk_obie.v4_0.dialect import DIALECT as UK_OBIE_V4_0

DIALECTS: tuple[Dialect, ...] = (UK_OBIE_V4_0, BERLIN_GROUP_V1_3)
