"""A code that is sent to the PSU, who types it. RTS (EU) 2018/389 article 4."""

from consent.authentication.methods.method import Method

ONE_TIME_CODE = Method("one_time_code", is_typed=True)
