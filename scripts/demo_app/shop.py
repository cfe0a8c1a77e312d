"""The shop's systems, as far as the assistant can reach them: an SQLite database and six tools."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

PRODUCTS = (
    # sku, name, category, price in USD, share of items that come back
    ("ALD2", "Alder 2 tent", "Tents", 349.0, 0.06),
    ("ALD3", "Alder 3 tent", "Tents", 429.0, 0.07),
    ("FJ65-ML", "Fjell 65 backpack M/L", "Packs", 219.0, 0.09),
    ("FJ65-SM", "Fjell 65 backpack S/M", "Packs", 219.0, 0.12),
    ("EMB", "Ember canister stove", "Kitchen", 64.0, 0.03),
    ("BRK", "Brook water filter", "Kitchen", 42.0, 0.02),
    ("POL6", "Polaris -6 sleeping bag", "Sleep", 289.0, 0.08),
    ("LUM4", "Lumen 400 headlamp", "Electronics", 79.0, 0.05),
    ("RDG-43", "Ridge GTX boots 43", "Footwear", 189.0, 0.21),
    ("RDG-44", "Ridge GTX boots 44", "Footwear", 189.0, 0.19),
    ("KVR-M", "Kvarv shell jacket M", "Clothing", 259.0, 0.14),
    ("KVR-L", "Kvarv shell jacket L", "Clothing", 259.0, 0.13),
    ("DUN-M", "Dunvik down jacket M", "Clothing", 229.0, 0.11),
    ("SKG", "Skogen child carrier", "Kids", 199.0, 0.04),
)

ORDERS = (
    # order, customer, country, placed, status, tracking, lines (sku, quantity)
    ("NW-20418", "maya.lindqvist", "US", "2026-02-24", "In transit", "PX8841207US", (("ALD2", 1), ("EMB", 1))),
    ("NW-20481", "t.okafor", "US", "2026-02-26", "Delivered", "PX8841655US", (("POL6", 1),)),
    ("NW-19877", "jonas.weber", "DE", "2026-01-19", "Delivered", "DX2210934DE", (("KVR-L", 1), ("FJ65-ML", 1))),
    ("NW-20533", "sofia.romero", "ES", "2026-02-28", "In transit", "DX2217781ES", (("RDG-43", 1),)),
    ("NW-20590", "priya.nair", "US", "2026-03-02", "Packed", "PX8842390US", (("LUM4", 2),)),
    ("NW-20102", "priya.nair", "US", "2026-02-03", "Delivered", "PX8839911US", (("BRK", 1), ("EMB", 1))),
    ("NW-19544", "priya.nair", "US", "2026-01-02", "Returned", "PX8835022US", (("RDG-44", 1),)),
    ("NW-20377", "liam.byrne", "US", "2026-02-20", "In transit", "PX8840716US", (("DUN-M", 1),)),
    ("NW-20601", "hana.sato", "US", "2026-03-03", "Received", "", (("ALD3", 1),)),
    ("NW-20255", "amal.haddad", "CA", "2026-02-13", "Delivered", "CX7710043CA", (("ALD3", 1), ("POL6", 2))),
)  # fmt: skip

TRACKING: dict[str, list[tuple[str, str, str]]] = {
    "PX8841207US": [
        ("2026-02-24 16:40", "Portland, OR", "Parcel handed to carrier"),
        ("2026-02-26 05:12", "Boise, ID", "Arrived at sorting centre"),
        ("2026-02-27 03:55", "Denver, CO", "Weather delay, next scan expected 3 March"),
    ],
    "PX8840716US": [
        ("2026-02-20 17:02", "Portland, OR", "Parcel handed to carrier"),
        ("2026-02-21 22:31", "Sacramento, CA", "Arrived at sorting centre"),
    ],
    "PX8842390US": [("2026-03-02 15:20", "Portland, OR", "Label created")],
}

STOCK = {
    ("FJ65-ML", "Portland"): 3, ("FJ65-ML", "Seattle"): 0, ("FJ65-ML", "Boulder"): 1,
    ("ALD2", "Portland"): 6, ("ALD2", "Seattle"): 2, ("ALD2", "Boulder"): 0,
    ("RDG-43", "Portland"): 0, ("RDG-43", "Seattle"): 0, ("RDG-43", "Boulder"): 4,
    ("DUN-M", "Burlington"): 0, ("DUN-M", "Portland"): 5,
}  # fmt: skip


class CarrierUnavailable(RuntimeError):
    """The carrier's tracking service did not answer."""


class UnknownOrder(LookupError):
    """There is no such order."""


def _string(description: str) -> Json:
    return {"type": "string", "description": description}


def _tool(name: str, description: str, properties: dict[str, Json]) -> Json:
    parameters: Json = {
        "type": "object", "properties": properties, "required": list(properties)
    }  # fmt: skip
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


TOOLS: dict[str, Json] = {
    "get_order": _tool(
        "get_order", "Look up an order.", {"order_id": _string("For example NW-20418.")}
    ),
    "track_shipment": _tool(
        "track_shipment", "Scans of a parcel.", {"tracking_number": _string("Of the carrier.")}
    ),
    "check_stock": _tool(
        "check_stock", "Stock of an item in a store.",
        {"sku": _string("For example FJ65-ML."), "store": _string("City of the store.")},
    ),
    "create_return": _tool(
        "create_return", "Open a return and send the QR code.",
        {"order_id": _string("Order."), "sku": _string("Item to return."),
         "reason": _string("In the customer's words.")},
    ),
    "shipping_quote": _tool(
        "shipping_quote", "Price and time of delivery.",
        {"country": _string("ISO 3166 code."), "weight_kg": {"type": "number"}},
    ),
    "escalate": _tool(
        "escalate", "Hand over to a person.",
        {"order_id": _string("Order."), "summary": _string("What the person must know.")},
    ),
    "sql": _tool(
        "sql", "Run one read-only SELECT on the sales database (SQLite).",
        {"query": _string("Tables: products, orders, lines.")},
    ),
}  # fmt: skip


