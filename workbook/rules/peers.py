"""Who bills unlike their peers, high or low: shares and curves by provider, with percentiles and a picture.

A share far from the peers' is no finding; it says where to look. It is called high or low only where there are enough
peers with enough items, the share lies beyond the peers' percentiles, and chance alone does not explain the distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.claims.given import given_tables, put_tables
from workbook.claims.model import Claims
from workbook.codes import reference
from workbook.codes.tables import REFERENCE_TABLES
from workbook.engine import Engine, add_views, base_tables, open_engine
from workbook.engine.html import safe, table_html
from workbook.rules.measures import Measure, measure, measures
from workbook.terms import WorkbookError

if TYPE_CHECKING:
    import pandas as pd

#: Items a provider needs for its share to be compared, and peers that must have as many.
ENOUGH_ITEMS, ENOUGH_PEERS = 30, 10
#: Beyond which part of the peers a share is far, on either side.
FAR = 0.95
_Z = 1.959964  # of the 95 percent interval
EVERYBODY, NO_GROUP = "all providers", "no group"
_ORDER = {"high": 0, "low": 1, "usual": 2}


@dataclass(frozen=True)
class Peers:
    """Every provider beside its peers. `levels` counts the items of each provider by measure and level."""

    shares: pd.DataFrame
    levels: pd.DataFrame
    measures: tuple[Measure, ...]

    @cached_property
    def outliers(self) -> pd.DataFrame:
        """The rows of `shares` that are high or low."""
        return self.shares[self.shares["verdict"].isin(["high", "low"])].reset_index(drop=True)

    @property
    def summary(self) -> pd.DataFrame:
        """One row per measure: how many providers are high, low, usual, and not compared."""
        import pandas as pd

        rows = []
        for one in self.measures:
            verdicts = self.shares.loc[self.shares["measure"] == one.id, "verdict"]
            counted = {word: int((verdicts == word).sum()) for word in ("high", "low", "usual")}
            rows.append(
                {
                    "measure": one.id,
                    "title": one.title,
                    **counted,
                    "not_compared": len(verdicts) - sum(counted.values()),
                }
            )
        return pd.DataFrame(rows).set_index("measure")

    def __repr__(self) -> str:
        high, low = ((self.shares["verdict"] == word).sum() for word in ("high", "low"))
        providers = self.shares["provider_npi"].nunique()
        return f"{len(self.measures)} measures of {providers:,} providers: {high} high, {low} low"

    def _repr_html_(self) -> str:
        shown = 30
        rows = [
            [r.measure, r.provider_npi, r.peer_group, f"{r.share:.0%}", f"{r.peer_median:.0%}", f"{r.percentile:.0%}",
             r.items, r.verdict]
            for r in self.outliers.head(shown).itertuples()
        ]  # fmt: skip
        header = ["Measure", "Provider", "Peer group", "Share", "Peers' median", "Peers below", "Items", "Verdict"]
        more = len(self.outliers) - shown
        return f"<p>{safe(repr(self))}</p>{table_html(header, rows, words=['Measure', 'Peer group'])}" + (
            f"<p>… and {more:,} more in <code>.outliers</code></p>" if more > 0 else ""
        )

    def curve(self, provider_npi: str, measure_id: str = "established-visits") -> Curve:
        """How a provider's items spread over the levels, beside the peers'. Raises WorkbookError for an unknown one."""
        one = measure(measure_id)
        own = self.shares[(self.shares["measure"] == one.id) & (self.shares["provider_npi"] == provider_npi)]
        if own.empty:
            raise WorkbookError(f"{one.id}: nothing is counted for provider {provider_npi!r}")
        group = own.iloc[0]["peer_group"]
        peers = self.shares[
            (self.shares["measure"] == one.id)
            & (self.shares["peer_group"] == group)
            & (self.shares["provider_npi"] != provider_npi)
            & (self.shares["items"] >= ENOUGH_ITEMS)
        ]["provider_npi"]
        counts = self.levels[self.levels["measure"] == one.id]
        table = counts.pivot_table("count", "provider_npi", "level", "sum", fill_value=0)
        table = table.reindex(columns=list(one.levels), fill_value=0)
        parts = table.div(table.sum(axis=1), axis=0)
        own_parts = {level: float(parts[level][provider_npi]) for level in one.levels}
        return Curve(one, provider_npi, group, own_parts, parts.loc[list(peers)])


@dataclass(frozen=True, repr=False)
class Curve:
    """One provider's curve: the share of each level, and that of each peer (rows) by level (columns)."""

    measure: Measure
    provider_npi: str
    peer_group: str
    own: Mapping[str, float]
    peers: pd.DataFrame

    def __repr__(self) -> str:
        return self.alt_text

    @property
    def alt_text(self) -> str:
        """The picture in words."""
        middle = self.peers.median().to_dict() if len(self.peers) else {}
        parts = [
            f"{level} {self.own[level]:.0%}" + (f" (peers {middle[level]:.0%})" if middle else "")
            for level in self.measure.levels
        ]
        return f"{self.measure.title}, provider {self.provider_npi} beside {len(self.peers)} peers: {', '.join(parts)}."

    def svg(self) -> str:
        """The picture: bars are the provider, the band holds the middle half of the peers, its line their median."""
        import altair as alt
        import pandas as pd
        import vl_convert

        levels = list(self.measure.levels)
        frame = pd.DataFrame({"level": levels, "share": [self.own[level] for level in levels]})
        axis = alt.X("level:N", sort=levels, title=None, axis=alt.Axis(labelAngle=0))
        share = alt.Y("share:Q", title=f"share of {self.measure.counts}", axis=alt.Axis(format="%"))
        picture = alt.Chart(frame).mark_bar(color="#9ecae1", size=34).encode(axis, share)
        if len(self.peers):
            at = {
                name: self.peers.quantile(q).to_list() for name, q in (("low", 0.25), ("middle", 0.5), ("high", 0.75))
            }
            band = pd.DataFrame({"level": levels, **at})
            bars = alt.Chart(band).mark_rule(color="#444", strokeWidth=5, opacity=0.35)
            picture += bars.encode(axis, alt.Y("low:Q"), alt.Y2("high:Q"))
            picture += alt.Chart(band).mark_line(color="#444", point=True).encode(axis, alt.Y("middle:Q"))
        chart = picture.properties(width=420, height=220, title=f"{self.measure.title}: {self.provider_npi}")
        drawn: str = vl_convert.vegalite_to_svg(chart.to_json())
        return drawn

    def _repr_html_(self) -> str:
        return (
            f"<figure role='img' aria-label='{safe(self.alt_text)}'>{self.svg()}</figure><p>{safe(self.alt_text)}</p>"
        )


