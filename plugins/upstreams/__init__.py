"""The accounts upstreams there are, in the order in which configuration may name them."""

from plugins.upstreams.built_in import BuiltInBank

UPSTREAMS = (BuiltInBank,)