class Shop:
    """Orders, stock and parcels. Every call gives the same result on every run."""

    query_error = sqlite3.OperationalError

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.executescript(
            "create table products (sku text, name text, category text, price real);"
            "create table orders (order_id text, customer text, country text, placed text,"
            " status text, tracking text);"
            "create table lines (order_id text, sku text, quantity int, amount real,"
            " returned int);"
        )
        self._fill()
        self._db.execute("pragma query_only = on")
        self._tools: dict[str, Callable[..., Json]] = {
            "get_order": self.get_order, "track_shipment": self.track_shipment,
            "check_stock": self.check_stock, "create_return": self.create_return,
            "shipping_quote": self.shipping_quote, "escalate": self.escalate, "sql": self.sql,
        }  # fmt: skip

    def _fill(self) -> None:
        prices = {sku: price for sku, _, _, price, _ in PRODUCTS}
        self._db.executemany("insert into products values (?,?,?,?)", [p[:4] for p in PRODUCTS])
        for *order, lines in ORDERS:
            self._db.execute("insert into orders values (?,?,?,?,?,?)", order)
            for sku, quantity in lines:
                back = int(order[4] == "Returned")
                row = (order[0], sku, quantity, quantity * prices[sku], back)
                self._db.execute("insert into lines values (?,?,?,?,?)", row)
        # A year of ordinary orders, so that the analyst has something to count.
        dice = random.Random(20260301)
        for number in range(900):
            order_id = f"NW-{18000 + number}"
            placed = date(2025, 3, 1) + timedelta(days=dice.randrange(365))
            country = dice.choices(["US", "CA", "DE", "GB", "NO"], [70, 10, 9, 8, 3])[0]
            customer = f"customer-{dice.randrange(420):03d}"
            row = (order_id, customer, country, placed.isoformat(), "Delivered", "")
            self._db.execute("insert into orders values (?,?,?,?,?,?)", row)
            for sku, _, _, price, share in dice.sample(PRODUCTS, dice.choice([1, 1, 1, 2, 2, 3])):
                quantity = dice.choice([1, 1, 1, 1, 2])
                line = (order_id, sku, quantity, quantity * price, int(dice.random() < share))
                self._db.execute("insert into lines values (?,?,?,?,?)", line)

    def call(self, name: str, arguments: dict[str, Json]) -> Json:
        """Run one tool."""
        return self._tools[name](**arguments)

    def get_order(self, order_id: str) -> Json:
        rows = self._db.execute("select * from orders where order_id = ?", (order_id,)).fetchall()
        if not rows:
            raise UnknownOrder(f"no order {order_id!r}")
        lines = self._db.execute(
            "select sku, name, quantity, amount from lines join products using (sku)"
            " where order_id = ?", (order_id,)
        )  # fmt: skip
        items: list[Json] = [dict(line) for line in lines]
        return {**dict(rows[0]), "items": items}

    def track_shipment(self, tracking_number: str) -> Json:
        if tracking_number not in TRACKING:
            raise CarrierUnavailable(
                f"carrier gateway answered 503 for {tracking_number} (3 attempts)"
            )
        scans: list[Json] = [
            {"time": time, "place": place, "event": event}
            for time, place, event in TRACKING[tracking_number]
        ]
        return {"tracking_number": tracking_number, "carrier": "Parcel Express", "scans": scans}

    def check_stock(self, sku: str, store: str) -> Json:
        return {"sku": sku, "store": store, "available": STOCK[sku, store]}

    def create_return(self, order_id: str, sku: str, reason: str) -> Json:
        order = self.get_order(order_id)
        assert isinstance(order, dict)
        number = f"RMA-{order_id.removeprefix('NW-')}-{sku}"
        return {"return_id": number, "order_id": order_id, "sku": sku, "reason": reason,
                "label": "QR code sent by e-mail", "valid_until": "2026-03-31"}  # fmt: skip

    def shipping_quote(self, country: str, weight_kg: float) -> Json:
        base = {"US": 7.5, "CA": 19.0, "GB": 24.0, "DE": 24.0, "NO": 31.0, "CH": 33.0}[country]
        return {
            "country": country, "weight_kg": weight_kg,
            "options": [
                {"service": "Standard", "price": {"amount": round(base + 1.8 * weight_kg, 2),
                 "currency": "USD"}, "business_days": {"min": 7, "max": 12}},
                {"service": "Priority", "price": {"amount": round(2 * base + 2.6 * weight_kg, 2),
                 "currency": "USD"}, "business_days": {"min": 3, "max": 5}},
            ],
            "duties": {"included": country in {"GB", "DE"}, "collected_by": "carrier"},
        }  # fmt: skip

    def escalate(self, order_id: str, summary: str) -> Json:
        return {"ticket": f"CS-{order_id.removeprefix('NW-')}", "queue": "tier-2",
                "summary": summary, "first_answer_within_hours": 4}  # fmt: skip

    def sql(self, query: str) -> Json:
        rows = self._db.execute(query).fetchmany(50)
        result: list[Json] = [dict(row) for row in rows]
        return {"rows": result, "row_count": len(result)}


def tool_result(value: Json) -> str:
    """Write a tool's result as the text that goes back to the model."""
    return json.dumps(value, ensure_ascii=False)