def peers(
    claims: Claims | Mapping[str, Any] | str | Path,
    groups: pd.DataFrame | str | Path | None = None,
    only: str | Iterable[str] | None = None,
    engine: str | Engine = "duckdb",
) -> Peers:
    """Compare every provider with its peers.

    `claims` is what `wb.audit` takes. `groups` says who is whose peer: a frame or a CSV file with the columns
    provider_npi and peer_group; without it, peers state the same specialty (taxonomy code) on the claims, or are all
    providers where none is stated. `only` names measures. Shares are of the provider's items; `percentile` is the part
    of the peers whose share is lower. Raises WorkbookError for an unknown measure or a file of groups that cannot be
    read.
    """
    names = [only] if isinstance(only, str) else only
    chosen = measures() if names is None else tuple(measure(name) for name in names)
    if not chosen:
        raise WorkbookError(f"no measure is named; there are {', '.join(m.id for m in measures())}")
    own_engine = isinstance(engine, str)
    opened = open_engine(engine) if isinstance(engine, str) else engine
    before = opened.tables()
    try:
        put_tables(opened, given_tables(claims))
        reads = {name for one in chosen for name in one.select.reads} | {"provider_specialty"}
        for name, table in reference(sorted(base_tables(reads) & REFERENCE_TABLES.keys())).items():
            opened.put(name, table)
        add_views(opened, reads)
        levels = _levels(opened, chosen)
        named = _groups(groups) if groups is not None else _specialties(opened)
        return Peers(_shares(levels, named, chosen), levels, chosen)
    finally:
        if own_engine:
            opened.close()
        else:
            for name in opened.tables() - before:
                opened.drop(name)


def _levels(engine: Engine, chosen: Iterable[Measure]) -> pd.DataFrame:
    import pandas as pd

    frames = []
    for one in chosen:
        found = engine.query(
            f"select provider_npi, level, cast(count as bigint) as count from ({one.select.sql}) m "
            "where provider_npi is not null order by provider_npi, level"
        ).to_pandas()
        found.insert(0, "measure", one.id)
        frames.append(found)
    joined: pd.DataFrame = pd.concat(frames, ignore_index=True)
    return joined


def _specialties(engine: Engine) -> dict[str, str]:
    found = engine.query("select provider_npi, taxonomy_code from provider_specialty").to_pydict()
    return dict(zip(found["provider_npi"], found["taxonomy_code"], strict=True))


