"""The figures for people."""

from collections.abc import Mapping
from typing import Any


def print_table(document: Mapping[str, Any]) -> None:
    _reads(document.get("reads", {}))
    _journey(document.get("journey", {}))
    if footprint := document.get("footprint"):
        print("footprint: " + ", ".join(f"{name} {value}" for name, value in footprint.items()))
    for batch, measured in document.get("ledger", {}).items():
        for name, spent in measured.items():
            print(f"{name:>7} at batch {batch:>5}: {spent['server_us']:>6} us server, {spent['client_us']:>6} us client an entry")
    if paid := document.get("payments"):
        print(
            f"payments: {paid['payments_per_cpu_second']} a CPU second, {paid['server_us']} us server, {paid['client_us']} us client; "
            f"{_shares(paid)}"
        )
    for count, paid in document.get("end_to_end", {}).items():
        print(
            f"end to end on {count} server(s): {paid['payments_per_cpu_second']} payments a CPU second, "
            f"{paid['payments_a_second_by_the_clock']} a second by the clock; {_shares(paid)}"
        )


def _reads(reads: Mapping[str, Any]) -> None:
    for name, found in reads.items():
        print(
            f"{name:<40} {found['us']:>7} us ({found['lowest_us']} to {found['highest_us']}), "
            f"p50 {found['p50_ms']} ms, p99 {found['p99_ms']} ms"
        )


def _journey(journeys: Mapping[str, Any]) -> None:
    for setup, found in journeys.items():
        steps = ", ".join(f"{name} {micros}" for name, micros in found["steps_us"].items())
        print(
            f"consent journey on {setup}, us a step: {steps}; whole, without the decision: {found['whole_without_decision_us']}"
        )


def _shares(paid: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in paid["shares"].items())
