"""Data that ships with Sinebar: instrument profiles, reference cases, fonts, icons, help pages, report templates."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
