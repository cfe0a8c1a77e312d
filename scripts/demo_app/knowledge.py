"""The shop's help pages, and a small TF-IDF search over them."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

SITE = "https://help.northwind-outfitters.example"


@dataclass(frozen=True)
class Document:
    """One passage of a help page."""

    id: str
    title: str
    path: str
    updated: str
    text: str

    @property
    def uri(self) -> str:
        return f"{SITE}/{self.path}"


@dataclass(frozen=True)
class Hit:
    """A passage found for a query, with its cosine similarity (0 to 1)."""

    document: Document
    score: float


def _document(key: str, title: str, path: str, updated: str, text: str) -> Document:
    return Document(key, title, path, updated, " ".join(text.split()))


DOCUMENTS: tuple[Document, ...] = (
    _document("ret-001", "Returns: the 60-day window", "returns#window", "2026-01-12", """
        You can return most items within 60 days of delivery, used or unused, as long as they are clean and complete.
        Electronics (GPS devices, watches, headlamps) have a shorter window of 30 days. The original packaging helps us
        but is not required. Refunds go back to the original payment method 5 to 7 business days after the parcel is
        scanned at our warehouse. A bank may need up to 3 more days to show the amount."""),
    _document("ret-002", "Returns: what we cannot take back", "returns#exceptions", "2026-01-12", """
        For safety and hygiene we cannot accept returns of: climbing hardware and ropes once used, helmets once worn,
        water filters once used, opened food, underwear without its hygiene seal, and items marked Final Sale.
        Defective items are not affected by this list: please open a warranty claim instead."""),
    _document("ret-003", "Returns: how to send a parcel back", "returns#how", "2025-11-03", """
        Start a return from Your orders or ask the assistant. We e-mail a QR code that any parcel point will print as a
        label. Return postage is free for Trail Club members; for everybody else 6.95 USD is deducted from the refund.
        Returns to a store are always free."""),
    _document("shp-001", "Delivery inside the United States", "shipping#domestic", "2026-02-01", """
        Standard delivery takes 3 to 5 business days and is free above 75 USD (7.50 USD below). Express delivery takes
        1 to 2 business days and costs 18 USD. Orders placed before 1 pm Pacific time on a business day leave the same
        day. We do not deliver to PO boxes with Express."""),
    _document("shp-002", "International delivery", "shipping#international", "2026-02-01", """
        We deliver to Canada, the United Kingdom, the European Union, Norway and Switzerland in 7 to 12 business days.
        Duties and taxes are included in the price for the EU and the UK. For Canada, Norway and Switzerland the carrier
        collects them on delivery. Fuel canisters, bear spray and power banks cannot be sent outside the United
        States."""),
    _document("shp-003", "Late and lost parcels", "shipping#lost", "2025-10-20", """
        A parcel counts as lost when its tracking has not moved for 7 business days inside the United States, or 15
        abroad. We then send a replacement or refund the order, whichever the customer prefers. Before that we open a
        search with the carrier, which takes 2 to 3 business days."""),
    _document("ord-001", "Changing or cancelling an order", "orders#change", "2025-12-15", """
        An order can be cancelled during the first 45 minutes. The delivery address can be changed until the status is
        Packed. After that the parcel can still be redirected to a pickup point with the carrier's tracking page.
        Sizes and colours cannot be swapped in a placed order: cancel it, or return the item."""),
    _document("pay-001", "Payment", "payment", "2025-12-15", """
        We take Visa, Mastercard, American Express, PayPal and, in the EU, Klarna. We authorise the amount when the
        order is placed and charge it when the parcel leaves. An authorisation for a cancelled order disappears by
        itself, usually within 5 business days."""),
    _document("gft-001", "Gift cards", "gift-cards", "2025-09-30", """
        Gift cards never expire and carry no fees, whatever the year of purchase. They can be used online and in
        stores, in several parts. They cannot be exchanged for cash, except where the law requires it, and cannot be
        used to buy other gift cards. A lost card can be blocked and reissued with the order number."""),
    _document("clb-001", "Trail Club membership", "trail-club", "2026-01-05", """
        Trail Club costs 25 USD once, for life. Members get free return postage, 10 percent back in points on full-price
        items, and early access to sales. Points expire after 24 months without a purchase. One membership covers one
        household at one address."""),
    _document("prc-001", "Price match", "price-match", "2025-08-18", """
        Found it cheaper? Within 14 days of your purchase we match the price of an authorised dealer who has the same
        item, size and colour in stock. Marketplace sellers, auctions, clearance and membership-only prices are
        excluded."""),
    _document("wty-001", "Lifetime repair warranty on tents and packs", "warranty#lifetime", "2025-11-28", """
        Northwind tents and packs are covered for the life of the product against defects in material and workmanship:
        seams, zippers, buckles, poles and welds. We repair first, and replace when a repair is not possible. Normal
        wear, fading by UV light, damage by animals and accidents are not covered, but we repair them at cost."""),
    _document("wty-002", "Two-year warranty on electronics", "warranty#electronics", "2025-11-28", """
        Headlamps, GPS devices and power banks have a warranty of two years from the date of purchase. Built-in batteries
        are covered when they hold less than 70 percent of their rated capacity within that time. Water damage is
        covered only up to the rating printed on the device."""),
    _document("wty-003", "How to make a warranty claim", "warranty#claim", "2025-11-28", """
        Send the order number, two photos of the defect and one of the product label. Without an order number the label
        alone is enough for Northwind-branded gear. We answer within 3 business days. Please clean and dry the item
        before you send it: soiled items come back unrepaired with a fee of 12 USD."""),
    _document("rep-001", "Repair service and prices", "repairs", "2026-01-22", """
        Repairs take 10 to 15 working days. Zipper replacement 38 USD, slider only 14 USD, patch up to 10 cm 15 USD, seam
        tape per metre 9 USD, pole section 11 USD. Defects under warranty are free. We repair other brands when spare
        parts are to be had."""),
    _document("tnt-001", "Alder 2 tent", "products/alder-2", "2026-02-10", """
        Alder 2 is a three-season tent for two: 1.62 kg packed, floor 2.1 square metres, height 1.02 m, two doors, two
        vestibules of 0.8 square metres each. Water column: floor 3,000 mm, fly 1,500 mm. Tested in wind up to 70 km/h
        with all guy lines set. It is not made for snow loads."""),
    _document("tnt-002", "Alder 3 tent", "products/alder-3", "2026-02-10", """
        Alder 3 is the three-person version: 2.05 kg packed, floor 2.9 square metres, height 1.12 m, two doors, two
        vestibules of 1.0 square metre each. Water column: floor 3,000 mm, fly 1,500 mm. Tested in wind up to 60 km/h
        with all guy lines set. Footprint sold separately (SKU ALD3-FP)."""),
    _document("pck-001", "Fjell 65 backpack", "products/fjell-65", "2025-10-02", """
        Fjell 65 weighs 1.9 kg, carries up to 22 kg and comes in S/M (torso 40 to 47 cm) and M/L (torso 46 to 54 cm). The
        hip belt has one pocket that fits a phone of up to 6.7 inches. A rain cover is in the bottom compartment. It is
        too large for cabin baggage on all major airlines."""),
    _document("stv-001", "Ember canister stove", "products/ember-stove", "2025-12-01", """
        The Ember stove boils 1 litre in 3 min 20 s at 20 °C without wind, weighs 88 g and fits EN 417 screw-on canisters.
        Output falls sharply below −5 °C. Never use it inside a tent or vestibule: risk of fire and carbon monoxide.
        Stoves may travel in checked baggage when clean and free of fuel smell; canisters may not fly at all."""),
    _document("flt-001", "Brook water filter", "products/brook-filter", "2025-09-12", """
        The Brook hollow-fibre filter (0.1 micron) removes bacteria and protozoa such as E. coli and Giardia. It does not
        remove viruses, chemicals or heavy metals: use tablets or boil where viruses are a risk. A filter that has
        frozen while wet must be replaced. Lifetime about 1,000 litres; backflush after each trip."""),
    _document("slp-001", "Polaris −6 sleeping bag", "products/polaris-6", "2025-10-14", """
        Polaris −6 has 520 g of 750-fill down and weighs 940 g. EN ISO 23537: comfort −1 °C, limit −6 °C, extreme −23 °C.
        The limit is for a person curled up who does not feel cold easily; those who sleep cold should choose by the
        comfort value. A mat with an R-value of 4 or more is assumed."""),
    _document("lmp-001", "Lumen 400 headlamp", "products/lumen-400", "2026-01-30", """
        Lumen 400: 400 lumens, 5 hours on high, 45 hours on low, red mode, USB-C, 84 g. Rated IPX7 (1 m of water for 30
        minutes). Lock it for travel: hold both buttons for 3 seconds. The battery is built in and replaced by our repair
        service for 22 USD after the warranty."""),
    _document("cre-001", "Washing down", "care/down", "2025-07-08", """
        Wash down in a front loader at 30 °C with down soap, never with softener. Rinse twice. Tumble dry on low for two
        to three hours with three clean tennis balls and break up clumps by hand every 30 minutes. Down is dry when it no
        longer smells and no lumps are left. Store it loose, not compressed."""),
    _document("cre-002", "Reproofing shells", "care/shells", "2025-07-08", """
        Wash the shell at 40 °C with a soap-free cleaner, with zips closed. Tumble dry on low for 20 minutes: heat wakes up
        the water repellent. Only when water no longer beads, use a spray-on reproofer on the wet shell and dry again.
        Do not use fabric softener, bleach or dry cleaning: they destroy the membrane's repellent finish."""),
    _document("cre-003", "Caring for a tent", "care/tents", "2025-07-08", """
        Never machine wash or tumble dry a tent. Clean it by hand with lukewarm water and mild soap, dry it in the shade,
        and store it loose and dry. Mildew under the coating cannot be removed. Sticky floors mean that the
        coating has hydrolysed; that is wear and not covered by the warranty."""),
    _document("siz-001", "Boot sizing", "sizing/boots", "2025-06-19", """
        Our boots run true to European sizes. Add half a size for thick socks or long descents. Measure in the evening,
        standing, with the socks you will wear: there should be 12 mm in front of the longest toe. Ridge GTX is also
        made in a wide fit (suffix W)."""),
    _document("rnt-001", "Rentals", "rentals", "2026-02-20", """
        Snowshoes, bear canisters, avalanche beacons and child carriers can be rented in stores. Snowshoes cost 14 USD a
        day or 35 USD a weekend. A deposit of 100 USD is blocked on your card. Late returns cost 9 USD a day. Beacons are
        checked after every rental."""),
    _document("sto-001", "Pickup in store", "stores#pickup", "2026-02-20", """
        In-stock items are ready two hours after the order, during opening hours. We keep them for 5 days. Bring the order
        number and a photo ID; somebody else may collect with the QR code. Stores: Portland, Seattle, Boulder, Salt Lake
        City, Burlington."""),
    _document("prv-001", "Your data", "privacy#delete", "2025-10-01", """
        You can download or delete your account data under Account, Privacy. Deletion is done within 30 days. Invoices are
        kept for 7 years because the law demands it. The assistant cannot delete an account for you, and never asks for
        card numbers or passwords."""),
    _document("rcl-001", "Recall: Skogen child carrier", "recalls/skogen", "2025-11-17", """
        Stop using Skogen child carriers with lot numbers SK-2407 to SK-2419 at once. The buckle of the child harness can
        open under load. Lots outside this range are safe. The lot number is on the white label under the seat. We replace
        the harness free of charge or refund the full price, with or without a receipt: recalls@northwind-outfitters.example."""),
    _document("api-001", "Orders API v2: what changed", "partners/api-v2#changes", "2026-02-25", """
        v1 is switched off on 30 September 2026. v2 uses OAuth client credentials in place of API keys, cursors in place of
        page numbers, amounts in minor units with a currency, RFC 3339 timestamps in UTC, and one error format
        (application/problem+json). Order states are upper case, and SHIPPED is split into PACKED and IN_TRANSIT."""),
    _document("api-002", "Orders API v2: limits and webhooks", "partners/api-v2#limits", "2026-02-25", """
        Limit: 120 requests a minute for each client; a 429 carries Retry-After in seconds. Pages hold 100 orders by default,
        500 at most. Cursors live for 24 hours. Webhooks are signed with HMAC-SHA256 over timestamp and body, are retried for
        72 hours with growing gaps, and may arrive twice: use the event id to drop repeats."""),
    _document("trk-001", "Borealis Traverse: hut and food notes", "guides/borealis", "2025-08-30", """
        The Borealis Traverse is 187 km from Tarn Lodge to Skerry Harbour, walked in 12 days from mid-June to early
        September. Huts at km 34, 78, 121 and 160 sell gas canisters (EN 417) and freeze-dried meals; no other resupply.
        Rivers on day 4 and day 9 are forded before noon. Plan 900 g of food a day. Bear canisters are required from
        km 78 to km 121."""),
)  # fmt: skip

