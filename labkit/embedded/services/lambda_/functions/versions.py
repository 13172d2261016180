"""Published versions: copies of ``$LATEST``, each with a number, a row, a state and code of its own.

A number is given once, also where its version, or the whole function, has been deleted since (Lambda Developer Guide
of 2018, "Versioning"). Nothing is published where nothing has changed since: the last version is answered again. Any
update counts as a change, one to the same code too. With ``Publish: true`` the version is made at once and is Pending
while its image is made ready (recorded on AWS).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.services.lambda_.aliases.record import naming
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.preconditions import check_unchanged
from labkit.embedded.services.lambda_.functions.record import Function, new_revision
from labkit.embedded.services.lambda_.functions.states import PENDING
from labkit.embedded.services.lambda_.names import function_of, here, store_of
from labkit.embedded.services.lambda_.pages import page
from labkit.embedded.services.lambda_.shapes import configuration

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def publish_version(embedded: Embedded, call: Call) -> dict[str, Any]:
    """PublishVersion: make a version of what ``$LATEST`` is, or answer the one that is the same."""
    function = function_of(embedded, call)
    check_unchanged(function, call.params)
    code = function.digest.removeprefix("sha256:")
    if (wanted := call.params.get("CodeSha256") or code) != code:
        raise error("code differs", wanted, code)
    version = published(embedded, function) or publish(embedded, function, call.params.get("Description"))
    return configuration(version, version.qualified)


def published(embedded: Embedded, function: Function) -> Function | None:
    """The version that is the same as ``$LATEST``, if there is one."""
    if function.published is None:
        return None
    return store_of(embedded).get(replace(function.key, qualifier=function.published))


def publish(embedded: Embedded, function: Function, description: str | None = None) -> Function:
    """Store a new version of ``$LATEST``, and make it ready if that is not; `function` is stored with it."""
    store = store_of(embedded)
    version = replace(
        function,
        version=store.number(function.key),
        revision=new_revision(),
        options={**function.options, "Description": description or function.options["Description"]},
        concurrency=None,
        last_invoked=embedded.clock.now(),  # a new version has not been idle yet
    )
    if not function.settled:
        version = replace(version, state=PENDING, update=None, ready=None, running=(), serving=None)
    store.put(replace(function, published=version.version, revision=new_revision()))
    store.put(version)
    if not version.settled:
        store.make_ready(version.qualified, embedded.images.blobs)
    return version


def list_versions_by_function(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListVersionsByFunction: ``$LATEST``, then those that are published in the order of their numbers, in pages."""
    function = function_of(embedded, call)

    def fetch(after: str, limit: int) -> tuple[list[Function], str | None]:
        found, last = store_of(embedded).versions(function.key, int(after or -1), limit)
        return found, None if last is None else str(last)

    return page(embedded, call, "Versions", fetch, lambda each: configuration(each, each.qualified, states=False))


def delete_version(embedded: Embedded, call: Call) -> None:
    """Delete the version that the call names, unless an alias does; one that is not there does not matter.

    Raises InvalidParameterValueException for an alias, ResourceConflictException for a version that one names, and
    ResourceNotFoundException where there is no function (recorded on AWS; the conflict from users' reports).
    """
    ref = here(call)
    if ref.names_alias:
        raise error("alias deleted as function")
    store = store_of(embedded)
    if store.get(ref.unqualified) is None:
        raise error("not found", ref.unqualified.arn)
    if aliases := naming(embedded.database, ref.unqualified, ref.qualifier or ""):
        raise error("aliases name it", ", ".join(aliases))
    if version := store.get(ref):
        store.remove_version(version)
