"""The overview."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "overview.title": ("Umumiy holat", "Обзор", "Жалпы абал", "Overview"),
    "overview.now": ("Hozir eʼtibor kerak", "Требует внимания сейчас", "Азыр көңүл буруу керек", "Needs a person now"),
    "overview.calm": (
        "Hozir hech narsa odamni kutmayapti.",
        "Сейчас ничто не ждёт человека.",
        "Азыр эч нерсе адамды күтпөйт.",
        "Nothing needs a person now.",
    ),
    "overview.kind": ("Nima boʻldi", "Что случилось", "Эмне болду", "What happened"),
    "overview.todo": ("Nima qilish kerak", "Что делать", "Эмне кылуу керек", "What to do"),
    "overview.count": ("Soni", "Число", "Саны", "Count"),
    "overview.attention": (
        "Eʼtibor talab qiladigan arizalar",
        "Заявления, требующие внимания",
        "Көңүл бурууну талап кылган арыздар",
        "Cases that need attention",
    ),
    "overview.all_attention": ("Barchasini koʻrsatish", "Показать все", "Баарын көрсөтүү", "Show all"),
    "overview.due": ("Muddati yaqin va oʻtgan", "Сроки: близкие и прошедшие", "Мөөнөтү жакын жана өткөн", "Due soon and overdue"),
    "overview.no_due": (
        "Yaqin uch kunda muddati tugaydigan ariza yoʻq.",
        "В ближайшие три дня сроки не истекают.",
        "Жакынкы үч күндө мөөнөтү бүтө турган арыз жок.",
        "No term ends within three days.",
    ),
    "overview.lanes": ("Idoralar", "Ведомства", "Идоралар", "Agencies"),
    "overview.agency": ("Idora", "Ведомство", "Идора", "Agency"),
    "overview.lane": ("Kanal", "Канал", "Канал", "Lane"),
    "overview.health": ("Holati", "Состояние", "Абалы", "Health"),
    "overview.depth": ("Navbatda", "В очереди", "Кезекте", "Queued"),
    "overview.flight": ("Yoʻlda", "В пути", "Жолдо", "Under way"),
    "overview.oldest": ("Eng koʻp kutgani", "Дольше всех ждёт", "Эң көп күткөнү", "Longest wait"),
    "overview.throughput": ("Soʻnggi 24 soat", "За последние 24 часа", "Акыркы 24 саат", "The last 24 hours"),
    "overview.received": ("Qabul qilindi", "Принято", "Кабыл алынды", "Received"),
    "overview.decided": ("Qaror chiqdi", "Решено", "Чечилди", "Decided"),
    "overview.open_incidents": ("Ochiq holatlar", "Открытых случаев", "Ачык окуялар", "Open incidents"),
    "overview.overdue": ("Muddati oʻtgan", "Просрочено", "Мөөнөтү өткөн", "Overdue"),
    "overview.in_a_day": ("Bir kunda tugaydi", "Истекают за сутки", "Бир күндө бүтөт", "Due within a day"),
    "overview.in_three_days": ("Uch kunda tugaydi", "Истекают за три дня", "Үч күндө бүтөт", "Due within three days"),
    "overview.oldest_case": (
        "Qaror kutayotgan eng eski ariza",
        "Дольше всех ждёт решения",
        "Чечимди эң көп күткөн арыз",
        "Oldest without a decision",
    ),
    "overview.all_due": (
        "Barchasi, muddati yaqinlari avval",
        "Все, сначала с ближайшим сроком",
        "Баары, мөөнөтү жакындары мурда",
        "All, least time remaining first",
    ),
    "overview.chart": (
        "Soatlar boʻyicha qabul qilingan arizalar",
        "Принятые заявления по часам",
        "Саат боюнча кабыл алынган арыздар",
        "Applications received, by the hour",
    ),
    "overview.bar": (
        "{hour}: {count} ta ariza, qaror: {decided}",
        "{hour}: заявлений {count}, решено {decided}",
        "{hour}: {count} арыз, чечилди: {decided}",
        "{hour}: {count} applications, {decided} decided",
    ),
}
