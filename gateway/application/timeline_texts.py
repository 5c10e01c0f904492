"""The words of a timeline in Uzbek, Russian, Kyrgyz and English."""

from __future__ import annotations

from typing import Final

from gateway.application.derivation_texts import Four

#: By the type of an event.
EVENTS: Final[dict[str, Four]] = {
    "applicant.deadline_passed": (
        "Ariza beruvchiga berilgan muhlat oʻtdi",
        "Время, данное заявителю, истекло",
        "Арыз ээсине берилген мөөнөт өттү",
        "The applicant's time has passed",
    ),
    "case.received": ("Ariza qabul qilindi", "Заявление принято", "Арыз кабыл алынды", "Application received"),
    "case.moved": ("Ariza holati oʻzgardi", "Состояние заявки изменилось", "Арыздын абалы өзгөрдү", "Status changed"),
    "case.supplemented": ("Ariza toʻldirildi", "Заявление дополнено", "Арыз толукталды", "Application supplemented"),
    "case.reopened": ("Ish qayta ochildi", "Дело возобновлено", "Иш кайра ачылды", "Reopened"),
    "case.decided": ("Qaror qabul qilindi", "Решение принято", "Чечим кабыл алынды", "Decided"),
    "case.closed": ("Ariza yopildi", "Заявка закрыта", "Арыз жабылды", "Closed"),
    "case.withdrawing": ("Ariza qaytarib olinmoqda", "Заявление отзывается", "Арыз кайтарылып алынууда", "Being withdrawn"),
    "case.withdrawn": ("Ariza qaytarib olindi", "Заявление отозвано", "Арыз кайтарылып алынды", "Withdrawn"),
    "certificate.issued": ("Guvohnoma berildi", "Выдано свидетельство", "Күбөлүк берилди", "Certificate issued"),
    "clock.started": ("Muddat boshlandi", "Срок начался", "Мөөнөт башталды", "Clock started"),
    "clock.ended": ("Muddat tugadi", "Течение срока окончено", "Мөөнөттүн эсеби бүттү", "Clock ended"),
    "clock.warned": ("Muddat tugashiga oz qoldi", "Срок скоро истечёт", "Мөөнөт жакында бүтөт", "Term ends soon"),
    "clock.level_reached": (
        "Muddat boʻyicha ogohlantirish bosqichi",
        "Достигнут порог предупреждения о сроке",
        "Мөөнөт боюнча эскертүү чегине жетти",
        "A level of the term was reached",
    ),
    "clock.breached": ("Muddat buzildi", "Срок нарушен", "Мөөнөт бузулду", "Term breached"),
    "clock.moved": ("Muddat sanasi oʻzgardi", "Дата окончания срока изменилась", "Мөөнөттүн күнү өзгөрдү", "Due date moved"),
    "clock.recalculated": (
        "Muddat yangi taqvim boʻyicha hisoblandi",
        "Срок пересчитан по новому календарю",
        "Мөөнөт жаңы календарь боюнча эсептелди",
        "Recalculated by a new calendar",
    ),
    "clock.suspended": ("Muddat toʻxtatib turildi", "Срок приостановлен", "Мөөнөт токтотулду", "Clock suspended"),
    "clock.resumed": ("Muddat davom etmoqda", "Течение срока возобновлено", "Мөөнөт улантылды", "Clock resumed"),
    "clock.extended": ("Muddat uzaytirildi", "Срок продлён", "Мөөнөт узартылды", "Clock extended"),
    "decision.too_late": (
        "Qaror muddat oʻtgandan keyin keldi",
        "Решение пришло после срока",
        "Чечим мөөнөт өткөндөн кийин келди",
        "A decision came too late",
    ),
    "fact.confirmed": ("Maʼlumot tasdiqlandi", "Факт подтверждён", "Факт ырасталды", "Fact confirmed"),
    "incident.opened": ("Eʼtibor talab qiladi", "Требует внимания", "Көңүл бурууну талап кылат", "Needs attention"),
    "incident.closed": ("Hal qilindi", "Вопрос решён", "Маселе чечилди", "Attended to"),
    "message.revealed": (
        "Xabar mazmuni koʻrildi",
        "Содержание сообщения просмотрено",
        "Билдирүүнүн мазмуну каралды",
        "A message was looked at",
    ),
    "reply.recorded": ("Takroriy javob qayd etildi", "Повторный ответ записан", "Кайталанган жооп жазылды", "Reply recorded"),
    "reply.applied": (
        "Kechikkan javob hisobga olindi",
        "Запоздавший ответ принят",
        "Кечиккен жооп кабыл алынды",
        "A late reply was applied",
    ),
    "reply.dismissed": (
        "Kechikkan javob hisobga olinmadi",
        "Запоздавший ответ отклонён",
        "Кечиккен жооп четке кагылды",
        "A late reply was dismissed",
    ),
    "request.superseded": (
        "Soʻrov boshqasi bilan almashtirildi",
        "Запрос заменён новым",
        "Суроо жаңысы менен алмаштырылды",
        "Superseded by a new request",
    ),
    "reply.contradicts": ("Zid javob keldi", "Пришёл противоречащий ответ", "Карама-каршы жооп келди", "Contradicting reply"),
    "request.ready": ("Soʻrov tayyor", "Запрос готов к отправке", "Суроо жөнөтүүгө даяр", "Request ready"),
    "request.released": ("Soʻrov joʻnatildi", "Запрос передан на отправку", "Суроо жөнөтүлдү", "Request released"),
    "request.given_back": (
        "Soʻrov navbatga qaytdi",
        "Запрос вернулся в очередь",
        "Суроо кезекке кайтты",
        "Request given back to its lane",
    ),
    "request.accepted": ("Idora qabul qildi", "Ведомство приняло запрос", "Идора суроону кабыл алды", "Accepted by the agency"),
    "request.progressed": ("Idora ish olib bormoqda", "Ведомство сообщает о ходе", "Идора жүрүшүн билдирди", "Progress reported"),
    "request.needs_applicant": (
        "Ariza beruvchidan qoʻshimcha kerak",
        "Нужно дополнение от заявителя",
        "Арыз ээсинен толуктоо керек",
        "The applicant has to add something",
    ),
    "request.completed": ("Idora bajardi", "Ведомство исполнило", "Идора аткарды", "Done by the agency"),
    "request.refused": ("Idora rad etdi", "Ведомство отказало", "Идора баш тартты", "Refused by the agency"),
    "request.skipped": ("Bu bosqich kerak emas", "Шаг не нужен", "Бул кадам керек эмес", "Step not needed"),
    "request.cancelled": ("Soʻrov bekor qilindi", "Запрос отменён", "Суроо жокко чыгарылды", "Request cancelled"),
    "request.redirected": (
        "Boshqa boʻlimga yoʻnaltirildi",
        "Перенаправлено в другое подразделение",
        "Башка бөлүмгө багытталды",
        "Redirected to another branch",
    ),
    "request.retrying": ("Yana urinib koʻriladi", "Будет новая попытка", "Дагы аракет кылынат", "To be tried again"),
    "request.retried": (
        "Operator qayta yubordi",
        "Оператор отправил снова",
        "Оператор кайра жөнөттү",
        "Sent again by hand",
    ),
    "request.resolved": (
        "Operator hal qildi",
        "Оператор указал исход",
        "Оператор жыйынтыгын белгиледи",
        "Resolved by hand",
    ),
    "request.in_doubt": (
        "Yetkazilgani tasdiqlanmadi",
        "Доставка не подтверждена",
        "Жеткирүү ырасталган жок",
        "Delivery not confirmed",
    ),
    "request.not_there": (
        "Idorada bunday soʻrov yoʻq",
        "В ведомстве такого запроса нет",
        "Идорада мындай суроо жок",
        "Not there: the agency has no such request",
    ),
    "request.poll_failed": (
        "Javobni soʻrab boʻlmadi",
        "Не удалось запросить ответ",
        "Жоопту суроого мүмкүн болгон жок",
        "Asking for the answer failed",
    ),
    "request.parked": ("Operatorni kutmoqda", "Ждёт оператора", "Операторду күтүүдө", "Parked: waits for an operator"),
}

