"""What can be wrong with one row of a job: a stable code, and words that never repeat the row."""

from __future__ import annotations

from enum import StrEnum


class RowError(StrEnum):
    """Why a row has no result."""

    NOT_JSON = "not_json"
    UNDECODABLE = "undecodable"
    LINE_TOO_LONG = "line_too_long"
    WRONG_CELLS = "wrong_cells"
    UNCLOSED_QUOTE = "unclosed_quote"
    NO_TEXT = "no_text"
    EMPTY_TEXT = "empty_text"
    TEXT_TOO_LONG = "text_too_long"
    NOT_TEXT = "not_text"
    BAD_ID = "bad_id"
    BAD_SOURCE = "bad_source"
    BAD_SOURCE_URL = "bad_source_url"
    UNKNOWN_ITEM = "unknown_item"
    ALREADY_DECIDED = "already_decided"
    REASON_REQUIRED = "reason_required"
    UNKNOWN_REASON = "unknown_reason"
    BAD_NOTE = "bad_note"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"
    CANCELLED = "cancelled"


DETAILS: dict[RowError, str] = {
    RowError.NOT_JSON: "The line is not one JSON object.",
    RowError.UNDECODABLE: "The row holds bytes or surrogates that do not belong to the file's encoding.",
    RowError.LINE_TOO_LONG: "The line is longer than any text that this server reads.",
    RowError.WRONG_CELLS: "The row has more cells than the header names.",
    RowError.UNCLOSED_QUOTE: "A cell is too long, or its quote is never closed; the rest is not read.",
    RowError.NO_TEXT: "The row has no text under the name of the text column.",
    RowError.EMPTY_TEXT: "There is nothing to read in the text.",
    RowError.TEXT_TOO_LONG: "The text is longer than this server reads.",
    RowError.NOT_TEXT: "The text holds what no readable text has: NUL, lone surrogates or binary content.",
    RowError.BAD_ID: "The id is no word of at most 200 characters without control characters.",
    RowError.BAD_SOURCE: "The source is no name of at most 80 characters without control characters.",
    RowError.BAD_SOURCE_URL: "The source address is not http or https, or longer than 2,000 characters.",
    RowError.UNKNOWN_ITEM: "There is no such item any more.",
    RowError.ALREADY_DECIDED: "Somebody decided or changed the item since the list was made.",
    RowError.REASON_REQUIRED: "This action needs a reason.",
    RowError.UNKNOWN_REASON: "There is no such reason for this action.",
    RowError.BAD_NOTE: "The note cannot be used.",
    RowError.WORKER_LOST: "Every worker that began this row ended before it was done; it is tried no more.",
    RowError.INTERNAL: "Something went wrong on the server every time; its log says where in the code.",
    RowError.CANCELLED: "The job was cancelled before this row's turn.",
}


class RowFailed(Exception):
    """A row that cannot succeed, however often it is tried."""

    def __init__(self, error: RowError) -> None:
        super().__init__(error.value)
        self.error = error


def detail(code: str | None) -> str:
    """Return the words for a stored code."""
    try:
        return DETAILS[RowError(code or "")]
    except ValueError:
        return DETAILS[RowError.INTERNAL]
