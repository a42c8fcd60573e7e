"""Is it English?  Only what is plainly something else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given

from claimcheck.reading.language import language
from tests.test_surface import ANY_TEXT

GERMAN = (
    "Kratom lindert Schmerzen und hilft angeblich gegen Depressionen. Viele Anwender berichten, "
    "dass es die Wirkung von Antidepressiva verstärkt, aber dafür gibt es keine Belege."
)
FRENCH = (
    "Le gingembre soulage les nausées et protège contre le rhume, mais rien ne prouve "
    "qu'il guérisse le cancer chez les patients."
)
RUSSIAN = "Имбирь облегчает тошноту и защищает от простуды, но нет доказательств, что он лечит рак."
ARABIC = "الزنجبيل يخفف الغثيان ويحمي من نزلات البرد، ولكن لا يوجد دليل على أنه يعالج السرطان."
HEBREW = "ג'ינג'ר מקל על בחילות ומגן מפני הצטננות, אך אין ראיות לכך שהוא מרפא סרטן."
CHINESE = "生姜可以缓解恶心，预防感冒，但是没有证据表明它可以治疗癌症。生姜可以缓解恶心，预防感冒。"
SPANISH = (
    "El jengibre alivia las náuseas y protege contra los resfriados, pero no hay pruebas "
    "de que cure el cáncer en los pacientes."
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GERMAN, "de"),
        (FRENCH, "fr"),
        (SPANISH, "es"),
        (RUSSIAN, "ru"),
        (ARABIC, "ar"),
        (HEBREW, "he"),
        (CHINESE, "zh"),
    ],
)
def test_other_languages(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Kratom potentiates antidepressants.",
        "Ginger",
        "12345 !!!",
        "🍋🍋🍋",
        "",
        "Ingredients: Curcuma longa, Zingiber officinale, Piper nigrum, Silybum marianum, Panax ginseng",
        "Kratom eases pain and it is a plant of the coffee family that grows in Asia. שלום עולם",
        "BEST PRICE!!! Turmeric kapsules cure arthritis, order now and get 20% off, free shipping worldwide",
        "<div><p>Ginger eases nausea and it is good for you and for all of your friends.</p></div>",
    ],
)
def test_english_and_what_cannot_be_told_pass(text: str) -> None:
    assert language(text) == "en"


@given(ANY_TEXT)
def test_any_text_has_one_code(text: str) -> None:
    assert language(text).isalpha()
    assert language(text) == language(text)
