"""What people see: steps, decisions, the organization, as text, HTML and widgets. Nothing is decided here."""

from labkit.show.denied import Denied
from labkit.show.organization import OrganizationMap

__all__ = ["Denied", "OrganizationMap"]
