"""Widgets that show a state and change it; every decision is made in `state.py`."""

from __future__ import annotations

import html

import ipywidgets as w

from workbook.claims.model import Claims
from workbook.encounters.case import Encounter
from workbook.rules.audit import Audit
from workbook.ui.state import CodingState, HuntState, PaymentState

WIDE = {"description_width": "11em"}
#: JupyterLab's class of what a cell prints: without it the cells of a table touch each other
LIKE_OUTPUT = "jp-RenderedHTMLCommon"
FIELD = w.Layout(width="min(44em, 95%)")


def _spoken(text: str) -> str:
    """A verdict that a screen reader says when it changes."""
    return f'<p role="alert"><strong>{html.escape(text)}</strong></p>'


def _follow(state, name: str, widget: w.HTML, shape=str) -> None:
    """Show a trait of the state in an HTML widget, now and whenever it changes, looking as what a cell prints."""
    widget.add_class(LIKE_OUTPUT)

    def show(change: object = None) -> None:
        widget.value = shape(getattr(state, name))

    show()
    state.observe(show, name)


class _View(w.VBox):
    """A box that prints as one line, so that a stored notebook stays readable."""

    def __init__(self, title: str, state, children) -> None:
        super().__init__(children)
        self._title = title
        self.state = state

    def __repr__(self) -> str:
        return f"<{self._title}>"


def code_visit(case: Encounter) -> w.VBox:
    """Two boxes for the codes of a visit, a check button, hints, the feedback, and what the coding is worth.

    `.state` holds what was typed.
    """
    state = CodingState(case)
    note = w.HTML(case._repr_html_())
    diagnoses = w.Text(
        description="Diagnoses", placeholder="first-listed first, as in E11.42, Z79.4", style=WIDE, layout=FIELD
    )
    procedures = w.Text(
        description="Procedures",
        placeholder="with modifiers and units, as in 99213-25, J3301 x4",
        style=WIDE,
        layout=FIELD,
    )
    check, hint = w.Button(description="Check my codes", button_style="primary"), w.Button(description="Give me a hint")
    worth = w.Button(description="What is it worth?")
    feedback, hints, effect = w.HTML(), w.HTML(), w.HTML()
    w.link((state, "diagnoses"), (diagnoses, "value"))
    w.link((state, "procedures"), (procedures, "value"))
    check.on_click(lambda _: state.check())
    hint.on_click(lambda _: state.hint())
    worth.on_click(lambda _: state.weigh())
    _follow(state, "effect_html", effect, lambda text: f'<div role="alert">{text}</div>' if text else "")
    _follow(state, "feedback_html", feedback, lambda text: f'<div role="alert">{text}</div>')
    _follow(state, "hint_html", hints, lambda text: f'<div role="alert">{text}</div>' if text else "")
    buttons = w.HBox([check, hint, worth])
    return _View("visit to code", state, [note, diagnoses, procedures, buttons, feedback, effect, hints])


