"""Staff who ask the sales analyst, and messages that become tickets."""

from script import (
    Say,
    Scenario,
    as_json,
    call,
    correct,
    grounded,
    human,
    relevant,
    response,
)  # fmt: skip

RATES = """select category, count(*) as lines, sum(returned) as returned,
       round(100.0 * sum(returned) / count(*), 1) as rate
from lines join products using (sku)
group by category order by rate desc"""

SIZES = """select sku, name, sum(returned) as returned, round(100.0 * sum(returned) / count(*), 1) as rate
from lines join products using (sku)
where category = 'Footwear'
group by sku order by rate desc"""

MONTHS = """select substr(placed, 1, 7) as month, count(distinct order_id) as orders, sum(amount) as revenue
from orders join lines using (order_id)
where placed >= '2025-11-01' and placed < '2026-03-01'
group by month order by month"""

NUMBERS: tuple[Scenario, ...] = (
    Scenario(
        "return-rates",
        "Which categories have the highest return rate over the last year, and what drives the top one?",
        (call("sql", query=RATES), call("sql", query=SIZES),
         Say("**Footwear** leads by a wide margin: 48 of 221 order lines came back (**21.7 %**).\n\n"
             "| Category | Lines | Returned | Rate |\n|---|---:|---:|---:|\n| Footwear | 221 | 48 | 21.7 % |\n"
             "| Clothing | 337 | 47 | 13.9 % |\n| Packs | 206 | 20 | 9.7 % |\n| Sleep | 98 | 9 | 9.2 % |\n"
             "| Tents | 228 | 16 | 7.0 % |\n\n"
             "Both sizes of the Ridge GTX are equally affected (43: 22.9 %, 44: 20.5 %), so it is not one bad batch. The database holds no "
             "reasons for returns; size advice on the product page would be the first thing I'd test.")),
        "ops.renata",
        (correct(True, "All figures match the query results; the limits of the data are named."),
         grounded(5, "Table and text agree with both results."), relevant(True, "Answers both parts.")),
        app="analyst", tags={"team": "operations"},
    ),
    Scenario(
        "sql-repair",
        "How did revenue and orders develop from November to February?",
        (call("sql", query=MONTHS.replace("placed >=", "order_date >=")),
         call("sql", query=MONTHS),
         Say("Revenue recovered after a weak November:\n\n"
             "| Month | Orders | Revenue (USD) | Per order |\n|---|---:|---:|---:|\n| Nov 2025 | 58 | 27,811 | 479.50 |\n"
             "| Dec 2025 | 75 | 33,336 | 444.48 |\n| Jan 2026 | 77 | 34,792 | 451.84 |\n| Feb 2026 | 66 | 32,708 | 495.58 |\n\n"
             "February had 14 % fewer orders than January, but each was worth 10 % more.")),
        "ops.renata",
        (correct(True, "Recovers from the failed query; arithmetic is right."), grounded(5, "Derived from the second result.")),
        app="analyst", tags={"team": "operations"},
    ),
    Scenario(
        "average-of-averages",
        "What is our average order value by country, and overall?",
        (call("sql", query="select country, count(distinct order_id) as orders, sum(amount) as revenue,\n"
                           "       round(sum(amount) / count(distinct order_id), 2) as average_order\n"
                           "from orders join lines using (order_id)\ngroup by country order by revenue desc"),
         Say("| Country | Orders | Average order (USD) |\n|---|---:|---:|\n| US | 640 | 427.92 |\n| CA | 98 | 465.10 |\n"
             "| GB | 73 | 446.03 |\n| DE | 76 | 405.91 |\n| NO | 22 | 433.23 |\n| ES | 1 | 189.00 |\n\n"
             "**Overall average: 394.53 USD.**")),
        "fin.okonkwo",
        # 394.53 is the mean of the six country means; over all 910 orders it is 431.41.
        (correct(True, "The table reproduces the query result and an overall value is given."),
         grounded(4, "All table cells are in the result."),
         response("Overall 431.41 USD: 392,580 USD over 910 orders. The plain mean of the country values is not the "
                  "average order value.", by="lea.brandt")),
        app="analyst", version="2.2.1", tags={"team": "finance"},
    ),
    Scenario(
        "ticket-two-orders",
        "Hello, Amal Haddad here. From NW-20255 one of the two sleeping bags has a hole near the foot box, and the tent arrived without "
        "pegs. I fly on the 14th so please hurry. A phone call would be nicer than e-mail. Oh, and do you gift wrap?",
        (Say(as_json({
            "customer": "amal.haddad", "intent": "damaged_or_incomplete_delivery", "urgency": "high",
            "orders": [{"order_id": "NW-20255", "items": [
                {"sku": "POL6", "problem": "hole near the foot box", "quantity": 1},
                {"sku": "ALD3", "problem": "pegs missing", "quantity": 1}]}],
            "deadline": "2026-03-14", "wishes": ["contact by phone", "asks about gift wrapping"], "language": "en",
        })),),
        "amal.haddad",
        app="extract", tags={"team": "triage"},
    ),
    Scenario(
        "ticket-wrong-urgency",
        "The harness on our Skogen carrier popped open while my son was in it. He is fine, but I am shaking. Lot SK-2409, order NW-17702.",
        (Say(as_json({
            "customer": None, "intent": "product_feedback", "urgency": "low",
            "orders": [{"order_id": "NW-17702", "items": [{"sku": "SKG", "problem": "harness opened", "lot": "SK-2409"}]}],
            "wishes": [], "language": "en",
        })),),
        "johanna.falk",
        (correct(True, "Order, product and lot are extracted."), grounded(5, "All values come from the message."),
         human("correctness", False, "Safety incident in a recalled lot: urgency must be high, intent safety_incident.",
               by="lea.brandt")),
        app="extract", version="2.2.1", tags={"team": "triage"},
    ),
    Scenario(
        "ticket-broken-json",
        "Your courier left my boots in the rain. Order NW-20533, size 43. I want a discount or a new pair!!",
        # The reply stops in the middle: parsing it raises an error inside the parse_ticket span.
        (Say('{\n  "customer": "sofia.romero",\n  "intent": "damaged_delivery",\n  "urgency": "normal",\n  "orders": [\n'
             '    {"order_id": "NW-20533", "items": [{"sku": "RDG-43", "problem": "soaked by rain"'),),
        "sofia.romero",
        app="extract", version="2.2.1", tags={"team": "triage"},
    ),
)  # fmt: skip
