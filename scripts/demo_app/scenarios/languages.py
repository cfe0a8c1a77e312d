"""Customers who write in their own language."""

from script import Say, Scenario, call, correct, grounded, human, relevant, response

LANGUAGES: tuple[Scenario, ...] = (
    Scenario(
        "arabic-return",
        "مرحبًا، اشتريت خيمة Alder 3 قبل ثلاثة أسابيع (الطلب NW-20255). هل يمكنني إرجاعها بعد استعمالها مرة واحدة؟",
        (call("get_order", order_id="NW-20255"),
         Say("نعم، يمكنك ذلك. تُقبل الإرجاعات خلال **60 يومًا** من تاريخ التسليم حتى لو استُعملت الخيمة، بشرط أن تكون نظيفة وكاملة.\n\n"
             "1. افتح صفحة *طلباتي* واختر الطلب NW-20255.\n"
             "2. سنرسل إليك رمز QR بالبريد الإلكتروني.\n"
             "3. يُعاد المبلغ (429.00 USD) إلى وسيلة الدفع الأصلية خلال 5 إلى 7 أيام عمل.\n\n"
             "أعضاء Trail Club لا يدفعون أجرة الإرجاع، ولغيرهم يُخصم 6.95 USD.")),
        "amal.haddad",
        (correct(True, "Window, condition and amount are right."), grounded(5, "Order and passages agree."),
         relevant(True, "Answers in the customer's language.")),
        tools=("get_order", "create_return"), search="return a tent used once within 60 days, return postage label",
    ),
    Scenario(
        "hebrew-stove",
        "האם אפשר לעלות לטיסה עם כירת Ember ועם מיכל גז?",
        (Say("את הכירה (Ember, \u200f88 גרם) אפשר להכניס ל**מזוודה שנשלחת לבטן המטוס**, אם היא נקייה ובלי ריח של דלק. "
             "**מיכלי גז אסורים בטיסה לחלוטין**, גם בכבודת היד וגם במזוודה. מומלץ לקנות מיכל מסוג EN 417 ביעד."),),
        "yael.ben-ami",
        search="Ember stove canister flight baggage",
    ),
    Scenario(
        "japanese-size",
        "普段は26.5cmの靴を履いています。Ridge GTXの43は大きすぎますか？厚手の靴下を使います。",
        (Say("当店のブーツは**ヨーロッパサイズどおり**の作りです。厚手の靴下をお使いになる場合や長い下りがある場合は、**ハーフサイズ上**をお選びください。\n\n"
             "26.5 cmはおよそEU 42に当たりますので、厚手の靴下でしたら**42.5**、余裕がお好みなら43でも問題ありません。"
             "夕方に、実際に履く靴下で立って測り、つま先に**12 mm**の余裕があることをお確かめください。"),),
        "hana.sato",
        (correct(True, "The advice follows the sizing page."),
         grounded(3, "The conversion of 26.5 cm to EU 42 is not in the passages.")),
        search="boot sizing European size thick socks Ridge GTX",
    ),
    Scenario(
        "spanish-in-english",
        "¿Cuánto tarda un envío a Sevilla y tengo que pagar aduanas?",
        (Say("Delivery to Spain takes 7 to 12 business days. Duties and taxes are included in the price for the EU, so there is nothing "
             "to pay on delivery."),),
        "sofia.romero",
        (correct(True, "Time and duties are right for the EU."), grounded(5, "Supported by passage 1."),
         relevant(False, "The customer wrote in Spanish and was answered in English."),
         human("correctness", True, "Right content, wrong language.")),
        search="delivery time and customs duties to Spain", version="2.2.1",
    ),
    Scenario(
        "german-sticky-floor",
        "Der Boden meines Alder 2 klebt nach sechs Jahren. Ist das ein Garantiefall? Und kann man ihn in der Waschmaschine waschen?",
        (Say("Schade um den Boden! Klebrige Stellen heißen, dass die Beschichtung hydrolysiert ist. Ja, das ist ein **Garantiefall**: Zelte haben "
             "lebenslange Garantie. Schicken Sie uns die Bestellnummer und zwei Fotos.\n\nIn die Waschmaschine darf ein Zelt nie: bitte "
             "von Hand mit lauwarmem Wasser und milder Seife reinigen und im Schatten trocknen."),),
        "uwe.bergmann",
        (correct(False, "The care page calls hydrolysis wear and not covered; the rest is right."),
         grounded(3, "Washing advice is supported, the warranty statement contradicts the care page."),
         response("Hydrolyse der Beschichtung ist Abnutzung und nicht von der Garantie gedeckt; nie in die Waschmaschine.",
                  by="lea.brandt")),
        search="sticky tent floor coating machine wash, lifetime warranty claim defects",
    ),
)  # fmt: skip
