"""Attribute agreement: appraisers rate the same parts several times, with or without a known reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.capability.attribute import clopper_pearson
from analysis.capability.intervals import Interval
from analysis.errors import AnalysisError
from analysis.msa.gauge import check_confidence
from analysis.msa.kappa import FleissKappa, Kappa, cohen, fleiss
from analysis.results import Note, Provenance, Result

Codes = NDArray[np.intp]

# AIAG MSA 4th ed., chapter III section C: acceptable / marginal limits
EFFECTIVENESS = (0.90, 0.80)
MISS_RATE = (0.02, 0.05)
FALSE_ALARM_RATE = (0.05, 0.10)
GOOD_KAPPA, POOR_KAPPA = 0.75, 0.40


@dataclass(frozen=True, slots=True)
class Share(Result):
    """A count of agreements among parts or decisions, as a share with its exact interval."""

    matched: int
    inspected: int
    share: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class AppraiserAgreement(Result):
    """One appraiser. `within`: parts rated alike in every trial; `against_reference`: alike and right.

    `effectiveness` counts decisions, not parts: right decisions of all. `miss_rate`: bad parts called good, of all
    decisions on bad parts; `false_alarm_rate`: good parts called bad. These two need a reference of two categories.
    `kappa_within` over trials (Fleiss), `kappa_reference` all trials against the reference (Cohen, pooled).
    """

    appraiser: str
    within: Share | None
    against_reference: Share | None
    effectiveness: Share | None
    miss_rate: Share | None
    false_alarm_rate: Share | None
    mixed: Share | None
    kappa_within: FleissKappa | None
    kappa_reference: Kappa | None
    verdict: str | None


@dataclass(frozen=True, slots=True)
class AgreementStudy(Result):
    """All appraisers. `between`: parts that everybody rated alike every time; `all_against_reference`: and right.

    `kappa_between` all ratings (Fleiss); `pairs`: Cohen's kappa of each two appraisers, trial by trial (AIAG's
    cross-tabulation), by "A*B". `cross_tables` holds those tables over `categories`.
    """

    parts: int
    trials: int
    categories: tuple[str, ...]
    appraisers: tuple[AppraiserAgreement, ...]
    between: Share | None
    all_against_reference: Share | None
    kappa_between: FleissKappa | None
    pairs: Mapping[str, Kappa]
    cross_tables: Mapping[str, tuple[tuple[int, ...], ...]]
    confidence: float
    notes: tuple[Note, ...]
    provenance: Provenance


def agreement(
    ratings: Mapping[str, Sequence[Sequence[Any]]],
    *,
    reference: Sequence[Any] | None = None,
    bad: Any = None,
    confidence: float = 0.95,
) -> AgreementStudy:
    """Agreement of `ratings[appraiser][part][trial]` within, between, and with the `reference` of each part.

    `bad` names the category of parts to be rejected; with a reference of two categories and none named, the one that
    sorts first ("0", "bad", "NG" against "1", "good", "OK" may need naming). Source: AIAG MSA 4th ed., chapter III
    section C; Minitab's attribute agreement analysis. Errors: AnalysisError when a rating is missing.
    """
    check_confidence(confidence)
    names, table, categories = _read(ratings, reference)
    truth = None if reference is None else np.array([categories.index(str(item)) for item in reference])
    rejected, notes = _bad_category(reference, bad, categories)
    found = [
        _appraiser(name, table[index], truth, rejected, categories, confidence) for index, name in enumerate(names)
    ]
    _, parts, trials = table.shape
    flat = table.transpose(1, 0, 2).reshape(parts, -1)
    alike = (flat == flat[:, :1]).all(axis=1)
    pairs, crossed = _pairs(names, table, len(categories), confidence)
    ratings_each = flat.shape[1]
    return AgreementStudy(
        parts=parts,
        trials=trials,
        categories=tuple(categories),
        appraisers=tuple(found),
        between=_share(alike, confidence) if len(names) > 1 else None,
        all_against_reference=None if truth is None else _share(alike & (flat[:, 0] == truth), confidence),
        kappa_between=_fleiss(flat, categories, confidence) if ratings_each > 1 and len(names) > 1 else None,
        pairs=pairs,
        cross_tables=crossed,
        confidence=confidence,
        notes=(*notes, *_notes(parts, trials, len(categories))),
        provenance=Provenance("msa.agreement", {"pairs": "trial by trial", "share_interval": "clopper_pearson"}),
    )


def _read(
    ratings: Mapping[str, Sequence[Sequence[Any]]], reference: Sequence[Any] | None
) -> tuple[list[str], Codes, list[str]]:
    """Names, codes[appraiser][part][trial], and the sorted categories."""
    if not ratings:
        raise AnalysisError("There are no appraisers.", "Give the ratings of at least one.")
    names = list(ratings)
    shapes = {name: _shape(name, ratings[name]) for name in names}
    first = shapes[names[0]]
    for name in names:
        if shapes[name] != first:
            raise AnalysisError(
                f"Appraiser {name} rated {shapes[name][0]} parts {shapes[name][1]} times, "
                f"{names[0]} {first[0]} parts {first[1]} times.",
                "Every appraiser rates every part equally often.",
            )
    if reference is not None and len(reference) != first[0]:
        raise AnalysisError(f"There are {first[0]} parts and {len(reference)} references.", "Give one a part.")
    labels = {_label(item) for name in names for row in ratings[name] for item in row}
    categories = sorted(labels | ({_label(item) for item in reference} if reference is not None else set()))
    place = {label: index for index, label in enumerate(categories)}
    codes = [[[place[_label(item)] for item in row] for row in ratings[name]] for name in names]
    return names, np.array(codes, dtype=np.intp), categories


def _shape(name: str, rows: Sequence[Sequence[Any]]) -> tuple[int, int]:
    lengths = {len(row) for row in rows}
    if len(rows) < 2 or len(lengths) != 1 or lengths == {0}:
        raise AnalysisError(
            f"Appraiser {name} has {len(rows)} parts with {sorted(lengths)} ratings.",
            "Give 2 parts or more, each rated equally often.",
        )
    return len(rows), lengths.pop()


def _label(item: Any) -> str:
    if item is None or item != item or item == "":
        raise AnalysisError("A rating is missing.", "Every appraiser rates every part in every trial.")
    return str(item)


def _bad_category(reference: Sequence[Any] | None, bad: Any, categories: list[str]) -> tuple[int | None, list[Note]]:
    if reference is None or len(categories) != 2:
        return None, []
    if bad is None:
        return 0, [Note("bad_category_assumed", "info", {"category": categories[0]})]
    if str(bad) not in categories:
        raise AnalysisError(f"'{bad}' is no category of the ratings.", f"Categories: {', '.join(categories)}.")
    return categories.index(str(bad)), []


def _appraiser(
    name: str, rows: Codes, truth: Codes | None, bad: int | None, categories: list[str], confidence: float
) -> AppraiserAgreement:
    alike = (rows == rows[:, :1]).all(axis=1)
    repeated = rows.shape[1] > 1
    effectiveness = miss = alarm = right = mixed = None
    kappa = None
    if truth is not None:
        correct = rows == truth[:, None]
        effectiveness, right = _share(correct, confidence), _share(alike & correct[:, 0], confidence)
        mixed = _share(~alike, confidence)
        kappa = cohen(
            _counts(rows.reshape(-1), np.repeat(truth, rows.shape[1]), len(categories)), confidence=confidence
        )
    if truth is not None and bad is not None:
        miss = _share(rows[truth == bad] != bad, confidence)
        alarm = _share(rows[truth != bad] == bad, confidence)
    return AppraiserAgreement(
        appraiser=name,
        within=_share(alike, confidence) if repeated else None,
        against_reference=right,
        effectiveness=effectiveness,
        miss_rate=miss,
        false_alarm_rate=alarm,
        mixed=mixed if repeated else None,
        kappa_within=_fleiss(rows, categories, confidence) if repeated else None,
        kappa_reference=kappa,
        verdict=_verdict(effectiveness, miss, alarm),
    )


def _share(hits: NDArray[np.bool_], confidence: float) -> Share | None:
    n = int(hits.size)
    if n == 0:
        return None
    count = int(np.count_nonzero(hits))
    return Share(count, n, count / n, clopper_pearson(count, n, confidence))


def _verdict(effectiveness: Share | None, miss: Share | None, alarm: Share | None) -> str | None:
    """AIAG's table: acceptable, marginal, or needs improvement; the worst of the three decides."""
    if effectiveness is None or miss is None or alarm is None:
        return None
    grades = [
        0 if effectiveness.share >= EFFECTIVENESS[0] else 1 if effectiveness.share >= EFFECTIVENESS[1] else 2,
        0 if miss.share <= MISS_RATE[0] else 1 if miss.share <= MISS_RATE[1] else 2,
        0 if alarm.share <= FALSE_ALARM_RATE[0] else 1 if alarm.share <= FALSE_ALARM_RATE[1] else 2,
    ]
    return ("acceptable", "marginal", "needs_improvement")[max(grades)]


