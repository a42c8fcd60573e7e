"""The pages beside the queue as they are used: dropping files, going without scripts, pictures."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from api.storage.tables import Item
from tests.api.console.browser.serving import Console
from tests.api.console.filling import CLAIM, fill
from tests.api.console.visiting import services_of

pytestmark = pytest.mark.browser

TABLE = f"id,text\n1,{CLAIM}\n2,\n"
DRAWN = "[...document.images].map(one => [one.complete && one.naturalWidth > 0, one.currentSrc])"


def _drop(page: Page, selector: str, *, name: str, content: bytes) -> None:
    """Drop a file on an element, as a hand with a mouse would."""
    page.evaluate(
        """([selector, name, content]) => {
            const bytes = Uint8Array.from(atob(content), one => one.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            const target = document.querySelector(selector);
            for (const kind of ['dragover', 'drop'])
                target.dispatchEvent(new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true}));
        }""",
        [selector, name, base64.b64encode(content).decode()],
    )


def _texts(console: Console) -> list[str]:
    with services_of(console.application).database.read() as session:
        return list(session.scalars(select(Item.text)))


def test_page_that_is_dropped_is_checked(console: Console) -> None:
    page = console.visit("reader")
    console.go(page, "/")
    expect(page.get_by_text("you can drop one here")).to_be_visible()
    _drop(page, "#text", name="post.html", content=f"<h1>Tea</h1><p>{CLAIM}".encode())
    expect(page.locator(".text a.mark")).to_have_text([CLAIM])
    expect(page.get_by_text("Read from the file post.html (UTF-8).")).to_be_visible()


def test_table_that_is_dropped_is_shown_first(console: Console) -> None:
    page = console.visit("moderator")
    console.go(page, "/import")
    _drop(page, "form[data-drop]", name="posts.csv", content=TABLE.encode())
    expect(page.get_by_role("heading", name="Import: what goes where")).to_be_visible()
    expect(page.get_by_role("cell", name=CLAIM)).to_be_visible()
    assert _texts(console) == []


def test_import_without_scripts(console: Console) -> None:
    page = console.visit("moderator", java_script_enabled=False)
    console.go(page, "/import")
    file = FilePayload(name="posts.csv", mimeType="text/csv", buffer=TABLE.encode())
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Import the file").click()
    done = page.get_by_text("Done.", exact=True)
    for _ in range(50):
        if done.is_visible():
            break
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("cell", name="There is nothing to read in the text.")).to_be_visible()
    assert _texts(console) == [CLAIM]


def test_progress_goes_on_by_itself(console: Console) -> None:
    page = console.visit("moderator")
    console.go(page, "/import")
    many = "id,text\n" + "".join(f"{number},{CLAIM} {number}\n" for number in range(150))
    page.get_by_label("File").set_input_files(
        FilePayload(name="posts.csv", mimeType="text/csv", buffer=many.encode())
    )
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Import the file").click()
    expect(page.get_by_text("Done.", exact=True)).to_be_visible(timeout=30_000)
    assert len(_texts(console)) == 150


def test_into_the_queue_without_scripts(console: Console) -> None:
    page = console.visit("moderator", java_script_enabled=False)
    console.go(page, "/")
    page.get_by_label("Text to check").fill(CLAIM)
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("button", name="Put into the queue").click()
    expect(page.get_by_role("status").first).to_contain_text("The text is in the queue now")
    assert _texts(console) == [CLAIM]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_are_drawn_in_the_colours_of_the_page(console: Console, scheme: str) -> None:
    fill(console.application, [CLAIM])
    page = console.visit("lead", color_scheme=scheme)
    console.go(page, "/dashboard")
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
    shown = page.evaluate(DRAWN)
    assert [drawn for drawn, _ in shown] == [True, True]
    assert all(address.endswith(f"scheme={scheme}") for _, address in shown)


def test_picture_by_itself_has_its_colours(console: Console) -> None:
    fill(console.application, [CLAIM])
    page = console.visit("lead")
    console.go(page, "/dashboard/plots/volume.svg")
    fills = page.evaluate("[...document.querySelectorAll('path')].map(one => getComputedStyle(one).fill)")
    assert "rgb(255, 255, 255)" in fills
