"""What the notes of a result say, in sentences: the library gives codes and values, the person reads these."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

SENTENCES: Mapping[str, str] = {
    "aql_of_mil_std_414": "AQL {aql} stands in MIL-STD-414, not in Z1.9.",
    "arrow_followed": "The table has an arrow at letter {from}: the plan is that of letter {to}.",
    "bad_category_assumed": "'{category}' was taken for the category to be rejected; name another with --set bad=...",
    "both_series_autocorrelated": "Both columns depend on their own past, so a correlation may be chance.",
    "coarse_resolution": "The resolution is {percent} % of the tolerance; at most {allowed} % is advised.",
    "confidence_not_reached": "The sample is too small: the confidence reached is {achieved}; {needed_n} are needed.",
    "degrees_of_freedom_ignore_correlation": "The effective degrees of freedom leave correlations out.",
    "double_in_place_of_multiple": "The table refers to the double plan here.",
    "exact_fit": "The fit is exact: nothing is left to estimate an error from.",
    "explained_by_controls": "The controls explain everything; no correlation is left.",
    "few_distinct_categories": "The gauge tells {ndc} categories apart; {advised} or more are advised.",
    "few_measurements": "{n} measurements are few; {advised} are advised.",
    "few_parts": "{parts} parts are few; {advised} are advised.",
    "few_pieces": "{n} pieces are few; {advised} are advised.",
    "few_subgroups": "{n} subgroups are few; {advised} are advised.",
    "few_values_for_a_model": "{n} values are few for a process model; {advised} are advised.",
    "grr_verdict": "The gauge is {verdict}: {percent} % of the {of}.",
    "inspection_discontinued": "Inspection is discontinued: act on the cause, then begin again tightened.",
    "inspect_all": "The sample of {n} is the whole lot of {lot}: inspect every item.",
    "limit_outside_transformation": "The {limit} limit {value} cannot be transformed; nothing is expected beyond it.",
    "merged": "Small categories were merged: {categories}.",
    "missing_values": "{count} values are missing and were left out.",
    "needs_positive_values": "This model needs values above 0; the smallest is {minimum}.",
    "negative_variance_set_to_zero": "The variance of {source} came out below 0 ({estimate}) and counts as 0.",
    "no_differences": "All differences are 0; there is nothing to rank.",
    "no_family_fits": "No family of distributions fits; the subgroups themselves were mixed instead.",
    "no_gauge_variation": "The gauge shows no variation; its resolution may be too coarse.",
    "no_gray_zone": "At the {limit} limit there are no parts that all accept and all reject.",
    "no_johnson_system_fits": "No system of Johnson's distributions fits these values.",
    "no_limits": "There is no specification limit, so there are no indices.",
    "no_replicates": "Without replicates effects are judged by {method}'s method.",
    "no_residual_variation": "Nothing is left to estimate an error from.",
    "no_specification": "This model needs at least one specification limit.",
    "no_system_uncertainty": "No uncertainty of the measuring system was given.",
    "no_uncertainty": "All uncertainties are 0.",
    "no_values": "There are no values.",
    "no_variation": "The values do not vary.",
    "no_variation_within": "The values do not vary within subgroups.",
    "no_within_for_model": "The model {model} has no spread within subgroups, so there is no Cp or Cpk.",
    "no_within_spread": "No spread within subgroups can be estimated from these values.",
    "none_found": "None was found among {n} values.",
    "not_fitted": "The family {family} could not be fitted: {reason}.",
    "one_category": "All ratings fall into one category: agreement by chance explains everything.",
    "one_reference": "There is one reference only, {reference}; a line needs two or more.",
    "one_sided": "There is a limit on the {limit} side only.",
    "one_sigma_for_both": "One sigma was given and serves as within and overall.",
    "one_transcription": "The middle stages of the {kind} plans of {standard} come from one transcription; compare "
    "them with your copy of the standard.",
    "one_trial": "With one trial there is no agreement of an appraiser with himself.",
    "one_trial_interaction_pooled": "With one trial the interaction cannot be told from repeatability.",
    "one_trial_no_range": "With one trial there are no ranges.",
    "one_trial_no_test_retest": "With one trial there is no test-retest error.",
    "one_value": "There is one value only.",
    "operators_biased": "These operators are biased against the others: {operators}.",
    "overall_exceeds_within": "The overall spread is {ratio} times that within: the process shifts or drifts.",
    "quantile_beyond_values": "{n} values do not reach that far into the tail; {needed} are needed.",
    "samples_differ": "The samples differ more than chance allows (p {p}): one rate does not hold for all.",
    "single_in_place": "The table refers to the single plan in place of the {kind} one.",
    "sizes_vary": "The subgroups differ in size; figures of the commonest size, {commonest}, are shown.",
    "small_sample": "{n} values are few; {advised} or more make the intervals narrow enough to decide by.",
    "target_outside_limits": "The target {target} lies outside the limits.",
    "test_retest_inconsistent": "A range is out of its limits: repeated measurements are not alike enough.",
    "too_few_for_spread": "{n} value does not show a spread.",
    "too_few_subgroups": "There are too few subgroups; {needed} are needed.",
    "too_few_useful_points": "{useful} points are off the median; {least} are needed for the tests.",
    "too_few_values": "There are too few values.",
    "too_many_for_shapiro_wilk": "Shapiro and Wilk's test reaches to {limit} values; there are {n}.",
    "transformation_weak": "After the transformation the values still are not normal (p {p}).",
    "variance_at_zero": "The variance of {source} lies at its bound, 0.",
    "within_needs_subgroups": "Without subgroups the within spread is estimated by {used}, not {asked}.",
}


def sentence(code: str, values: Mapping[str, Any]) -> str:
    """The sentence of a note with its values; for a code that is not known, the code and what came with it."""
    template = SENTENCES.get(code)
    wanted = {name for _, name, _, _ in Formatter().parse(template or "") if name}
    if template is None or not wanted <= set(values):
        told = ", ".join(f"{key} {_short(value)}" for key, value in values.items())
        return f"{code.replace('_', ' ')}{': ' + told if told else ''}."
    return template.format_map({key: _short(value) for key, value in values.items()})


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_short(item) for item in value)
    return "—" if value is None else str(value).replace("_", " ")