# Words that customers use for the subject of a page. They are searched, not shown.
TOPICS: dict[str, str] = {
    "ret-001": "send it back sending back return tent too small too big wrong item start a return used refund shows up card money two headlamps ordered cancel only need one",
    "ret-002": "ropes rope returnable gym climbing",
    "ret-003": "start a return label can I still send it back used weekend how return jacket please deducted parcel point send me a return label",
    "shp-001": "when will it arrive tent leave Friday on its way status order delivered",
    "shp-002": "ship to Norway parcel Canada duties customs pays cost to send Spain delivery boots present fuel canisters",
    "shp-003": "not moved hasn't moved since lost parcel where is order delivered neighbour money back",
    "ord-001": "cancel one order swap change address wrong address status of order late packed",
    "gft-001": "old gift card worth",
    "wty-001": "zipper split tent pack broken trip free fix old pack repair warranty keep using",
    "wty-002": "battery lasts hour months old headlamp free fix warranty",
    "wty-003": "receipt photos gift claim bent broken came damaged product label how long answer warranty free fix chance months old",
    "rep-001": "new zipper cost repair how long old pack without it trip weeks",
    "tnt-001": "two adults too small",
    "stv-001": "Ember run cook rain hand luggage cold stops working",
    "siz-001": "Ridge GTX 42.5 street shoes downhill boots size fit",
    "rnt-001": "rent rents rental kayaks stores",
    "sto-001": "pick up today leave Friday this afternoon store in stock",
}

