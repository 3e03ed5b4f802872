"""Many rounds of one test, a few at a time, each with dice of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

SEED = 20261123
AT_ONCE = 2
"""Rounds at a time: the suite must not need more than two cores."""

Plan = TypeVar("Plan")


def play(rounds: Iterable[Plan], one: Callable[[Plan], None]) -> None:
    """Play every round; the first that fails says which it was."""

    def noted(plan: Plan) -> None:
        try:
            one(plan)
        except BaseException as error:
            error.add_note(f"round {plan!r}, seed {SEED}")
            raise

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(noted, list(rounds)):
            pass


def dice(*names: object) -> random.Random:
    """Dice that fall the same way for the same names in every run."""
    return random.Random(" ".join(map(str, (SEED, *names))))
