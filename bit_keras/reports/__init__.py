"""Figures as PNG bytes and the self-contained HTML report of a run."""
