"""What only Chromium is asked for: the very colours of the marks."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.extension.chromium import Reader, wait_for_marks
from tests.extension.claims import GARLIC
from tests.extension.driver import eventually

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["shop.html", "hostile.html", "shadow.html"])
def test_marks_are_filled_and_underlined(reader: Reader, name: str) -> None:
    page = reader.open(name)
    reader.click(page)
    wait_for_marks(page, GARLIC)
    eventually(lambda: reader.badge(page)[0], str.isdigit)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    pixels: list[tuple[int, int, int]] = list(picture.get_flattened_data())  # type: ignore[arg-type]
    fill = sum(all(abs(a - b) <= 4 for a, b in zip(one, (249, 216, 215), strict=True)) for one in pixels)
    line = sum(all(abs(a - b) <= 30 for a, b in zip(one, (217, 48, 37), strict=True)) for one in pixels)
    assert fill > 2_000 and line > 200, (fill, line)
