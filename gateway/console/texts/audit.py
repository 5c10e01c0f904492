"""The audit: who did what."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "nav.audit": ("Kim nima qildi", "Журнал действий", "Ким эмне кылды", "Audit"),
    "audit.title": ("Kim nima qildi", "Журнал действий", "Ким эмне кылды", "Who did what"),
    "audit.lead": (
        "Operatorlar, xodimlar va qabul tizimlarining arizalar boʻyicha amallari, avval eng yangilari. Arizalarning oʻzi qabul qilinishi bu yerda koʻrsatilmaydi.",
        "Действия операторов, сотрудников и систем приёма по заявлениям, сначала новейшие. Сам приём заявлений здесь не показан.",
        "Операторлордун, кызматкерлердин жана кабыл алуу системаларынын арыздар боюнча аракеттери, адегенде эң жаңылары. Арыздардын кабыл алынышы бул жерде көрсөтүлбөйт.",
        "What operators, clerks and front offices did on cases, newest first. That an application was handed in is not shown here.",
    ),
    "audit.who": ("Kim", "Кто", "Ким", "Who"),
    "audit.who_hint": (
        "Kirish nomi toʻliq yozilsin",
        "Имя для входа целиком",
        "Кирүү аты толук жазылсын",
        "The whole name that they sign in with",
    ),
    "audit.kind": ("Amal turi", "Вид действия", "Аракеттин түрү", "Kind of act"),
    "audit.since": ("Qaysi kundan", "С дня", "Кайсы күндөн", "From day"),
    "audit.until": ("Qaysi kungacha", "По день", "Кайсы күнгө чейин", "To day"),
    "audit.when": ("Qachon", "Когда", "Качан", "When"),
    "audit.act": ("Amal", "Действие", "Аракет", "Act"),
    "audit.case": ("Ariza", "Заявление", "Арыз", "Case"),
    "audit.ground": ("Asos", "Основание", "Негиз", "Ground"),
    "audit.revealed": ("shaxsiy maʼlumot koʻrildi", "просмотр личных данных", "жеке маалымат каралды", "personal data shown"),
    "audit.none": ("Bunday amal yoʻq.", "Таких действий нет.", "Мындай аракет жок.", "There are no such acts."),
    "audit.beside": ("Arizalardan tashqari", "Помимо заявлений", "Арыздардан тышкары", "Beside cases"),
    "audit.not_recorded": ("Bu yerda nima yoʻq", "Чего здесь нет", "Бул жерде эмне жок", "What is not recorded"),
    "audit.not_recorded_what": (
        "Vebhuk va hisoblarni kim oʻzgartirgani yozilmaydi: faqat ularning hozirgi holati saqlanadi. Idora kanali toʻxtatilgani faqat u toʻxtab turganda koʻrinadi.",
        "Не записывается, кто менял вебхуки и учётные записи: хранится только их нынешнее состояние. Остановка канала ведомства видна, пока он остановлен.",
        "Вебхуктарды жана каттоо жазууларын ким өзгөрткөнү жазылбайт: алардын азыркы абалы гана сакталат. Идоранын каналы токтотулганы ал токтоп турганда гана көрүнөт.",
        "Who changed webhooks and accounts is not recorded: only how they stand now. That a lane was paused is seen only while it is.",
    ),
    "act_kind.revealed": ("shaxsiy maʼlumotni koʻrish", "просмотр личных данных", "жеке маалыматты кароо", "personal data shown"),
    "act_kind.requests": ("soʻrovlar", "запросы", "суроолор", "requests"),
    "act_kind.clocks": ("muddatlar", "сроки", "мөөнөттөр", "clocks"),
    "act_kind.cases": ("arizalar va tasdiqlar", "заявления и подтверждения", "арыздар жана ырастоолор", "cases and facts"),
    "act_kind.incidents": ("eʼtibor talab qilganlar", "требовавшее внимания", "көңүл бурууну талап кылгандар", "incidents"),
    "act_kind.certificates": ("guvohnomalar", "свидетельства", "күбөлүктөр", "certificates"),
    "beside.calendar": ("Taqvimni oʻzgartirdi", "Изменение календаря", "Календарды өзгөрттү", "Amended a calendar"),
    "beside.replay_seen": (
        "Qayta yuborishni tayyorladi",
        "Подготовка повторной отправки",
        "Кайра жөнөтүүнү даярдады",
        "Prepared a replay",
    ),
    "beside.replay_started": (
        "Qayta yuborishni boshladi",
        "Запуск повторной отправки",
        "Кайра жөнөтүүнү баштады",
        "Started a replay",
    ),
    "beside.replay_changed": (
        "Qayta yuborishni oʻzgartirdi yoki toʻxtatdi",
        "Изменение или остановка повторной отправки",
        "Кайра жөнөтүүнү өзгөрттү же токтотту",
        "Changed or stopped a replay",
    ),
    "beside.lane_paused": (
        "Idora kanalini toʻxtatib turibdi",
        "Канал ведомства остановлен",
        "Идоранын каналын токтотуп турат",
        "Holds a lane paused",
    ),
    "problem.span_backwards": (
        "oxirgi kun birinchisidan oldin",
        "последний день раньше первого",
        "акыркы күн биринчисинен мурун",
        "the last day comes before the first",
    ),
}
