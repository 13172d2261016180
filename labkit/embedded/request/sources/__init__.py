"""Where the values of condition keys come from: one table, a row for each key or family of keys.

    principal     who asks: ARN, account, organization, type, tags, session
    origin        how and when: address, endpoint, time, service in between
    resource      what it is about: its owner's account and organization, its tags, its boundary
    parameters    what the call itself says: tags, policies, roles that are passed, sessions that are asked for

A row is a function that gets the value from one question (`Asked`) or answers None: then the key is not in this
request, on AWS neither. Where AWS has one that the lab does not know, it is `UNKNOWN`; what the lab never knows is in
no row, and `labkit.iam.action_table.known_keys` names it.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.embedded.request.sources import origin, parameters, principal, resource
from labkit.embedded.request.sources.asked import Family, Source

SOURCES: Mapping[str, Source] = {**principal.SOURCES, **origin.SOURCES, **resource.SOURCES, **parameters.SOURCES}
"""From the name of a condition key, in lower case, to what finds its value."""

FAMILIES: Mapping[str, Family] = {**principal.FAMILIES, **resource.FAMILIES, **parameters.FAMILIES}
"""From what stands before the slash of a key, in lower case, to what finds the values of all keys of that beginning."""
