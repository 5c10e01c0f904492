"""What the days off are called, in the four languages of the deployment."""

from __future__ import annotations

from typing import Final

from gateway.domain.amendment import ADDITIONAL, MOVED
from gateway.domain.service import Text

#: By the library's English name. The library itself speaks Uzbek of Uzbekistan and Kyrgyz and Russian of Kyrgyzstan alone.
NAMES: Final[dict[str, Text]] = {
    name: {"uz": uz, "ru": ru, "ky": ky, "en": name}
    for name, uz, ru, ky in (
        ("New Year's Day", "Yangi yil", "Новый год", "Жаңы жыл"),
        ("New Year Holidays", "Yangi yil taʼtili", "Новогодние каникулы", "Жаңы жылдык каникулдар"),
        ("Christmas Day", "Rojdestvo", "Рождество Христово", "Ыйса Пайгамбардын туулган күнү"),
        ("Orthodox Christmas", "Rojdestvo", "Православное Рождество", "Ыйса Пайгамбардын туулган күнү"),
        ("Fatherland Defender's Day", "Vatan himoyachilari kuni", "День защитника Отечества", "Ата-Журтту коргоонун күнү"),
        (
            "Defender of the Fatherland Day",
            "Vatan himoyachilari kuni",
            "День защитника Отечества",
            "Ата Мекенди коргоочулар күнү",
        ),
        ("Women's Day", "Xotin-qizlar kuni", "День женщин", "Аялдар күнү"),
        ("International Women's Day", "Xalqaro xotin-qizlar kuni", "Международный женский день", "Аялдардын эл аралык күнү"),
        ("Nowruz", "Navroʻz bayrami", "Навруз", "Нооруз майрамы"),
        ("Nowruz Holiday", "Navroʻz bayrami", "Наурыз мейрамы", "Нооруз майрамы"),
        ("Nooruz Holiday", "Navroʻz bayrami", "Нооруз", "Элдик Нооруз майрамы"),
        (
            "Day of the People's April Revolution",
            "Aprel xalq inqilobi kuni",
            "День народной Апрельской революции",
            "Элдик Апрель революциясы күнү",
        ),
        ("Labor Day", "Mehnat bayrami", "Праздник труда", "Эмгек майрамы"),
        (
            "Kazakhstan's People Solidarity Holiday",
            "Qozogʻiston xalqi birligi bayrami",
            "Праздник единства народа Казахстана",
            "Казакстан элинин биримдик майрамы",
        ),
        ("May Holidays", "May taʼtili", "Майские каникулы", "Май каникулдары"),
        ("Constitution Day", "Konstitutsiya kuni", "День Конституции", "Конституция күнү"),
        ("Day of Memory and Honor", "Xotira va qadrlash kuni", "День памяти и почестей", "Эскерүү жана урмат күнү"),
        ("Victory Day", "Gʻalaba kuni", "День Победы", "Жеңиш күнү"),
        ("Capital Day", "Poytaxt kuni", "День столицы", "Борбор шаар күнү"),
        ("Independence Day", "Mustaqillik kuni", "День независимости", "Көз карандысыздык күнү"),
        (
            "Teachers and Instructors Day",
            "Oʻqituvchi va murabbiylar kuni",
            "День учителя и наставника",
            "Мугалимдер жана насаатчылар күнү",
        ),
        ("Republic Day", "Respublika kuni", "День Республики", "Республика күнү"),
        ("First President Day", "Birinchi Prezident kuni", "День Первого Президента", "Биринчи Президент күнү"),
        (
            "Days of History and Commemoration of Ancestors",
            "Tarix va ajdodlarni xotirlash kunlari",
            "Дни истории и памяти предков",
            "Тарых жана ата-бабаларды эскерүү күндөрү",
        ),
        ("Eid al-Fitr", "Roʻza hayit", "Рамазан хайит (Орозо айт)", "Орозо айт"),
        ("Eid al-Adha", "Qurbon hayit", "Курбан хайит (Курман айт)", "Курман айт"),
        ("Additional day off by Presidential decree", *(ADDITIONAL[k] for k in ("uz", "ru", "ky"))),
        ("Additional public holiday", *(ADDITIONAL[k] for k in ("uz", "ru", "ky"))),
    )
}

__all__ = ["ADDITIONAL", "MOVED", "NAMES"]
