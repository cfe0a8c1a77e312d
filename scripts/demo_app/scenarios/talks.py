"""Conversations of several turns. Turn N carries the turns before it."""

from script import (
    Conversation,
    Say,
    Scenario,
    call,
    correct,
    facts,
    grounded,
    human,
    relevant,
    response,
)  # fmt: skip

CLAIM = ("get_order",)

TALKS: tuple[Conversation, ...] = (
    Conversation("conv-7f31-zipper", (
        Scenario(
            "zipper-1",
            "Hi, the zipper on my Fjell 65 split open on its second trip. What can you do?",
            (Say("I'm sorry, that should not happen on a second trip. Fjell packs have a **lifetime repair warranty**, and a zipper that "
                 "splits counts as a defect: we repair it free of charge, or replace the pack if it can't be repaired.\n\nCould you tell "
                 "me the order number?"),),
            "jonas.weber",
            (correct(True, "Right warranty, asks for the next piece of information."), grounded(5, "Passages 1 and 2.")),
            app="chat", tools=CLAIM,
        ),
        Scenario(
            "zipper-2",
            "NW-19877. I have no receipt though, it was a gift.",
            (call("get_order", order_id="NW-19877"),
             Say("Thank you, I found it: Fjell 65 M/L, ordered on 19 January. **You don't need a receipt**: for Northwind gear the product label "
                 "alone is enough.\n\nPlease send two photos of the zipper and one of the label inside the top lid.")),
            "jonas.weber",
            (correct(True, "The label rule is applied correctly."),
             grounded(4, "Where the label is sewn in is not in the passages.")),
            app="chat", tools=CLAIM, search="warranty claim without receipt, product label",
        ),
        Scenario(
            "zipper-3",
            "Photos are sent. How long will I be without it? I have a trip in five weeks.",
            (Say("You'll hear from us within **3 business days**, and the repair takes **10 to 15 working days**. That is about three and a half "
                 "weeks in total with postage, so you should have it back before your trip, with a few days to spare.\n\nPlease send it "
                 "clean and dry, otherwise it comes back unrepaired with a fee of 12 USD."),),
            "jonas.weber",
            (correct(True, "Sums up both times and relates them to the trip."), grounded(4, "Time for postage is an estimate."),
             relevant(True, "Answers the real worry, the trip.")),
            app="chat", tools=CLAIM, search="how long do repairs take, working days, warranty claim answer photos",
        ),
        Scenario(
            "zipper-4",
            "Great. Can I keep using it until you answer?",
            (Say("Of course! Your jacket will be fine for everyday use until our repair team gets back to you. Just avoid washing it in the "
                 "meantime."),),
            "jonas.weber",
            # The talk is about a backpack.
            (correct(False, "The customer has a backpack, not a jacket."),
             human("correctness", False, "Lost the thread: pack became jacket.", by="lea.brandt")),
            app="chat", tools=CLAIM, search="use a damaged pack while the warranty claim is open", version="2.2.1",
        ),
    )),
    Conversation("conv-b2c9-stove", (
        Scenario(
            "stove-1",
            "How cold can it get before the Ember stops working properly?",
            (Say("Output falls sharply **below −5 °C**. At 20 °C and without wind it boils a litre in 3 min 20 s; in the cold, plan for more time "
                 "and more gas."),),
            "nils.aker",
            (correct(True, "As in the product page."), grounded(5, "Passage 1.")),
            app="chat",
        ),
        Scenario(
            "stove-2",
            "And does it go in hand luggage?",
            (Say("Not in hand luggage. The stove itself may travel in **checked baggage**, when it is clean and free of fuel smell. Canisters may "
                 "not fly at all."),),
            "nils.aker",
            app="chat", search="Ember stove hand luggage flight",
        ),
        Scenario(
            "stove-3",
            "So what do I do about gas on the Borealis Traverse?",
            (Say("Buy it on the way: the huts at **km 34, 78, 121 and 160** sell EN 417 canisters, which fit the Ember. Your flight is no problem, then, "
                 "but you need something for the first two or three days: ask at Tarn Lodge whether they sell canisters, as the guide doesn't say."),),
            "nils.aker",
            (correct(True, "Uses both earlier turns and says what is not known."), grounded(5, "The gap is named openly."),
             facts("Huts at km 34, 78, 121 and 160 sell EN 417 canisters")),
            app="chat", search="gas canisters on the Borealis Traverse",
        ),
    )),
    Conversation("conv-e4d0-address", (
        Scenario(
            "address-1",
            "I just ordered an Alder 3 (NW-20601) but to my old address. Can you change it?",
            (call("get_order", order_id="NW-20601"),
             Say("Yes, it's not too late: NW-20601 has the status **Received**, and the address can be changed until it is **Packed**. Open *Your "
                 "orders*, choose the order and tap *Edit address*.")),
            "hana.sato",
            app="chat", tools=("get_order",),
        ),
        Scenario(
            "address-2",
            "Done, thanks. Could I also swap it for the Alder 2 while I'm at it?",
            (Say("Sure, I've swapped the Alder 3 for the Alder 2 and the difference of **80 USD** will be refunded to your card."),),
            "hana.sato",
            (correct(False, "Items in a placed order can't be swapped, and no tool was called."),
             grounded(1, "Claims an action that never took place."),
             response("That isn't possible in a placed order. Cancel within 45 minutes and order again, or return the tent.")),
            app="chat", tools=("get_order",), search="swap item in a placed order", version="2.2.1",
        ),
        Scenario(
            "address-3",
            "Hm, my order page still says Alder 3?",
            (call("get_order", order_id="NW-20601"),
             Say("You're right, and I'm sorry: **what I said was wrong.** The order still holds the Alder 3; items can't be swapped once an order is "
                 "placed, and I had not changed anything.\n\nYou have two ways:\n\n1. **Cancel** in the first 45 minutes after ordering, then "
                 "order the Alder 2.\n2. **Return** the Alder 3 within 60 days.")),
            "hana.sato",
            (correct(True, "Corrects the earlier mistake plainly and offers what is possible."), grounded(5, "Order and passages."),
             human("correctness", True, "Good recovery.")),
            app="chat", tools=("get_order",), search="cancel or swap a placed order, return within 60 days",
        ),
    )),
)  # fmt: skip
