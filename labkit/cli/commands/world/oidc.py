"""Give the lab the public keys of an identity provider, so that its tokens let pipelines assume roles.

On AWS, STS fetches the keys from the provider. The lab fetches nothing: get the provider's JSON Web Key Set yourself,
and name the file. Its address is "jwks_uri" in URL/.well-known/openid-configuration. For GitHub Actions:

  curl -o jwks.json https://token.actions.githubusercontent.com/.well-known/jwks
  labkit oidc add https://token.actions.githubusercontent.com jwks.json
  labkit oidc list            whose keys the lab has
  labkit oidc remove https://token.actions.githubusercontent.com

The rest is as on AWS: 'aws iam create-open-id-connect-provider' makes the provider in an account, a role's trust policy
names it, and 'aws sts assume-role-with-web-identity' takes the token. Its signature is checked, and by the lab's clock
whether it has expired ('labkit clock').

To try it without GitHub, be a provider yourself: sign tokens with a key of your own and give the lab its public half.
Adding keys again takes the place of those that were there. 'labkit reset' forgets them; a snapshot has them.

Starts the embedded AWS if it is not up. Exits with 1 where there is nothing to remove, and with 2 for a URL or a file
that cannot be used; then nothing is changed.
"""

from __future__ import annotations

import argparse
import json

from labkit.cli.documents import read_file
from labkit.ground.text import visible


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit oidc``."""
    actions = parser.add_subparsers(metavar="add|list|remove", required=True)
    add = actions.add_parser("add", help="give the lab the keys of an issuer")
    add.add_argument("url", metavar="URL", help="the issuer, as its tokens name it, such as https://gitlab.com")
    add.add_argument("file", metavar="JWKS_FILE", help="its public keys, a JSON Web Key Set; - for input")
    add.set_defaults(act=_add)
    listed = actions.add_parser("list", help="show whose keys the lab has")
    listed.add_argument("--json", action="store_true", help="print a JSON object: issuer to the names of its keys")
    listed.set_defaults(act=_list)
    remove = actions.add_parser("remove", help="take the keys of an issuer from the lab")
    remove.add_argument("url", metavar="URL")
    remove.set_defaults(act=_remove)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for; 1 when the answer to the question is no."""
    code: int = args.act(args)
    return code


def _add(args: argparse.Namespace) -> int:
    from labkit.embedded.process import issuers

    names = issuers.give(None, args.url, read_file(args.file))
    keys = "1 key" if len(names) == 1 else f"{len(names)} keys"
    print(visible(f"The lab has {keys} of {args.url}: {', '.join(names)}."))
    return 0


def _list(args: argparse.Namespace) -> int:
    from labkit.embedded.process import issuers

    found = issuers.known(None)
    if args.json:
        print(json.dumps(found, indent=2))
    elif not found:
        print("The lab has the keys of no issuer. Give it some: labkit oidc add URL JWKS_FILE")
    else:
        for url, names in found.items():
            print(visible(f"{url}  {', '.join(names)}"))
    return 0


def _remove(args: argparse.Namespace) -> int:
    from labkit.embedded.process import issuers

    if issuers.take(None, args.url):
        print(visible(f"The lab has no keys of {args.url} any more."))
        return 0
    print(visible(f"The lab had no keys of {args.url}."))
    return 1
