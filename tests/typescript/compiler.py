"""TypeScript's compiler with the types of aws-cdk-lib, for slow tests of code that is generated.

The compiler comes from npm by the lock beside this file; the types are those that the Python packages aws-cdk-lib and
constructs bring along for jsii, so that they cost no second download.
"""

from __future__ import annotations

import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, which

LOCK = Path(__file__).with_name("package-lock.json")
_TYPED = {"aws_cdk": "aws-cdk-lib", "constructs": "constructs"}  # Python's name to npm's
_OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "commonjs")


def reason_against() -> str:
    """What is missing for it here; empty where all is there."""
    if not which("node") or not which("npm"):
        return "needs node and npm, which are not installed"
    missing = [name for name in _TYPED.values() if not find_spec(name.replace("aws-cdk-lib", "aws_cdk"))]
    return f"needs {' and '.join(missing)} of tests/requirements-slow.txt" if missing else ""


def installed(folder: Path) -> Path:
    """Install compiler and types in ``folder`` and return it; asks npm's registry."""
    for name in ("package.json", "package-lock.json"):
        copy(LOCK.with_name(name), folder)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True, timeout=300)
    for python_name, name in _TYPED.items():
        [archive] = Path(str(find_spec(python_name).origin)).parent.glob("_jsii/*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(folder / "unpacked", filter=_types_only)
        (folder / "unpacked" / "package").rename(folder / "node_modules" / name)
    return folder


def complaints(folder: Path, source: str) -> list[str]:
    """What the compiler has to say of a program, a line each; empty where it takes it."""
    (folder / "program.ts").write_text(source, encoding="utf-8")
    command = ["node", "node_modules/typescript/bin/tsc", *_OPTIONS, "program.ts"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    return done.stdout.splitlines()


def _types_only(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
    kept = member.name.endswith((".d.ts", "/package.json"))
    return tarfile.data_filter(member, path) if kept else None
