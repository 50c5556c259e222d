"""Private keys made once for all tests of a process: an RSA key takes a tenth of a second, and each world needs several."""

import threading
from collections import defaultdict
from collections.abc import Callable

from kernel.jose.jwt import Algorithm, JwtKey, generate_key

_made: dict[Algorithm, list[JwtKey]] = defaultdict(list)
_lock = threading.Lock()


def key_pool() -> Callable[[Algorithm], JwtKey]:
    """A source of keys for one world: no two alike, in other worlds either."""
    taken: dict[Algorithm, int] = defaultdict(int)

    def generate(alg: Algorithm) -> JwtKey:
        with _lock:
            number = taken[alg]
            taken[alg] += 1
            while len(_made[alg]) <= number:
                _made[alg].append(generate_key(alg))
            return _made[alg][number]

    return generate