def _counts(first: Codes, second: Codes, categories: int) -> NDArray[np.float64]:
    size = max(2, categories)
    return np.bincount(first * size + second, minlength=size * size).reshape(size, size).astype(np.float64)


def _fleiss(rows: Codes, categories: list[str], confidence: float) -> FleissKappa:
    names = categories if len(categories) > 1 else [*categories, "(none)"]
    counts = np.stack([(rows == index).sum(axis=1) for index in range(len(names))], axis=1)
    return fleiss(counts, categories=names, confidence=confidence)


def _pairs(
    names: list[str], table: Codes, categories: int, confidence: float
) -> tuple[dict[str, Kappa], dict[str, tuple[tuple[int, ...], ...]]]:
    kappas, crossed = {}, {}
    for one, two in combinations(range(len(names)), 2):
        label = f"{names[one]}*{names[two]}"
        counts = _counts(table[one].reshape(-1), table[two].reshape(-1), categories)
        kappas[label] = cohen(counts, confidence=confidence)
        crossed[label] = tuple(tuple(int(count) for count in row) for row in counts)
    return kappas, crossed


def _notes(parts: int, trials: int, categories: int) -> list[Note]:
    notes = []
    if parts < 50:
        notes.append(Note("few_parts", "info", {"parts": parts, "advised": 50}))
    if trials < 2:
        notes.append(Note("one_trial", "info"))
    if categories < 2:
        notes.append(Note("one_category", "warning"))
    return notes
