"""What is said of an amendment that breaks a rule, in Uzbek, Russian, Kyrgyz and English (``words`` puts it together)."""

from __future__ import annotations

from typing import Final

#: rule code → (uz, ru, ky, en)
CALENDAR_RULES: Final[dict[str, tuple[str, str, str, str]]] = {
    "decree_missing": (
        "oʻzgartirish asosi boʻlgan qarorni koʻrsating",
        "укажите решение, на котором основано изменение",
        "өзгөртүүгө негиз болгон чечимди көрсөтүңүз",
        "name the decree that the amendment rests on",
    ),
    "nothing_changes": (
        "taqvimda bularning hammasi allaqachon shunday",
        "в календаре всё это уже так",
        "календарда мунун баары мурунтан эле ушундай",
        "the calendar says all of this already",
    ),
    "day_twice": (
        "{day} bitta oʻzgartirishda ikki marta aytilgan",
        "{day} названо дважды в одном изменении",
        "{day} бир өзгөртүүдө эки жолу аталган",
        "{day} is named twice in one amendment",
    ),
    "day_rests": (
        "{day} allaqachon dam olish kuni",
        "{day} уже нерабочий день",
        "{day} мурунтан эле эс алуу күнү",
        "{day} is a day off already",
    ),
    "day_works": (
        "{day} ish kuni",
        "{day} — рабочий день",
        "{day} — жумуш күнү",
        "{day} is a working day",
    ),
    "day_plain": (
        "{day} haftaning odatdagi tartibida, bekor qilinadigan narsa yoʻq",
        "{day} и так следует обычной неделе, отменять нечего",
        "{day} кадимки жума тартибинде, жокко чыгара турган нерсе жок",
        "{day} follows the week pattern already: there is nothing to take away",
    ),
    "half_moved": (
        "{day} {other} bilan almashtirilgan deyilgan, lekin {other} bunga mos emas",
        "{day} обменяно на {other}, но {other} этому не соответствует",
        "{day} {other} менен алмашылган делген, бирок {other} ага туура келбейт",
        "{day} is exchanged with {other}, which is not the other half of it",
    ),
    "no_working_day": (
        "{day} atrofida ikki oy davomida ish kuni qolmaydi",
        "около {day} два месяца не остаётся ни одного рабочего дня",
        "{day} тегерегинде эки ай бою жумуш күнү калбайт",
        "no working day is left within two months of {day}",
    ),
    "year_range": (
        "{day} hisoblanadigan yillardan tashqarida",
        "{day} вне тех лет, которые учитываются",
        "{day} эсепке алынган жылдардан тышкары",
        "{day} is outside the years that are counted",
    ),
}