_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "can",
        "do",
        "does",
        "for",
        "from",
        "have",
        "how",
        "i",
        "if",
        "in",
        "is",
        "it",
        "its",
        "me",
        "my",
        "not",
        "of",
        "on",
        "or",
        "our",
        "so",
        "that",
        "the",
        "they",
        "this",
        "to",
        "up",
        "use",
        "was",
        "we",
        "what",
        "when",
        "which",
        "will",
        "with",
        "you",
        "your",
    ]
)


def _terms(text: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word
            for word in words if word not in _STOP]  # fmt: skip


class Index:
    """TF-IDF with cosine similarity: small, exact and the same on every machine."""

    def __init__(self, documents: tuple[Document, ...] = DOCUMENTS) -> None:
        self._documents = documents
        counts = [
            Counter(_terms(f"{document.title} {TOPICS.get(document.id, '')} {document.text}"))
            for document in documents
        ]
        seen = Counter(term for count in counts for term in count)
        self._idf = {term: math.log(1 + len(documents) / n) for term, n in sorted(seen.items())}
        self._vectors = [self._vector(count) for count in counts]

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        weights = {term: (1 + math.log(n)) * self._idf.get(term, 0.0) for term, n in counts.items()}
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {term: weight / norm for term, weight in weights.items()}

    def search(self, query: str, k: int) -> list[Hit]:
        """Return the ``k`` passages most similar to ``query``, best first."""
        wanted = self._vector(Counter(_terms(query)))
        hits = [
            Hit(document, round(sum(w * vector.get(t, 0.0) for t, w in wanted.items()), 4))
            for document, vector in zip(self._documents, self._vectors, strict=True)
        ]
        best = sorted(hits, key=lambda hit: (-hit.score, hit.document.id))
        return [hit for hit in best[:k] if hit.score > 0.25 * best[0].score]
