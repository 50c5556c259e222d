"""Answers of customers without a page: stored until a request asks for one, or given at once to a request that waits."""
