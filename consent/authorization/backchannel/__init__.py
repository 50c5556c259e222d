"""Backchannel requests (CIBA): the client sends a request, the customer answers it on pages of ours, the client fetches its tokens.

OpenID CIBA Core 1.0, FAPI-CIBA-ID1.
"""
