"""Operators, as the commands of orders and reconciliation know them."""

from orders.operators.operator import Operator


def operator(name: str, key: str = "") -> Operator:
    return Operator(name=name, key=key or f"key of {name}", credential="command 7")


ANN, BEA, CEM = operator("ann"), operator("bea"), operator("cem")
