"""A report for people and programs.

text    one sentence first, then findings and a table        table    CSV, a line for each repository
sarif   for code scanning                                     page     one HTML file with a heat map
style   how the page looks                                    script   what it does when one types and clicks
"""

from labkit.diagnosis.audit.shown.sarif import sarif
from labkit.diagnosis.audit.shown.table import table
from labkit.diagnosis.audit.shown.text import lines

__all__ = ["lines", "sarif", "table"]
