"""What a learner's coding does to money and to an audit: too much and too little shown alike, beside the key.

Both claims, the answer's and the key's, go through the same audit and the same payment steps; what a payer would deny
is worth nothing. Amounts are allowed amounts by Medicare's fee schedules, whoever the case's payer is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from workbook.claims.model import Claims
from workbook.encounters.answer import read_answer
from workbook.encounters.case import Encounter
from workbook.encounters.charges import charge_master
from workbook.encounters.em import em_level_codes
from workbook.encounters.to_claim import to_claim
from workbook.engine.html import notebook_html, safe, table_html
from workbook.terms import dollars

if TYPE_CHECKING:
    import pyarrow as pa

ZERO = Decimal("0.00")
KEY, ANSWER = "KEY", "YOURS"
#: The charge of what the practice does not list: more than any fee, so that the charge never decides.
NOT_LISTED = Decimal("99999.00")


class Worth(NamedTuple):
    """One code, or two of which one stands for the other (a visit at two levels): what each claim is allowed for it.

    `why_not` says why one of them has no price.
    """

    code: str
    key: Decimal | None
    answer: Decimal | None
    why_not: str

    @property
    def difference(self) -> Decimal:
        """Dollars that the answer is allowed more (or, below 0, less) than the key; 0 where a price is missing."""
        return ZERO if self.why_not else (self.answer or ZERO) - (self.key or ZERO)


@dataclass(frozen=True, repr=False)
class Effect:
    """Code by code what each coding is worth, and the findings of an audit that the answer trips and the key does not.

    `over` and `under` are dollars, both positive; `findings` are rule, message and authority.
    """

    worth: tuple[Worth, ...]
    findings: tuple[tuple[str, str, str], ...]
    is_answered: bool = True

    @property
    def over(self) -> Decimal:
        """Dollars allowed beyond what the note supports."""
        return sum((w.difference for w in self.worth if w.difference > 0), ZERO)

    @property
    def under(self) -> Decimal:
        """Dollars that the note supports and the answer leaves behind."""
        return -sum((w.difference for w in self.worth if w.difference < 0), ZERO)

    @property
    def not_priced(self) -> tuple[Worth, ...]:
        """The codes without a price, each with why."""
        return tuple(w for w in self.worth if w.why_not)

    def __str__(self) -> str:
        if not self.is_answered:
            return "Not answered yet: no claim, no money."
        parts = [
            f"{dollars(self.over)} too much" if self.over else "",
            f"{dollars(self.under)} left behind" if self.under else "",
        ]
        said = " and ".join(filter(None, parts)) or "The same money as the key"
        missing = len(self.not_priced)
        priced = f" ({missing} code{'s' * (missing > 1)} without a price here)" if missing else ""
        count = len(self.findings)
        found = (
            f"an audit would find {count} fault{'s' * (count > 1)}" if count else "an audit would find nothing in it"
        )
        return f"{said}{priced}; {found}."

    def __repr__(self) -> str:
        lines = [f"  {w.code}: key {_shown(w.key)}, yours {_shown(w.answer)}{_why(w)}" for w in self.worth]
        lines += [f"  {rule}: {message} [{authority}]" for rule, message, authority in self.findings]
        return "\n".join([str(self), *lines])

    def _repr_html_(self) -> str:
        rows = [
            (w.code, _shown(w.key), _shown(w.answer), f"{w.difference:+,.2f}" if not w.why_not else w.why_not)
            for w in self.worth
        ]
        money = table_html(("Code", "Key, allowed", "Yours, allowed", "Difference"), rows) if rows else ""
        head = ("Rule", "What an audit would say", "Authority")
        faults = table_html(head, self.findings, head[1:]) if self.findings else ""
        return notebook_html(f'<p role="status"><strong>{safe(str(self))}</strong></p>', money, faults)


def effect(case: Encounter, answer: object, locality: str = "NATIONAL", *, reveal: bool = False) -> Effect:
    """What `answer` (any form `check` takes) would be allowed beside the case's key, and what an audit would find.

    Code by code, after the denials that the audit calls for; codes still to find are named with `reveal` alone.
    `locality` as in `wb.price`. A code without a price says why and is not counted. A stay is worth its MS-DRG. Raises
    WorkbookError for an unknown locality alone.
    """
    from workbook.payment.price import price
    from workbook.rules.audit import audit

    entries = read_answer(answer, of_a_stay=case.visit.is_stay)
    codes = {entry.code for entry in entries} | {item.code for item in case.procedures}
    charges = dict.fromkeys(codes, NOT_LISTED) | charge_master()
    # to `to_claim`, None would be the key
    made = {KEY: to_claim(case, None, charges), ANSWER: to_claim(case, "" if answer is None else answer, charges)}
    if not made[ANSWER].arrow["claim"].num_rows:
        return Effect((), (), is_answered=False)
    both = _together(made)
    found = audit(both, price=False)
    lines = price(both, denials=found.denials, locality=locality).arrow_lines.to_pylist()
    return Effect(tuple(_worth(case, lines, reveal)), tuple(_findings(found.arrow_findings.to_pylist())))


def _together(made: dict[str, Claims]) -> Claims:
    """Both claims in one, of two patients, so that neither is a duplicate of the other."""
    import pyarrow as pa

    def named(table: pa.Table, name: str) -> pa.Table:
        for column in ("claim_id", "patient_id", "patient_control_number"):
            if column in table.column_names:
                at = table.column_names.index(column)
                table = table.set_column(at, table.schema.field(at), pa.array([name] * len(table), pa.string()))
        return table

    names = made[KEY].arrow.keys() & made[ANSWER].arrow.keys()
    return Claims({n: pa.concat_tables(named(claims.arrow[n], who) for who, claims in made.items()) for n in names})


def _worth(case: Encounter, lines: list[dict[str, Any]], reveal: bool) -> Iterator[Worth]:
    """Lines gathered by code: a code on two lines counts once, and what stands in a keyed code's place is with it."""
    answered = {line["hcpcs_code"] for line in lines if line["claim_id"] == ANSWER}
    instead = _substitutes(case, answered)
    amounts: dict[tuple[str, str], Decimal] = {}
    whys: dict[str, str] = {}
    for line in lines:
        code = "the stay" if case.visit.is_stay else instead.get(line["hcpcs_code"], line["hcpcs_code"])
        if line["not_priced_reason"]:
            whys[code] = line["not_priced_reason"]
        at = (code, line["claim_id"])
        amounts[at] = amounts.get(at, ZERO) + (line["allowed_amount"] or ZERO)
    others = {code: other for other, code in instead.items()}
    for code in dict.fromkeys(code for code, _ in amounts):
        name, why = code, whys.get(code, "")
        if code in others:
            name = f"{others[code]} for {code}" if reveal else f"{others[code]}, where another is right"
        elif code not in answered and not case.visit.is_stay and not reveal:
            name, why = "a code to find", why and "it has no price here"
        key, answer = (None, None) if why else (amounts.get((code, KEY)), amounts.get((code, ANSWER)))
        yield Worth(name, key, answer, why)


def _substitutes(case: Encounter, answered: set[str]) -> dict[str, str]:
    """Code answered → the keyed code in whose place it stands: a visit at another level, a near miss that says so."""
    keyed = {item.code for item in case.procedures}
    missing, extra = keyed - answered, answered - keyed
    pairs = [(miss.instead_of, miss.code) for miss in case.near_misses if miss.instead_of in missing]
    visits = em_level_codes()
    pairs += [(key, other) for key in sorted(missing & visits) for other in sorted(extra & visits)]
    instead: dict[str, str] = {}
    for key, other in pairs:
        if key and other in extra and other not in instead and key not in instead.values():
            instead[other] = key
    return instead


def _findings(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What the answer trips, less the rules that the key trips as well: those are the case's, not the learner's."""
    of_the_key = {row["rule_id"] for row in rows if row["claim_id"] == KEY}
    for row in rows:
        if row["claim_id"] == ANSWER and row["rule_id"] not in of_the_key:
            yield row["rule_id"], row["message"], row["authority"]


def _shown(amount: Decimal | None) -> str:
    return "–" if amount is None else dollars(amount)


def _why(worth: Worth) -> str:
    return f" ({worth.why_not})" if worth.why_not else ""