def em_worksheet(case: Encounter | None = None, service_date: str | None = None) -> w.VBox:
    """A worksheet for a visit's level: tick what the note documents, and the code follows at once with its trace.

    With a `case` its note stands above and the key's judgement can be shown; `.state` holds what was ticked. Raises
    WorkbookError for a date that cannot be read.
    """
    from workbook.encounters.em import em_words, is_counted
    from workbook.terms import parse_date
    from workbook.ui.em import MEDICARE, OTHER, EmSheetState

    state = EmSheetState(case, parse_date(service_date, "service_date") if service_date else None)
    narrow, long = w.Layout(width="5em"), w.Layout(width="min(44em, 95%)")
    boxes = {
        "setting": w.Dropdown(
            description="Setting", options=[(label, word) for word, label in em_words("settings").items()]
        ),
        "is_new": w.Checkbox(
            description="A new patient (not seen by the specialty and group in three years)", indent=False
        ),
        "payer": w.Dropdown(description="Who pays", options=[MEDICARE, OTHER]),
        "minutes": w.BoundedIntText(description="Minutes", min=0, max=1440),
    }
    for name, box in boxes.items():
        box.style, box.layout = (WIDE if name != "is_new" else {"description_width": "initial"}), FIELD
        w.link((state, name), (box, "value"))
    risk = w.SelectMultiple(
        description="Risk", options=[(label, word) for word, label in em_words("risk").items()], rows=12, style=WIDE,
        layout=FIELD,
    )  # fmt: skip
    risk.observe(lambda change: setattr(state, "risk", list(change["new"])), "value")

    def rows(element: str) -> w.VBox:
        made = []
        for word, label in em_words(element).items():
            is_yes_no = element == "data" and not is_counted(word)
            box = (
                w.Checkbox(indent=False, layout=narrow) if is_yes_no else w.BoundedIntText(min=0, max=20, layout=narrow)
            )
            box.tooltip = label

            def keep(change: dict, word: str = word) -> None:
                setattr(state, element, {**getattr(state, element), word: change["new"]})

            box.observe(keep, "value")
            made.append(w.HBox([box, w.HTML(html.escape(label), layout=long)]))
        return w.VBox([w.HTML(f"<strong>{'Problems: how many' if element == 'problems' else 'Data'}</strong>"), *made])

    summary, trace, key = w.HTML(), w.HTML(), w.HTML()
    _follow(state, "summary", summary, _spoken)
    _follow(state, "trace_html", trace)
    _follow(state, "key_html", key)
    parts = [*boxes.values(), rows("problems"), rows("data"), risk, summary, trace]
    if case is not None:
        reveal = w.Button(description="Show how the key was judged", layout=w.Layout(width="auto"))
        reveal.on_click(lambda _: state.show_key())
        parts = [w.HTML(case._repr_html_()), *parts, reveal, key]
    return _View("worksheet of a visit's level", state, parts)


def find_the_error(claims: Claims, audit: Audit) -> w.VBox:
    """The lines of a claim, a choice of the one in error, and what the audit says of it."""
    state = HuntState(claims, audit)
    line = w.Dropdown(description="The error is on", options=state.choices, style=WIDE, layout=w.Layout(width="26em"))
    check = w.Button(description="Check my finding", button_style="primary")
    verdict, explanation = w.HTML(), w.HTML()
    w.link((state, "line_number"), (line, "value"))
    check.on_click(lambda _: state.check())
    _follow(state, "verdict", verdict, _spoken)
    _follow(state, "explanation", explanation, lambda text: f"<p>{html.escape(text)}</p>")
    return _View("error to find", state, [line, check, verdict, explanation])


def follow_the_dollars(claims: Claims, audit: Audit) -> w.VBox:
    """The waterfall of a claim from billed to paid, and the terms that change it."""
    state = PaymentState(claims, audit)
    corrected = w.Checkbox(
        description="The denied line is removed before the claim is sent",
        style={"description_width": "initial"},
        indent=False,
        layout=FIELD,
    )
    met = w.Dropdown(
        description="Deductible met",
        options=[("none of it", "0"), ("150 dollars", "150"), ("all of it", "257")],
        style=WIDE,
        layout=w.Layout(width="26em"),
    )
    locality = w.Dropdown(description="Locality", options=_localities(), style=WIDE, layout=FIELD)
    summary, fall = w.HTML(), w.HTML()
    w.link((state, "is_corrected"), (corrected, "value"))
    w.link((state, "deductible_met"), (met, "value"))
    w.link((state, "locality"), (locality, "value"))
    _follow(state, "summary", summary, _spoken)
    _follow(state, "waterfall_html", fall)
    return _View("dollars to follow", state, [corrected, met, locality, summary, fall])


def _localities() -> list[tuple[str, str]]:
    """The loaded localities to choose from, national first."""
    from workbook.codes import reference
    from workbook.payment.price import NATIONAL

    labels = {r["locality"]: r["label"].title() for r in reference(["locality"])["locality"].to_pylist()}
    options = [(f"{label} ({key})", key) for key, label in labels.items()]
    return sorted(options, key=lambda option: (option[1] != NATIONAL, option[0]))


