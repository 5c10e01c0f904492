"""The texts of the certificate of a tacit decision in Uzbek, Russian, Kyrgyz and English.

``{names}`` are filled in by ``certificate``.
"""

from __future__ import annotations

from typing import Final

from gateway.application.derivation_texts import Four

TITLE: Final[Four] = (
    "Idoraning sukuti asosidagi qaror toʻgʻrisida maʼlumotnoma",
    "Справка о решении, вытекающем из молчания ведомства",
    "Идоранын үн катпоосунан келип чыккан чечим жөнүндө маалымкат",
    "Certificate of a decision by silence",
)
#: What the law makes of the silence, by the outcome of the case.
EFFECTS: Final[dict[str, Four]] = {
    "tacitly_granted": (
        "Idora belgilangan muddatda qaror qabul qilmadi. Qonunga koʻra uning sukuti rozilik hisoblanadi: "
        "{due} dan boshlab ariza qanoatlantirilgan hisoblanadi.",
        "Ведомство не приняло решения в установленный срок. По закону его молчание считается согласием: "
        "с {due} заявление считается удовлетворённым.",
        "Идора белгиленген мөөнөттө чечим кабыл алган жок. Мыйзам боюнча анын үн катпоосу макулдук деп эсептелет: "
        "{due} баштап арыз канааттандырылган деп эсептелет.",
        "The authority did not decide within the term. By law its silence counts as consent: "
        "since {due} the application counts as granted.",
    ),
    "tacitly_refused": (
        "Idora belgilangan muddatda qaror qabul qilmadi. Qonunga koʻra uning sukuti rad etish hisoblanadi: "
        "{due} dan boshlab ariza rad etilgan hisoblanadi.",
        "Ведомство не приняло решения в установленный срок. По закону его молчание считается отказом: "
        "с {due} в удовлетворении заявления считается отказанным.",
        "Идора белгиленген мөөнөттө чечим кабыл алган жок. Мыйзам боюнча анын үн катпоосу баш тартуу деп эсептелет: "
        "{due} баштап арыз четке кагылган деп эсептелет.",
        "The authority did not decide within the term. By law its silence counts as a refusal: "
        "since {due} the application counts as refused.",
    ),
}
LABELS: Final[dict[str, Four]] = {
    "number": ("Ariza raqami", "Заявка №", "Арыздын номери", "Case number"),
    "service": ("Xizmat", "Услуга", "Кызмат", "Service"),
    "applicant": ("Ariza beruvchi", "Заявитель", "Арыз ээси", "Applicant"),
    "office": ("Arizani qabul qilgan markaz", "Центр, принявший заявление", "Арызды кабыл алган борбор", "Office"),
    "authority": (
        "Qaror qabul qilishi lozim boʻlgan idora",
        "Ведомство, которое должно было решить",
        "Чечим кабыл алышы керек болгон идора",
        "Authority that had to decide",
    ),
    "decision": ("Qaror", "Решение", "Чечим", "Decision"),
    "legal_basis": ("Huquqiy asos", "Правовое основание", "Укуктук негиз", "Legal basis"),
    "received": ("Ariza kelib tushgan", "Заявление поступило", "Арыз түшкөн", "Application received"),
    "started": ("Muddat hisoblana boshlagan", "Срок отсчитан от", "Мөөнөт эсептелген убакыт", "Term counted from"),
    "term": ("Muddat", "Срок", "Мөөнөт", "Term"),
    "due": ("Muddat tugagan", "Срок истёк", "Мөөнөт бүткөн", "Term ended"),
    "recorded": ("Qaror qayd etilgan", "Решение записано", "Чечим катталган", "Decision recorded"),
    "zone": ("Vaqt mintaqasi", "Часовой пояс", "Убакыт алкагы", "Time zone"),
    "issued": ("Maʼlumotnoma berilgan", "Справка выдана", "Маалымкат берилген", "Certificate issued"),
    "check": ("Tekshiruv qiymati", "Контрольное значение", "Текшерүү мааниси", "Check value"),
}
DERIVATION: Final[Four] = (
    "Muddat qanday hisoblangan",
    "Как рассчитан срок",
    "Мөөнөт кантип эсептелген",
    "How the date was derived",
)
#: What starts a term.
TRIGGERS: Final[dict[str, Four]] = {
    "receipt": ("ariza kelib tushgan", "поступление заявления", "арыздын түшүшү", "receipt of the application"),
    "completeness": (
        "hujjatlar toʻliqligi tasdiqlangan",
        "подтверждение полноты документов",
        "документтердин толуктугу ырасталган",
        "completeness confirmed",
    ),
    "payment": ("toʻlov", "оплата", "төлөм", "payment"),
    "registration": ("roʻyxatga olish", "регистрация", "каттоо", "registration"),
    "dispatch": ("idoraga yuborilgan", "отправка в ведомство", "идорага жөнөтүлгөн", "dispatch to the authority"),
}
#: Who has issued it, by the first word of the actor.
ISSUERS: Final[dict[str, Four]] = {
    "operator": (
        "shlyuz operatori {name}",
        "оператор шлюза {name}",
        "шлюздун оператору {name}",
        "operator of the gateway {name}",
    ),
    "client": ("murojaat markazi {name}", "фронт-офис {name}", "фронт-офис {name}", "front office {name}"),
}
CALENDAR: Final[Four] = (
    "{amount}, {calendar} taqvimi",
    "{amount}, календарь {calendar}",
    "{amount}, {calendar} календары",
    "{amount}, calendar {calendar}",
)
CHECKING: Final[Four] = (
    "Tekshiruv qiymati — berilish paytida ushbu ariza yozuvidagi {sequence}-hodisaning SHA-256 xeshi. "
    "Hodisalar zanjirlangan: keyin oʻzgartirilgan yozuv boshqa qiymat beradi. "
    "Maʼlumotnomada imzo yoʻq; u ariza raqami va shu qiymat boʻyicha tekshiriladi.",
    "Контрольное значение — хеш SHA-256 события № {sequence} в записи этой заявки на момент выдачи. "
    "События связаны в цепочку: запись, изменённая позже, даст другое значение. "
    "Справка не подписана; её проверяют по номеру заявки и этому значению.",
    "Текшерүү мааниси — берилген учурда ушул арыздын жазуусундагы {sequence}-окуянын SHA-256 хеши. "
    "Окуялар чынжырланган: кийин өзгөртүлгөн жазуу башка маани берет. "
    "Маалымкатта кол коюлган эмес; ал арыздын номери жана ушул маани боюнча текшерилет.",
    "The check value is the SHA-256 hash of event {sequence} in the record of this case at the time of issue. "
    "Events are chained: a record that was altered afterwards gives another value. "
    "The certificate bears no signature; it is checked by the case number and this value.",
)
