"""Families of distributions a characteristic may follow: fitting, quantiles, tails, goodness of fit."""

from __future__ import annotations

from analysis.capability.distributions.estimation import Estimate, estimate
from analysis.capability.distributions.families import FAMILIES, Distribution, Family
from analysis.capability.distributions.goodness import AndersonDarling, anderson_darling

__all__ = ["FAMILIES", "AndersonDarling", "Distribution", "Estimate", "Family", "anderson_darling", "estimate"]
