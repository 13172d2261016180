"""The article's scenarios as ordered steps on boto3, on the embedded AWS or on two real accounts.

catalogue   the scenarios as tables of steps
steps       the actions that steps are made of
model       what steps, results and scenarios are
player      playing them, as a whole or step by step
runner      a clean start before, and cleaning up after
provenance  the image pushed as an index with its provenance, and without
evidence    what came of a step in words and marks
"""

from labkit.scenarios.catalogue import ARTICLE, SCENARIOS
from labkit.scenarios.model import Scenario, ScenarioResult, Step, StepResult
from labkit.scenarios.player import Player, run
from labkit.scenarios.runner import clean_up, made, named, prepare, put_accounts_back, reset

__all__ = [
    "ARTICLE",
    "SCENARIOS",
    "Player",
    "Scenario",
    "ScenarioResult",
    "Step",
    "StepResult",
    "clean_up",
    "made",
    "named",
    "prepare",
    "put_accounts_back",
    "reset",
    "run",
]
