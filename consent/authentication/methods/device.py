"""The PSU's device asks them, and they confirm there. RTS (EU) 2018/389 article 7 (possession)."""

from consent.authentication.methods.method import Method

DEVICE = Method("device", is_typed=False)
