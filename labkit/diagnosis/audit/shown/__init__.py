"""A report for people and programs.

text    one sentence first, then findings and a table        table    CSV, a line for each repository
sarif   for code scanning
"""

from labkit.diagnosis.audit.shown.sarif import sarif
from labkit.diagnosis.audit.shown.table import table
from labkit.diagnosis.audit.shown.text import lines

__all__ = ["lines", "sarif", "table"]
