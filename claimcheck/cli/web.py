"""The readable text of a web page; needs the extra ``web``."""

from __future__ import annotations

from claimcheck.errors import InputError

INSTALL = "reading an address needs the extra 'web': pip install 'claimcheck-health[web]'"


def page_text(address: str) -> str:
    """Fetch one page and return its main text, without menus and comments.

    Raises:
        InputError: the extra is not installed, the page cannot be fetched, or
            no text is found on it.
    """
    try:
        import trafilatura
    except ImportError as error:
        raise InputError(INSTALL) from error
    page = trafilatura.fetch_url(address)
    if not page:
        raise InputError("cannot be fetched")
    text = trafilatura.extract(page, url=address, include_comments=False)
    if not text:
        raise InputError("no text was found on the page")
    return str(text)
