"""Which text of a page is read: blocks as a reader sees them, each range the words it was cut from."""

from __future__ import annotations

import pytest

from tests.extension.chromium import Reader, eventually, marks, wait_for_marks
from tests.extension.service import Service

pytestmark = pytest.mark.browser

ARTICLE = {
    "A gentle leaf and your tablets",
    "A leaf from the tropics is on sale in every second petrol station. "
    "Its friends say that it calms, lifts and heals.",
    "Many readers ask whether they may mix. Kratom potentiates antidepressants. "
    "That is what the label promises.",
    "Turmeric cures diabetes and you can stop taking insulin. So says a cousin of the shop's owner.",
    "Look 😀👩‍⚕️ 𝒳: Garlic cures cancer. The end 😀.",
    "One of them is inside a link: Black salve cures skin cancer.",
    "Apple cider vinegar cures cancer.",
    "Aspirin relieves headaches. A walk in the evening is pleasant, too.",
    "More about the shop",
    "The owner remembers it well.",
}


def test_golden_blocks(reader: Reader, service: Service) -> None:
    page = reader.open("article.html")
    reader.click(page)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    for _ in range(4):
        page.mouse.wheel(0, 700)
    eventually(lambda: {text.strip() for text in service.faults.texts}, lambda texts: texts == ARTICLE)


def test_opened_details_are_read(reader: Reader, service: Service) -> None:
    page = reader.open("article.html")
    reader.click(page)
    wait_for_marks(page, "Garlic cures cancer")
    assert not any("secret-closed" in text for text in service.faults.texts)
    page.evaluate(
        "document.querySelector('details p').textContent = 'Now to be seen: Homeopathy cures asthma.'"
    )
    page.locator("summary").click()
    wait_for_marks(page, "Homeopathy cures asthma")


def test_long_texts_are_cut_and_nothing_is_lost(reader: Reader, service: Service) -> None:
    page = reader.open("frame.html")
    page.evaluate(
        """() => { const p = document.createElement('p');
           const long = 'The dog went out. '.repeat(1200);
           p.textContent = long + 'Garlic cures cancer. ' + '😀'.repeat(9000) + ' end of it';
           document.body.replaceChildren(p); }"""
    )
    reader.click(page)
    wait_for_marks(page, "Garlic cures cancer")
    assert all(len(text.encode("utf-16-le")) // 2 <= 8_001 for text in service.faults.texts)
    assert not any("\ufffd" in text or 0xD800 <= ord(text[-1]) <= 0xDFFF for text in service.faults.texts)


def test_very_large_page_is_read_in_part_and_says_so(reader: Reader, service: Service) -> None:
    page = reader.open("huge.html")
    reader.click(page)
    assert eventually(lambda: marks(page), bool)
    title = eventually(lambda: reader.badge(page), lambda seen: seen[0].isdigit() and seen[0] != "0")[1]
    assert "claims marked" in title
    assert len(service.faults.texts) <= 200
