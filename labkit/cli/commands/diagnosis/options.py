"""The options that name a question and the documents that have a say in it; shared by pull and diagnose."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from labkit.cli.documents import context_of, read_file
from labkit.errors import UsageError

if TYPE_CHECKING:
    from labkit.diagnosis.asked import Asked

NONE = "none"


class DocumentOption(NamedTuple):
    """An option for a document: the field of `Facts` that it fills, whether it can be repeated, its line of help."""

    option: str
    field: str
    repeats: bool
    help: str


DOCUMENT_OPTIONS = (
    DocumentOption("--repository-policy", "repository_policy", False, "of the image's repository"),
    DocumentOption("--registry-policy", "registry_policy", False, "of the registry that the repository is in"),
    DocumentOption("--identity", "identity", True, "an identity policy of the caller ..."),
    DocumentOption("--boundary", "boundary", False, "the caller's permissions boundary"),
    DocumentOption("--session", "session", True, "a session policy of the caller ..."),
    DocumentOption("--scp", "scp", True, "above the caller's account: a level each, from the root down ..."),
    DocumentOption("--rcp", "rcp", True, "above the registry's account, likewise ..."),
    DocumentOption("--vpc-endpoint", "vpc_endpoint", False, "of the endpoint that the caller's calls to Lambda pass"),
    DocumentOption("--execution-identity", "execution_identity", True, "an identity policy of the execution role ..."),
)

_PLAIN = (
    *("function", "function_account", "caller", "execution_role"),
    *("organization", "organization_path", "repository_organization", "repository_organization_path"),
)


def add_question(parser: argparse.ArgumentParser) -> None:
    """Which function, which operation, who calls."""
    group = parser.add_argument_group("the question")
    group.add_argument("--function", default="", metavar="NAME|ARN", help="the function, whether it exists or not")
    group.add_argument(
        "--function-account", "--account", default="", metavar="NUMBER", help="the account that it is in"
    )
    group.add_argument(
        "--operation",
        choices=("create", "update", "restore"),
        help="what is done when the image is fetched (default: create)",
    )
    group.add_argument("--caller", default="", metavar="ARN", help="who creates or updates the function")
    group.add_argument("--execution-role", default="", metavar="ARN", help="the role that the function runs as")


def add_documents(parser: argparse.ArgumentParser) -> None:
    """The documents, and what is known of accounts and requests."""
    group = parser.add_argument_group(
        "what is known (files, - for standard input; 'none' where there is none; options with ... can be repeated)"
    )
    for each in DOCUMENT_OPTIONS:
        group.add_argument(each.option, action="append", metavar="FILE", help=each.help)
    group.add_argument("--organization", default="", metavar="ID", help="that the function's account is in, or none")
    group.add_argument("--organization-path", default="", metavar="PATH", help="where it stands: o-…/r-…/ou-…/")
    group.add_argument(
        "--repository-organization", default="", metavar="ID", help="of the registry's account, where it differs"
    )
    group.add_argument("--repository-organization-path", default="", metavar="PATH", help="where that account stands")
    group.add_argument(
        "--context", action="append", default=[], metavar="KEY=VALUE", help="a condition key of the caller's calls ..."
    )


def asked(args: argparse.Namespace, **more: Any) -> Asked:
    """What was asked, with the texts of all files. Raises UsageError."""
    from labkit.diagnosis.asked import Asked

    _check_standard_input(args)
    named = {name: getattr(args, name) for name in _PLAIN}
    if args.operation:
        named["operation"] = args.operation
    return Asked(image=args.image or "", context=context_of(args.context), documents=_documents(args), **named | more)


def _documents(args: argparse.Namespace) -> dict[str, list[tuple[str, str]] | None]:
    found: dict[str, list[tuple[str, str]] | None] = {}
    for each in DOCUMENT_OPTIONS:
        names = getattr(args, each.field)
        if names is None:
            continue
        if len(names) > 1 and (not each.repeats or NONE in names):
            raise UsageError(f"{each.option} is given {len(names)} times, and there can be only one such policy.")
        found[each.field] = None if names == [NONE] else [(_called(name), read_file(name)) for name in names]
    return found


def _called(name: str) -> str:
    return "standard input" if name == "-" else name


def _check_standard_input(args: argparse.Namespace) -> None:
    given: list[Sequence[str]] = [getattr(args, each.field) or () for each in DOCUMENT_OPTIONS]
    given.append([getattr(args, "error_file", None) or ""])
    if sum(name == "-" for names in given for name in names) > 1:
        raise UsageError("Standard input (-) can be read only once: give the other documents as files.")
    if any("-" in names for names in given) and sys.stdin is None:
        raise UsageError("There is no standard input here.")
