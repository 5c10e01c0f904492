"""The texts of derivations in Uzbek, Russian, Kyrgyz and English. ``{names}`` are filled in by ``derivation_words``."""

from __future__ import annotations

from typing import Final

Four = tuple[str, str, str, str]

#: By code; ``code+param`` stands for the line that has that param.
LINES: Final[dict[str, Four]] = {
    "rule": (
        "Muddat: {amount}; taqvim {calendar}, {version} nusxasi{basis}.",
        "Срок: {amount}; календарь {calendar}, версия {version}{basis}.",
        "Мөөнөт: {amount}; календарь {calendar}, {version} версиясы{basis}.",
        "The term is {amount}; calendar {calendar}, version {version}{basis}.",
    ),
    "rule+since": (
        "Muddat: {amount} ({since} dan boshlab topshirilgan arizalar uchun); taqvim {calendar}, {version} nusxasi{basis}.",
        "Срок: {amount} (для заявлений, поданных с {since}); календарь {calendar}, версия {version}{basis}.",
        "Мөөнөт: {amount} ({since} баштап берилген арыздар үчүн); календарь {calendar}, {version} версиясы{basis}.",
        "The term is {amount} (of applications since {since}); calendar {calendar}, version {version}{basis}.",
    ),
    "started": (
        "Muddat {at} dagi voqeadan hisoblanadi.",
        "Срок считается от события {at}.",
        "Мөөнөт {at} болгон окуядан эсептелет.",
        "The term is counted from {at}.",
    ),
    "deemed": (
        "{from} — {why}: {to} kuni qabul qilingan hisoblanadi.",
        "{from} — {why}: считается поступившим {to}.",
        "{from} — {why}: {to} күнү кабыл алынган деп эсептелет.",
        "{from} is no working day ({why}): it counts as received on {to}.",
    ),
    "deemed+cut_off": (
        "{from} kuni soat {cut_off} dan keyin kelgan: {to} kuni qabul qilingan hisoblanadi.",
        "{from} поступило в {cut_off} или позже: считается поступившим {to}.",
        "{from} күнү саат {cut_off} же андан кеч келген: {to} күнү кабыл алынган деп эсептелет.",
        "On {from} it came at {cut_off} or later: it counts as received on {to}.",
    ),
    "length_in_days": (
        "{amount} — {to} gacha, yaʼni {days}.",
        "{amount} — до {to}, то есть {days}.",
        "{amount} — {to} чейин, башкача айтканда {days}.",
        "{amount} run to {to}, which is {days}.",
    ),
    "suspended": (
        "{from} dan beri toʻxtatilgan; asos: {ground}.",
        "Приостановлен с {from}; основание: {ground}.",
        "{from} баштап токтотулган; негизи: {ground}.",
        "Suspended since {from}; ground: {ground}.",
    ),
    "suspended+to": (
        "{from} dan {to} gacha toʻxtatilgan; asos: {ground}.",
        "Приостановлен с {from} до {to}; основание: {ground}.",
        "{from} баштап {to} чейин токтотулган; негизи: {ground}.",
        "Suspended from {from} until {to}; ground: {ground}.",
    ),
    "suspended+lapsed": (
        "{from} dan {to} gacha toʻxtatilgan (eng uzoq muddati tugadi); asos: {ground}.",
        "Приостановлен с {from} до {to} (наибольший срок исчерпан); основание: {ground}.",
        "{from} баштап {to} чейин токтотулган (эң узак мөөнөтү бүттү); негизи: {ground}.",
        "Suspended from {from} until {to}, when its maximum was used up; ground: {ground}.",
    ),
    "counted": (
        "{span}: hisobga olinadi, {days}. {why}",
        "{span}: считается, {days}. {why}",
        "{span}: эсепке алынат, {days}. {why}",
        "{span}: counted, {days}. {why}",
    ),
    "not_counted": (
        "{span}: hisobga olinmaydi, {days}. {why}",
        "{span}: не считается, {days}. {why}",
        "{span}: эсепке алынбайт, {days}. {why}",
        "{span}: not counted, {days}. {why}",
    ),
    "lapsed": (
        "{span}: sanalgan edi, toʻxtatishdan keyin muddat boshidan hisoblanadi.",
        "{span}: было сосчитано, но после приостановления срок течёт заново.",
        "{span}: саналган, бирок токтотуудан кийин мөөнөт кайра башталат.",
        "{span}: was counted, but the term begins anew after the suspension.",
    ),
    "counted_hours": (
        "{from} – {to}: hisobga olinadi, {hours}.",
        "{from} – {to}: считается, {hours}.",
        "{from} – {to}: эсепке алынат, {hours}.",
        "{from} – {to}: counted, {hours}.",
    ),
    "not_counted_hours": (
        "{from} – {to}: toʻxtatilgan, hisobga olinmaydi, {hours}.",
        "{from} – {to}: приостановлен, не считается, {hours}.",
        "{from} – {to}: токтотулган, эсепке алынбайт, {hours}.",
        "{from} – {to}: suspended, not counted, {hours}.",
    ),
    "raw_end": (
        "Hisob {date} kuni tugaydi.",
        "Счёт заканчивается {date}.",
        "Эсеп {date} күнү бүтөт.",
        "The count ends on {date}.",
    ),
    "extended": (
        "{amount}ga uzaytirildi, {noticed_at} da xabar berilgan; {from} dan keyin sanaladi{basis}.",
        "Продлён на {amount}, уведомление {noticed_at}; считается после {from}{basis}.",
        "{amount} узартылды, {noticed_at} билдирилген; {from} кийин саналат{basis}.",
        "Extended by {amount}, notified on {noticed_at}; counted after {from}{basis}.",
    ),
    "rolled_over": (
        "{date}: oxirgi kun boʻla olmaydi. {why}",
        "{date}: не может быть последним днём. {why}",
        "{date}: акыркы күн боло албайт. {why}",
        "{date}: cannot be the last day. {why}",
    ),
    "rolled": (
        "Oxirgi kun {from} dan {to} ga koʻchadi.",
        "Последний день переносится с {from} на {to}.",
        "Акыркы күн {from} күнүнөн {to} күнүнө жылат.",
        "The last day moves from {from} to {to}.",
    ),
    "least_working_days": (
        "Muddat ichida kamida {least} ish kuni boʻlishi kerak: {from} emas, {to} kuni tugaydi.",
        "В сроке должно быть не меньше рабочих дней, чем {least}: он заканчивается не {from}, а {to}.",
        "Мөөнөттүн ичинде кеминде {least} жумуш күнү болушу керек: {from} эмес, {to} күнү бүтөт.",
        "At least {least} working days have to lie within the term: it ends on {to}, not on {from}.",
    ),
    "last_instant": (
        "Muddat {until} gacha.",
        "Срок — до {until}.",
        "Мөөнөт {until} чейин.",
        "The term lasts until {until}.",
    ),
    "provisional": (
        "Sana dastlabki: {years} yil dam olish kunlari haqidagi qaror hali chiqmagan.",
        "Дата предварительная: решения о выходных днях {years} года ещё нет.",
        "Күн алдын ала коюлган: {years}-жылдын эс алуу күндөрү жөнүндө чечим али чыга элек.",
        "The date is provisional: there is no decree on the days off of {years} yet.",
    ),
    "open_suspension": (
        "{since} dan beri toʻxtatilgan ({grounds}), tugash sanasi yoʻq. Hozir tiklansa, eng erta sana: {earliest}.",
        "Приостановлен с {since} ({grounds}), даты окончания нет. При возобновлении сейчас самая ранняя дата: {earliest}.",
        "{since} баштап токтотулган ({grounds}), бүтүү күнү жок. Азыр улантылса, эң эрте күн: {earliest}.",
        "Suspended since {since} ({grounds}): there is no end date. If it were resumed now, the earliest is {earliest}.",
    ),
    "open_suspension+latest": (
        "{since} dan beri toʻxtatilgan ({grounds}), koʻpi bilan {lapses_at} gacha. Eng erta sana {earliest}, eng kechi {latest}.",
        "Приостановлен с {since} ({grounds}), не дольше чем до {lapses_at}. Дата — не раньше {earliest} и не позже {latest}.",
        "{since} баштап токтотулган ({grounds}), эң узагы {lapses_at} чейин. Эң эрте күн: {earliest}, эң кечи: {latest}.",
        "Suspended since {since} ({grounds}), until {lapses_at} at most. The earliest date is {earliest}, the latest {latest}.",
    ),
    "state": ("Holati: {state}.", "Состояние: {state}.", "Абалы: {state}.", "State: {state}."),
}
#: Why a day counts or does not.
WHY: Final[dict[str, Four]] = {
    "working": ("Ish kuni", "Рабочий день", "Жумуш күнү", "Working day"),
    "weekend": ("Dam olish kuni", "Выходной день", "Дем алыш күн", "Weekend"),
    "holiday": ("Bayram", "Праздник", "Майрам", "Holiday"),
    "observed": (
        "Dam olish kuniga toʻgʻri kelgan bayram uchun",
        "За праздник, выпавший на выходной",
        "Дем алыш күнгө туш келген майрам үчүн",
        "In lieu of a holiday on a weekend",
    ),
    "additional": ("Qoʻshimcha dam olish kuni", "Дополнительный нерабочий день", "Кошумча эс алуу күнү", "Additional day off"),
    "moved_off": (
        "Koʻchirilgan dam olish kuni",
        "Перенесённый выходной день",
        "Которулган эс алуу күнү",
        "Day off moved from another day",
    ),
    "moved_working": (
        "Qaror bilan ish kuni qilingan dam olish kuni",
        "Выходной, ставший рабочим днём по решению",
        "Чечим менен жумуш күнү болгон дем алыш күн",
        "Weekend day made a working day by decree",
    ),
    "suspended": (
        "Muddat toʻxtatilgan: {ground}",
        "Срок приостановлен: {ground}",
        "Мөөнөт токтотулган: {ground}",
        "Suspended: {ground}",
    ),
}
#: One, few, many in Russian; one and many in English.
UNITS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "days": (("kun",), ("день", "дня", "дней"), ("күн",), ("day", "days")),
    "hours": (("soat",), ("час", "часа", "часов"), ("саат",), ("hour", "hours")),
    "calendar_days": (
        ("kalendar kuni",),
        ("календарный день", "календарных дня", "календарных дней"),
        ("календардык күн",),
        ("calendar day", "calendar days"),
    ),
    "working_days": (
        ("ish kuni",),
        ("рабочий день", "рабочих дня", "рабочих дней"),
        ("жумуш күнү",),
        ("working day", "working days"),
    ),
    "weeks": (("hafta",), ("неделя", "недели", "недель"), ("жума",), ("week", "weeks")),
    "months": (("oy",), ("месяц", "месяца", "месяцев"), ("ай",), ("month", "months")),
    "years": (("yil",), ("год", "года", "лет"), ("жыл",), ("year", "years")),
}
KINDS: Final[dict[str, Four]] = {
    "statutory": ("Qonuniy muddat", "Срок по закону", "Мыйзамдагы мөөнөт", "Statutory term"),
    "norm": ("Xizmat meʼyori", "Норматив услуги", "Кызматтын ченеми", "Service norm"),
    "step": ("Idora muddati", "Срок ведомства", "Идоранын мөөнөтү", "Agency's term"),
    "acknowledgement": (
        "Ariza qabul qilinganini tasdiqlash",
        "Подтверждение приёма заявления",
        "Арыз кабыл алынганын ырастоо",
        "Acknowledgement of receipt",
    ),
    "completeness": (
        "Hujjatlar toʻliqligini tekshirish",
        "Проверка комплектности документов",
        "Документтердин толуктугун текшерүү",
        "Check of completeness",
    ),
}
STATES: Final[dict[str, Four]] = {
    "not_started": ("hali boshlanmagan", "ещё не начался", "али баштала элек", "not started yet"),
    "running": ("muddat oʻtmoqda", "срок течёт", "мөөнөт өтүп жатат", "running"),
    "suspended": ("toʻxtatilgan", "приостановлен", "токтотулган", "suspended"),
    "met": ("muddatida bajarildi", "соблюдён", "мөөнөтүндө аткарылды", "met"),
    "met_late": ("kechikib bajarildi", "исполнено с опозданием", "кечигип аткарылды", "met late"),
    "breached": ("muddat oʻtib ketdi", "срок нарушен", "мөөнөт бузулду", "breached"),
    "tacitly_granted": (
        "javob berilmagani uchun ijobiy hal qilingan hisoblanadi",
        "молчание означает согласие",
        "үн катпоо макулдук деп эсептелет",
        "granted by silence",
    ),
    "tacitly_refused": (
        "javob berilmagani uchun rad etilgan hisoblanadi",
        "молчание означает отказ",
        "үн катпоо баш тартуу деп эсептелет",
        "refused by silence",
    ),
    "disputed": (
        "bahsli: muddatida sanalangan, kech kelgan; mutaxassis hal qiladi",
        "спорный: датировано в срок, поступило позже; решает человек",
        "талаштуу: мөөнөтүндө даталанган, кеч келген; адис чечет",
        "disputed: dated in time, received late; a person decides",
    ),
    "cancelled": ("bekor qilingan", "отменён", "жокко чыгарылган", "cancelled"),
}
