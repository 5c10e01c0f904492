"""The list of cases."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "cases.title": ("Arizalar", "Заявления", "Арыздар", "Cases"),
    "cases.filter": ("Saralash", "Отбор", "Тандоо", "Filter"),
    "cases.apply": ("Koʻrsatish", "Показать", "Көрсөтүү", "Show"),
    "cases.clear": ("Tozalash", "Сбросить", "Тазалоо", "Clear"),
    "cases.saved": ("Saqlangan saralashlar", "Сохранённые отборы", "Сакталган тандоолор", "Saved filters"),
    "cases.save": ("Shu saralashni saqlash", "Сохранить этот отбор", "Ушул тандоону сактоо", "Save this filter"),
    "cases.save_name": ("Nomi", "Название", "Аталышы", "Name"),
    "cases.remove_saved": ("«{name}»ni oʻchirish", "Удалить «{name}»", "«{name}» өчүрүү", "Remove “{name}”"),
    "cases.none": ("Bunday ariza yoʻq.", "Таких заявлений нет.", "Мындай арыз жок.", "There are no such cases."),
    "cases.none_hint": (
        "Saralashni oʻzgartiring yoki tozalang.",
        "Измените отбор или сбросьте его.",
        "Тандоону өзгөртүңүз же тазалаңыз.",
        "Change the filter, or clear it.",
    ),
    "cases.caption": (
        "Arizalar, avval eng yangilari",
        "Заявления, сначала новейшие",
        "Арыздар, адегенде эң жаңылары",
        "Cases, newest first",
    ),
    "cases.number": ("Raqam", "Номер", "Номер", "Number"),
    "cases.service": ("Xizmat", "Услуга", "Кызмат", "Service"),
    "cases.status": ("Holati", "Состояние", "Абалы", "Status"),
    "cases.outcome": ("Natija", "Решение", "Натыйжа", "Outcome"),
    "cases.holder": ("Kimda", "У кого", "Кимде", "Held by"),
    "cases.due": ("Muddat", "Срок", "Мөөнөт", "Due"),
    "cases.received": ("Qabul qilingan", "Принято", "Кабыл алынган", "Received"),
    "cases.office": ("Markaz", "Центр", "Борбор", "Office"),
    "cases.agency": ("Idora", "Ведомство", "Идора", "Agency"),
    "cases.channel": ("Qayerdan", "Канал подачи", "Каякка берилген", "Channel"),
    "cases.reference": ("Oʻz raqami", "Свой номер", "Өз номери", "Own reference"),
    "cases.reference_hint": (
        "Qabul tizimidagi raqam",
        "Номер в системе приёма",
        "Кабыл алуу системасындагы номер",
        "The number in the front office's system",
    ),
    "cases.attention": ("Eʼtibor", "Внимание", "Көңүл", "Attention"),
    "cases.attention_yes": ("talab qiladi", "требуется", "талап кылат", "needed"),
    "cases.attention_no": ("talab qilmaydi", "не требуется", "талап кылбайт", "not needed"),
    "cases.due_before": ("Muddati shu kungacha", "Срок до", "Мөөнөтү ушул күнгө чейин", "Due before"),
    "cases.provisional": ("taxminiy", "предварительно", "болжолдуу", "provisional"),
    "cases.needs_attention": ("eʼtibor talab qiladi", "требует внимания", "көңүл бурууну талап кылат", "needs attention"),
    "problem.bad_date": (
        "sana YYYY-OO-KK koʻrinishida yozilsin, masalan 2026-09-01",
        "дата пишется как ГГГГ-ММ-ДД, например 2026-09-01",
        "күн ЖЖЖЖ-АА-КК түрүндө жазылсын, мисалы 2026-09-01",
        "write the date as YYYY-MM-DD, as 2026-09-01",
    ),
    "problem.cursor": (
        "bu sahifa belgisi bizniki emas; roʻyxatni boshidan oching",
        "указатель страницы не наш; откройте список с начала",
        "баракча көрсөткүчү биздики эмес; тизмени башынан ачыңыз",
        "this is not a place in this list; open it from the beginning",
    ),
    "problem.filter_name": (
        "saralashning nomi 1–60 belgi boʻlsin",
        "название отбора: от 1 до 60 знаков",
        "тандоонун аталышы 1–60 белги болсун",
        "a filter has a name of 1 to 60 characters",
    ),
    "problem.too_many_filters": (
        "saqlangan saralashlar juda koʻp; avval birini oʻchiring",
        "сохранённых отборов слишком много; сначала удалите один",
        "сакталган тандоолор өтө көп; адегенде бирин өчүрүңүз",
        "too many filters are saved; remove one first",
    ),
    "done.filter_saved": ("Saralash saqlandi.", "Отбор сохранён.", "Тандоо сакталды.", "The filter is saved."),
    "done.filter_removed": ("Saralash oʻchirildi.", "Отбор удалён.", "Тандоо өчүрүлдү.", "The filter is removed."),
}
