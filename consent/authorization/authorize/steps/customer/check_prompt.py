"""Check prompt and max_age; a prompt of none cannot be kept, because every consent is given by a customer who is there, and who
authenticates for it: that is younger than any max_age.

OIDC Core section 3.1.2.1 and 3.1.2.6 (login_required).
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.errors import LoginRequired
from kernel.errors import FieldInvalid

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
MAX_AGE_DIGITS_MAX = 9  # of the request parameter max_age: 31 years


async def check_prompt(asked: AuthorizationRequest) -> None:
    prompt = tuple(asked.parameters["prompt"].split(" ")) if "prompt" in asked.parameters else ()
    if not PROMPTS.issuperset(prompt) or ("none" in prompt and len(prompt) > 1):
        raise FieldInvalid("unknown or contradictory", path="prompt", public="The prompt is not valid.")
    max_age = asked.parameters.get("max_age")
    if max_age is not None and not (max_age.isascii() and max_age.isdigit() and len(max_age) <= MAX_AGE_DIGITS_MAX):
        raise FieldInvalid("not seconds", path="max_age", public="The max_age must be a whole number of seconds.")
    asked.prompt = prompt


async def check_prompt_not_none(asked: AuthorizationRequest) -> None:
    if asked.pushed is not None and "none" in asked.pushed.prompt:
        raise LoginRequired("prompt=none")