#: By what is waited for.
WAITS: Final[dict[str, Four]] = {
    "lane": ("Idora kanalida navbatda", "В очереди канала ведомства", "Идоранын каналында кезекте", "Waits in the agency's lane"),
    "retry": ("Keyingi urinishni kutmoqda", "Ждёт следующей попытки", "Кийинки аракетти күтүүдө", "Waits for the next try"),
    "reply": ("Idora javobini kutmoqda", "Ждёт ответа ведомства", "Идоранын жообун күтүүдө", "Waits for the agency's answer"),
    "applicant": ("Ariza beruvchini kutmoqda", "Ждёт заявителя", "Арыз ээсин күтүүдө", "Waits for the applicant"),
    "certainty": (
        "Yetkazilgani aniqlanmoqda",
        "Выясняется, доставлен ли запрос",
        "Жеткирилгени такталууда",
        "Being found out whether it was delivered",
    ),
    "operator": ("Operatorni kutmoqda", "Ждёт оператора", "Операторду күтүүдө", "Waits for an operator"),
}

#: By the outcome of a try or a callback.
OUTCOMES: Final[dict[str, Four]] = {
    "completed": ("bajarildi", "исполнено", "аткарылды", "done"),
    "refused": ("rad etildi", "отказано", "баш тартылды", "refused"),
    "accepted": ("qabul qilindi", "принято", "кабыл алынды", "accepted"),
    "progress": ("ish bormoqda", "в работе", "иштелүүдө", "in progress"),
    "needs_applicant": ("qoʻshimcha kerak", "нужно дополнение", "толуктоо керек", "needs the applicant"),
    "redirected": ("boshqa boʻlimga", "в другое подразделение", "башка бөлүмгө", "redirected"),
    "retry_later": ("keyinroq urinish kerak", "повторить позже", "кийинчерээк кайталоо керек", "retry later"),
    "unknown": ("nomaʼlum", "исход неизвестен", "белгисиз", "not known"),
    "invalid": ("xabar oʻqilmadi", "сообщение не прочитано", "билдирүү окулган жок", "message not readable"),
    "misconfigured": ("ulanish sozlanmagan", "подключение не настроено", "туташуу жөндөлгөн эмес", "misconfigured"),
    "not_there": ("idorada yoʻq", "в ведомстве нет", "идорада жок", "not there"),
}

#: By who holds a case; an agency is told by its own title.
HOLDERS: Final[dict[str, Four]] = {
    "applicant": ("ariza beruvchi", "заявитель", "арыз ээси", "applicant"),
    "office": ("markaz", "центр", "борбор", "office"),
    "gateway": ("shlyuz", "шлюз", "шлюз", "gateway"),
    "transport": ("aloqa", "связь", "байланыш", "transport"),
}

HOP: Final[Four] = (
    "Ishlovchiga yetib borish",
    "Передача исполнителю",
    "Аткаруучуга жеткирүү",
    "On its way to a worker",
)
TRY: Final[Four] = (
    "{number}-urinish: {outcome}",
    "Попытка {number}: {outcome}",
    "{number}-аракет: {outcome}",
    "Try {number}: {outcome}",
)
LOOKED_UP: Final[Four] = ("Surishtirildi: {outcome}", "Уточнение: {outcome}", "Такталды: {outcome}", "Looked up: {outcome}")
CALLED_BACK: Final[Four] = (
    "Idora xabari: {outcome}",
    "Сообщение ведомства: {outcome}",
    "Идоранын билдирүүсү: {outcome}",
    "Callback: {outcome}",
)
