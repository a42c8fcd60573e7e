"""The spaCy tokenizer and the forms in which words are compared.

The tokenizer is :data:`claimcheck.surface.TOKEN`: linear in the length of the
text whatever the text is, and without the url, prefix and suffix expressions
of the stock tokenizer, which are quadratic on text made to hurt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from claimcheck import surface
from claimcheck.reading.shapes import TokenSpans


class LinearTokenizer:
    """Cuts text into a :class:`spacy.tokens.Doc` whose text is the text as given."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Return the Doc; ``doc.text == text`` always holds."""
        words: list[str] = []
        spaces: list[bool] = []
        kinds: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for match in surface.TOKEN.finditer(text):
            word, kind = match.group(), match.lastgroup or "mark"
            start, end = match.span()
            if kind == "space" and spaces and not spaces[-1] and word[0] == " ":
                spaces[-1] = True
                word = word[1:]
                start += 1
                if not word:
                    continue
            words.append(word)
            spaces.append(False)
            kinds.append(kind)
            starts.append(start)
            ends.append(end)
        doc = Doc(self.vocab, words=words, spaces=spaces)
        doc._.raw = text
        doc._.spans = TokenSpans(tuple(starts), tuple(ends))
        doc._.words = tuple(words)
        doc._.kinds = tuple(kinds)
        doc._.spaced = tuple(spaces)
        return doc

    def to_bytes(self, **_: Any) -> bytes:  # noqa: ANN401 - spaCy's own signature
        """Nothing to keep: the tokenizer has no state."""
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> LinearTokenizer:  # noqa: ANN401
        """Nothing to restore."""
        return self


@registry.tokenizers("claimcheck.LinearTokenizer")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], LinearTokenizer]:
    """Return what builds the tokenizer for a pipeline."""
    return lambda nlp: LinearTokenizer(nlp.vocab)


@Language.component(
    "claimcheck_forms", requires=["doc._.words", "doc._.kinds", "doc._.spaced"], assigns=["doc._.forms"]
)
def forms(doc: Doc) -> Doc:
    """Set ``doc._.forms``: one comparable form a token, "" for what is never compared."""
    texts, kinds, spaced = doc._.words, doc._.kinds, doc._.spaced
    found: list[str] = []
    silent = ""
    for index, (text, kind) in enumerate(zip(texts, kinds, strict=True)):
        if kind == "tag":
            name = surface.tag_name(text)
            if silent and text.startswith("</") and name == silent:
                silent = ""
            elif not silent and name in surface.SILENT_TAGS and not text.endswith("/>"):
                silent = name if not text.startswith("</") else ""
            found.append("")
        elif silent or kind == "space" or _joins(texts, kinds, spaced, index):
            found.append("")
        else:
            found.append(surface.plain(text).strip())
    doc._.forms = tuple(found)
    return doc


def _joins(texts: Sequence[str], kinds: Sequence[str], spaced: Sequence[bool], index: int) -> bool:
    """Tell whether the token is a hyphen with a word hard on both sides."""
    if kinds[index] != "mark" or texts[index] not in surface.HYPHENS or not 0 < index < len(texts) - 1:
        return False
    joined = ("word", "number")
    hard = not spaced[index - 1] and not spaced[index]
    return hard and kinds[index - 1] in joined and kinds[index + 1] in joined
