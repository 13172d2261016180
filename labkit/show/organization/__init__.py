"""The organization as a map: its tree, who of it may pull, paths to grant, and accounts that move.

tree    the tree as text and HTML
model   the map without a browser: what was read, chosen and moved
widget  the map drawn with ipywidgets
"""

from __future__ import annotations

from labkit.aws.reading import Unreadable
from labkit.lab.lab import Lab
from labkit.show.organization.model import NoMap, OrganizationMap
from labkit.show.view import Drawing


def organization_map(lab: Lab, repository: str | None = None) -> OrganizationMap | NoMap:
    """The organization of the lab as it is now, with the lab's other accounts below it.

    With a repository each account is marked: may it pull by the policy that the repository has now?
    """
    try:
        return OrganizationMap(lab, repository, _drawn)
    except Unreadable as error:
        return NoMap(str(error), _drawn_as_text)


def _drawn(shown: OrganizationMap) -> Drawing:
    from labkit.show.organization.widget import OrganizationWidget

    return OrganizationWidget(shown)


def _drawn_as_text(shown: NoMap) -> Drawing:
    from labkit.show.organization.widget import NoMapWidget

    return NoMapWidget(shown)
