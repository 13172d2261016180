"""Static pages for writers: what the lab did, as a folder that any browser shows from a file share, without a network.

    folder      the folder: whose it is, and replacing its content in one go
    page        what every page has: head, navigation, foot; ``style.css`` is its look
    played      the pages of scenarios that were played, from the same results as ``labkit run --json``
    executing   the notebooks are executed on a lab
    notebooks   and drawn by nbconvert with ``template/``
    links       links between notebooks become links between pages
    front       the first pages
    making      all of it, in order
    redaction   made-up numbers and names in place of those of an account

A page holds nothing that differs between two runs (times, ports, folders), no script, and asks for nothing but the
style sheet and the pictures beside it. A site is a mapping from the name of a file to its content until it is written,
so that everything that can fail has been done before the folder is touched.
"""

from __future__ import annotations

from collections.abc import Mapping

Site = Mapping[str, bytes]
"""The files of a site: the path below its folder, with ``/`` in it, and the content."""

REDACTS = """Made-up values take the place of account numbers; ids of organizations, roots, units and
control policies; names of users, roles, sessions, policies and profiles; mail addresses; ids
of access keys, principals, requests and VPC endpoints; addresses of machines; home folders.
The same original gets the same stand-in wherever it stands. Regions, repositories, functions
and what pictures show stay as they are, and so do Sids and other condition values of your own
policies, and what this terminal shows: read what you publish."""
"""What ``--redact`` replaces and what not, for ``--help``."""