def _groups(given: pd.DataFrame | str | Path) -> dict[str, str]:
    import pandas as pd

    if isinstance(given, str | Path):
        try:
            frame = pd.read_csv(given, dtype=str)
        except (OSError, ValueError) as error:
            raise WorkbookError(f"{given}: the peer groups cannot be read: {error}") from None
    else:
        frame = given
    where = given if isinstance(given, str | Path) else "groups"
    if missing := {"provider_npi", "peer_group"} - set(frame.columns):
        raise WorkbookError(f"{where}: the column {sorted(missing)[0]} is missing; give provider_npi and peer_group")
    kept = frame[["provider_npi", "peer_group"]].dropna().astype(str)
    if not kept["provider_npi"].is_unique:
        twice = kept.loc[kept["provider_npi"].duplicated(), "provider_npi"].iloc[0]
        raise WorkbookError(f"{where}: provider {twice} stands in two rows; a provider has one peer group")
    return dict(zip(kept["provider_npi"], kept["peer_group"], strict=True))


def _shares(levels: pd.DataFrame, named: Mapping[str, str], chosen: Iterable[Measure]) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    high = {(one.id, level) for one in chosen for level in one.high}
    is_high = [pair in high for pair in zip(levels["measure"], levels["level"], strict=True)]
    counted = levels.assign(high=levels["count"].where(np.array(is_high, bool), 0))
    shares = counted.groupby(["measure", "provider_npi"], as_index=False)[["high", "count"]].sum()
    shares = shares.rename(columns={"high": "high_items", "count": "items"})
    shares["peer_group"] = [named.get(npi, NO_GROUP if named else EVERYBODY) for npi in shares["provider_npi"]]
    shares["share"] = shares["high_items"] / shares["items"]
    parts = [_beside_peers(part) for _, part in shares.groupby(["measure", "peer_group"])]
    empty = [*shares.columns, "peers", "peer_low", "peer_median", "peer_high", "percentile", "verdict"]
    found = pd.concat(parts) if parts else pd.DataFrame(columns=empty)
    found["_order"] = [_ORDER.get(verdict, 3) for verdict in found["verdict"]]
    columns = [
        "measure", "provider_npi", "peer_group", "items", "share", "peers", "peer_low", "peer_median", "peer_high",
        "percentile", "verdict",
    ]  # fmt: skip
    ordered: pd.DataFrame = found.sort_values(["_order", "measure", "provider_npi"])[columns].reset_index(drop=True)
    return ordered


def _beside_peers(part: pd.DataFrame) -> pd.DataFrame:
    """Providers of one group beside each other; each one's peers are the others with enough items."""
    import numpy as np

    share, items = part["share"].to_numpy(float), part["items"].to_numpy(int)
    is_compared = items >= ENOUGH_ITEMS
    ordered = np.sort(share[is_compared])
    own_place = np.where(is_compared, np.searchsorted(ordered, share), len(ordered))  # left out of its own peers
    peers = len(ordered) - is_compared

    def quantile(part_below: float) -> Any:
        """Of each provider's peers, interpolated as numpy does it."""
        at = part_below * np.maximum(peers - 1, 0)
        lower = np.floor(at).astype(int)
        upper = np.minimum(lower + 1, np.maximum(peers - 1, 0))
        ends = [np.append(ordered, np.nan)[np.minimum(k + (k >= own_place), len(ordered))] for k in (lower, upper)]
        return np.where(peers > 0, ends[0] + (ends[1] - ends[0]) * (at - lower), np.nan)

    low, middle, high = quantile(1 - FAR), quantile(0.5), quantile(FAR)
    least, most = _interval(share, items)
    below = np.divide(np.searchsorted(ordered, share), peers, out=np.full(len(part), np.nan), where=peers > 0)
    verdict = np.select(
        [
            np.full(len(part), part["peer_group"].iloc[0] == NO_GROUP),
            ~is_compared,
            peers < ENOUGH_PEERS,
            (share > high) & (least > middle),
            (share < low) & (most < middle),
        ],
        [
            "no peer group is known",
            f"fewer than {ENOUGH_ITEMS} items",
            f"fewer than {ENOUGH_PEERS} peers",
            "high",
            "low",
        ],
        "usual",
    )
    return part.assign(peers=peers, peer_low=low, peer_median=middle, peer_high=high, percentile=below, verdict=verdict)


def _interval(share: Any, items: Any) -> tuple[Any, Any]:
    """The 95 percent score interval of shares of so many items (E. B. Wilson, 1927)."""
    square = _Z * _Z / items
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * (share * (1 - share) / items + square / (4 * items)) ** 0.5
    return middle - half, middle + half