def what_if(claims: Claims, claim_id: str | None = None) -> w.VBox:
    """A panel that prices one claim again as soon as a term changes; `.state` holds the terms and what came of them.

    The first claim is taken unless one is named. Raises WorkbookError for a claim that is not among these.
    """
    from workbook.codes import reference
    from workbook.payment.plans import plan_names, supplement_letters
    from workbook.ui.whatif import ALL, ASSIGNED, MEDICARE, NONE, NOT_ASSIGNED, PARTICIPATES, WhatIfState

    state = WhatIfState(claims, claim_id)
    known = reference(["place_of_service"])["place_of_service"].to_pylist()
    places = {r["place_of_service"]: r["label"] for r in known}
    boxes = {
        "line_number": w.Dropdown(description="Line", options=state.lines),
        "place_of_service": w.Dropdown(
            description="Place",
            options=[("not stated", ""), *((f"{code} {label}", code) for code, label in sorted(places.items()))],
        ),
        "modifiers": w.Text(description="Modifiers", placeholder="as in 50 59", continuous_update=False),
        "is_turned_round": w.Checkbox(description="The lines in the opposite order", indent=False),
        "locality": w.Dropdown(description="Locality", options=_localities()),
        "participation": w.Dropdown(description="The provider", options=[PARTICIPATES, ASSIGNED, NOT_ASSIGNED]),
        "payer": w.Dropdown(description="Who pays", options=[MEDICARE, *plan_names()]),
        "supplement": w.Dropdown(description="Supplement", options=[NONE, *supplement_letters()]),
        "deductible_met": w.Dropdown(
            description="Deductible met", options=[("none of it", "0"), ("100 dollars", "100"), ("all of it", ALL)]
        ),
    }
    for name, box in boxes.items():
        box.style, box.layout = (WIDE if name != "is_turned_round" else {"description_width": "initial"}), FIELD
        w.link((state, name), (box, "value"))
    summary, lines, fall = w.HTML(), w.HTML(), w.HTML()
    _follow(state, "summary", summary, _spoken)
    _follow(state, "lines_html", lines)
    _follow(state, "waterfall_html", fall)
    return _View("terms to change", state, [*boxes.values(), summary, lines, fall])


def browse_codes(on: str) -> w.VBox:
    """A code browser for a date of service: search, tree, entry with notes; `.state.my_codes` holds what was kept."""
    from workbook.ui.browse import BrowseState

    state = BrowseState(on)
    query = w.Text(description="Search", placeholder="numb feet diabetes, HTN, S52.5", style=WIDE, layout=FIELD)
    query.continuous_update = False
    hits = w.Select(description="Found", rows=8, style=WIDE, layout=FIELD)
    below = w.Select(description="Stands below", rows=8, style=WIDE, layout=FIELD)
    links = w.VBox()
    open_, up = (
        w.Button(description="Open what is chosen", button_style="primary", layout=w.Layout(width="auto")),
        w.Button(description="Up"),
    )
    add = w.Button(description="Add to my codes")
    message, entry, kept = w.HTML(), w.HTML(), w.HTML()
    w.link((state, "query"), (query, "value"))
    chosen = {"list": hits}
    for box, name in ((hits, "hits"), (below, "below")):
        _fill(state, name, box)
        box.observe(lambda change, box=box: change["new"] is not None and chosen.update(list=box), "value")
    open_.on_click(lambda _: chosen["list"].value and state.open(chosen["list"].value))
    up.on_click(lambda _: state.up())
    add.on_click(lambda _: state.add())
    _follow(state, "message", message, _spoken)
    _follow(state, "entry_html", entry)
    _follow(state, "my_codes", kept, lambda codes: f"<p>My codes: {html.escape(', '.join(codes) or 'none yet')}</p>")
    _follow_links(state, links)
    buttons = w.HBox([open_, up, add])
    return _View("code browser", state, [query, message, hits, below, buttons, kept, entry, links])


