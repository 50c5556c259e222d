"""The PSU identities there are, in the order in which configuration may name them."""

from plugins.psu_identity.built_in import BuiltInIdentity

IDENTITIES = (BuiltInIdentity,)
