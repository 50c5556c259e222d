"""The accounts upstreams there are, in the order in which configuration may name them."""

from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.core_bank import CoreBank

UPSTREAMS = (BuiltInBank, CoreBank)
