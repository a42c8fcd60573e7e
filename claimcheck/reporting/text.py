"""Reports for a terminal: coloured where wanted, plain where piped, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from claimcheck.reporting import wording
from claimcheck.reporting.drawing import drawn
from claimcheck.reporting.printable import printable
from claimcheck.reporting.report import NamedReport
from claimcheck.reporting.wire import AlertDict, ClaimDict, ReferenceDict, ReportDict, report_dict
from claimcheck.types import RiskLevel

_INDENT = 3
_SOURCES = 4  # named under a claim; a page of sources would hide the next claim
_ASSESSMENT_STYLE = {
    "supported": "bold green",
    "overstated": "bold yellow",
    "unsupported": "bold magenta",
    "contradicted": "bold magenta",
    "not_asserted": "dim",
}
_RISK_STYLE = {
    "none": "green",
    "low": "cyan",
    "moderate": "bold yellow",
    "high": "bold red",
    "critical": "bold white on red",
}


def render(documents: Iterable[NamedReport], *, width: int = 80, colour: bool = False) -> Iterator[str]:
    """Yield each report for a terminal, then one line that counts them all.

    Args:
        documents: the reports, with the name each is to be shown under.
        width: columns; lines are wrapped there, addresses are left whole.
        colour: whether escape codes may be written.
    """
    claims = flagged = alerts = read = 0
    for document in documents:
        report = report_dict(document.report.verdict, document.report.kb)
        read += 1
        claims += len(report["claims"])
        flagged += sum(claim["flagged"] for claim in report["claims"])
        alerts += len(report["alerts"])
        yield drawn(partial(_print_page, document.name, report), width=width, colour=colour)
    if read != 1:
        total = wording.summary(claims=claims, flagged=flagged, alerts=alerts)
        yield f"{wording.counted(read, 'text')}: {total}\n"


def _print_page(name: str, report: ReportDict, console: Console) -> None:
    console.print(Text(printable(name), style="bold underline"), soft_wrap=True)
    for number, claim in enumerate(report["claims"], 1):
        console.print()
        _print_claim(console, number, claim)
    for alert in report["alerts"]:
        console.print()
        _print_alert(console, alert)
    console.print()
    for warning in report["warnings"]:
        console.print(Text(f"Note ({warning['code']}): {warning['message']}", style="yellow"))
    console.print(_last_line(report))
    console.print()


def _print_claim(console: Console, number: int, claim: ClaimDict) -> None:
    quote = Text(f"{number}. ", style="bold" if claim["flagged"] else "")
    quote.append(f"“{printable(claim['span']['exact'])}”")
    console.print(quote)
    _indented(console, Text(f"{printable(wording.statement(claim))} ({wording.manner(claim)})", style="dim"))
    axes = Text(wording.evidence_axis(claim), style=_ASSESSMENT_STYLE[claim["assessment"]])
    axes.append(" | ", style="not bold default on default")
    codes = wording.risk_codes(claim)
    # One kind of risk fits beside the evidence in 80 columns; more have a line of their own.
    risk = wording.risk_axis(claim) if len(codes) < 2 else wording.RISK[RiskLevel(claim["risk"]["level"])]
    axes.append(risk, style=_RISK_STYLE[claim["risk"]["level"]])
    _indented(console, axes)
    if len(codes) > 1:
        _indented(console, Text(f"Risks: {', '.join(codes)}"))
    _indented(console, Text(printable(claim["explanation"], limit=2000)))
    for note in claim["regulatory"]:
        law = f"Law ({note['jurisdiction'].upper()}, {note['rule']}): {note['message']}"
        _indented(console, Text(law))
    _print_references(console, wording.references(claim))


def _print_alert(console: Console, alert: AlertDict) -> None:
    title = Text(f"! {wording.RISK[RiskLevel(alert['level'])]}: ", style=_RISK_STYLE[alert["level"]])
    title.append(alert["code"].replace("_", " "))
    if alert["span"] is not None:
        title.append(f" “{printable(alert['span']['exact'])}”", style="not bold default on default")
    console.print(title)
    _indented(console, Text(alert["message"]))
    _print_references(console, alert["references"])


def _print_references(console: Console, references: list[ReferenceDict]) -> None:
    for reference in references[:_SOURCES]:
        source = Text(f"· {reference['title']}. ", style="italic")
        source.append(wording.dated(reference), style="not italic")
        _indented(console, source)
        # An address broken over two lines can no longer be clicked or copied.
        console.print(Text(" " * (_INDENT + 2) + reference["url"], style="blue"), soft_wrap=True)
    if len(references) > _SOURCES:
        more = wording.counted(len(references) - _SOURCES, "more source")
        _indented(console, Text(f"· and {more}; the other formats list all"))


def _last_line(report: ReportDict) -> Text:
    flagged = sum(claim["flagged"] for claim in report["claims"])
    counts = wording.summary(claims=len(report["claims"]), flagged=flagged, alerts=len(report["alerts"]))
    return Text(f"{counts}. Suggested action: {report['action']}.", style="bold")


def _indented(console: Console, text: Text) -> None:
    console.print(Padding(text, (0, 0, 0, _INDENT), expand=False))
