"""Which text of a page is read: blocks as a reader sees them, each range the words it was cut from."""

from __future__ import annotations

import pytest

from tests.extension.driver import (
    Browser,
    eventually,
    marks,
    run_in_page,
    wait_for_badge,
    wait_for_marks,
)
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


def test_golden_blocks(browser: Browser, service: Service) -> None:
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_badge(tab, str.isdigit)

    def scrolled() -> set[str]:
        tab.scroll(300)
        return {text.strip() for text in service.faults.texts}

    eventually(scrolled, lambda texts: texts == ARTICLE)


def test_opened_details_are_read(browser: Browser, service: Service) -> None:
    tab = browser.open("article.html")
    tab.toolbar()
    wait_for_marks(tab, "Garlic cures cancer")
    assert not any("secret-closed" in text for text in service.faults.texts)
    tab.js("document.querySelector('details p').textContent = 'Now to be seen: Homeopathy cures asthma.'")
    tab.click("summary")
    wait_for_marks(tab, "Homeopathy cures asthma")


def test_long_texts_are_cut_and_nothing_is_lost(browser: Browser, service: Service) -> None:
    tab = browser.open("frame.html")
    tab.js(
        """ const p = document.createElement('p');
           const long = 'The dog went out. '.repeat(1200);
           p.textContent = long + 'Garlic cures cancer. ' + '😀'.repeat(9000) + ' end of it';
           document.body.replaceChildren(p)"""
    )
    tab.toolbar()
    wait_for_marks(tab, "Garlic cures cancer")
    assert all(len(text.encode("utf-16-le")) // 2 <= 8_001 for text in service.faults.texts)
    assert not any("\ufffd" in text or 0xD800 <= ord(text[-1]) <= 0xDFFF for text in service.faults.texts)


def test_text_that_nobody_sees_is_not_sent(browser: Browser, service: Service) -> None:
    tab = browser.open("frame.html")
    tab.js(
        """
          document.body.innerHTML = `<p>They say it: Garlic cures cancer.</p>
            <p style="position:absolute;width:1px;height:1px;overflow:hidden">secret-tiny words stand here</p>
            <p style="position:absolute;clip:rect(0,0,0,0)">secret-clip words stand here</p>
            <p style="clip-path:inset(50%)">secret-inset words stand here</p>
            <p style="height:0;overflow:hidden">secret-folded words stand here</p>
            <p>Seen <span id="inline">secret-late words</span> and more of it.</p>
            <x-hidden><span>secret-slotted words stand here</span></x-hidden>
            <x-shut>secret-unslotted words stand here</x-shut>
            <x-filled><b>The filled slot holds these words.</b></x-filled>`;
          document.getElementById('inline').style.display = 'none';"""
    )
    run_in_page(
        tab,
        """
        const tree = (name, mode, html) => {
          customElements.define(name, class extends HTMLElement {
            constructor() { super(); this.attachShadow({mode}).innerHTML = html; } });
        };
        tree('x-hidden', 'closed', '<div style="display:none"><slot></slot></div>');
        tree('x-shut', 'closed', '<p>These words are the tree itself.</p>');
        tree('x-filled', 'open', '<slot>secret-fallback words stand here</slot>')""",
    )
    tab.toolbar()
    wait_for_marks(tab, "Garlic cures cancer")
    wait_for_badge(tab, str.isdigit)
    sent = " ".join(service.faults.texts)
    assert "These words are the tree itself." in sent and "The filled slot holds these words." in sent
    assert "secret-" not in sent
    tab.js("document.querySelector('x-hidden span').textContent = 'secret-changed words stand here'")
    tab.js("document.querySelector('p').append(' Fresh: Homeopathy cures asthma.')")
    wait_for_marks(tab, "Homeopathy cures asthma")
    assert "secret-" not in " ".join(service.faults.texts)


def test_inline_words_that_are_hidden_lose_their_mark(browser: Browser) -> None:
    tab = browser.open("frame.html")
    tab.js("document.body.innerHTML = '<p>Seen by all. <span>Garlic cures cancer.</span> And more.</p>'")
    tab.toolbar()
    wait_for_marks(tab, "Garlic cures cancer")
    tab.js("document.querySelector('span').style.display = 'none'")
    eventually(lambda: marks(tab), lambda found: found == [])
    wait_for_badge(tab, lambda text: text == "0")


def test_half_a_letter_does_not_stop_the_rest(browser: Browser, service: Service) -> None:
    tab = browser.open("frame.html")
    tab.js("document.body.textContent = 'Half \\ud83d of it. Garlic cures cancer.'")
    tab.toolbar()
    wait_for_marks(tab, "Garlic cures cancer")
    assert "\ufffd" in service.faults.texts[0]
