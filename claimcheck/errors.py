"""Every error that claimcheck raises on purpose.

::

    ClaimcheckError
    ├── InputError              the caller's text or options cannot be used
    │   ├── EmptyText
    │   ├── TextTooLong
    │   ├── NotText             binary, undecodable, lone surrogates, control characters
    │   └── UnknownOption
    ├── ConfigError             a settings or policy file is wrong
    ├── KnowledgeBaseError      the knowledge base is missing or invalid
    └── ArtefactError           a trained part does not match its recorded hash, or holds what it must not
        └── ArtefactUnavailable it is not there, or what runs it cannot be loaded on this machine
"""

from __future__ import annotations


class ClaimcheckError(Exception):
    """Root of all errors raised by this package."""


class InputError(ClaimcheckError):
    """The caller's input cannot be used; ``code`` is stable for programs."""

    code = "invalid_input"


class EmptyText(InputError):
    """There is nothing to read."""

    code = "empty_text"


class TextTooLong(InputError):
    """The text is longer than the limit named in the message."""

    code = "text_too_long"


class NotText(InputError):
    """The input is not readable text: binary, bad encoding, lone surrogates."""

    code = "not_text"


class UnknownOption(InputError):
    """An option has a value that does not exist."""

    code = "unknown_option"


class ConfigError(ClaimcheckError):
    """A settings or policy file holds an unknown key or a bad value."""


class KnowledgeBaseError(ClaimcheckError):
    """The knowledge base cannot be read or does not pass its checks."""


class ArtefactError(ClaimcheckError):
    """A trained part does not match its recorded hash, or holds a type it must not."""


class ArtefactUnavailable(ArtefactError):
    """A trained part is not there, or what runs it cannot be loaded on this machine."""