def _follow_links(state, box: w.VBox) -> None:
    """Show the notes that name codes; behind each note, a button for every code it names."""
    row = w.Layout(flex_flow="row wrap", align_items="center")

    def show(change: object = None) -> None:
        rows, last = [], None
        for heading, text, named in state.links:
            if heading != last:
                rows.append(w.HTML(f"<h4>{html.escape(heading)}</h4>"))
                last = heading
            buttons = [
                w.Button(description=name, layout=w.Layout(width="auto"), tooltip="Open it") for name, _ in named
            ]
            for button, (_, code) in zip(buttons, named, strict=True):
                button.on_click(lambda _, code=code: state.open(code))
            rows.append(w.Box([w.HTML(html.escape(text)), *buttons], layout=row))
        old, box.children = box.children, rows
        for part in old:
            for widget in (*getattr(part, "children", ()), part):
                widget.close()

    show()
    state.observe(show, "links")


def _fill(state, name: str, box: w.Select) -> None:
    """Keep the options of a list in step with a trait; nothing is chosen in a new list."""

    def fill(change: object = None) -> None:
        box.options = [tuple(option) for option in getattr(state, name)]
        box.value = None

    fill()
    state.observe(fill, name)


def hunt_errors(hunt) -> w.VBox:
    """The claims of a hunt as forms, a mark for each, the score beside the rules'; `.state.marks` holds the marks."""
    from workbook.ui.hunt import MarkState

    state = MarkState(hunt)
    claims = w.Select(description="Claims", rows=10, options=state.choices, style=WIDE, layout=w.Layout(width="26em"))
    mark = w.Checkbox(description="This claim bears an error", style={"description_width": "initial"}, indent=False)
    score = w.Button(description="Score my marks", button_style="primary", layout=w.Layout(width="auto"))
    reveal = w.Button(description="Show what was planted", layout=w.Layout(width="auto"))
    form, summary, result = w.HTML(), w.HTML(), w.HTML()

    def relist(change: object = None) -> None:
        chosen = claims.value
        claims.options = state.choices
        claims.value = chosen

    w.link((state, "claim_id"), (claims, "value"), transform=(lambda code: code, lambda code: code or state.claim_id))
    w.link((state, "is_marked"), (mark, "value"))
    state.observe(relist, "marks")
    score.on_click(lambda _: state.score())
    reveal.on_click(lambda _: state.score(reveal=True))
    _follow(state, "form_html", form)
    _follow(state, "summary", summary, _spoken)
    _follow(state, "result_html", result)
    side = w.VBox([claims, mark, w.HBox([score, reveal])])
    return _View("errors to hunt", state, [side, form, summary, result])


def browse_cards(claims: Claims) -> w.VBox:
    """The rule cards: search, open, read, change the SQL and run it over the claims."""
    from workbook.ui.cards import CardState

    state = CardState(claims)
    query = w.Text(description="Search", placeholder="PTP, bilateral, 42 CFR", style=WIDE, layout=FIELD)
    query.continuous_update = False
    hits = w.Select(description="Cards", rows=10, style=WIDE, layout=FIELD)
    open_ = w.Button(description="Open the card", button_style="primary")
    sql = w.Textarea(description="Its SQL", rows=14, style=WIDE, layout=w.Layout(width="95%"))
    run = w.Button(description="Run over the claims", button_style="primary", layout=w.Layout(width="auto"))
    card, message, result = w.HTML(), w.HTML(), w.HTML()
    w.link((state, "query"), (query, "value"))
    w.link((state, "sql"), (sql, "value"))
    _fill(state, "hits", hits)
    open_.on_click(lambda _: hits.value and state.open(hits.value))
    run.on_click(lambda _: state.run())
    _follow(state, "card_html", card)
    _follow(state, "message", message, _spoken)
    _follow(state, "result_html", result)
    return _View("rule cards", state, [query, hits, open_, card, sql, run, message, result])
