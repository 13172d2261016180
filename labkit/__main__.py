"""``python3 -m labkit``: the door to every command.

Old Pythons must be able to read this file, back to 2.7, because it is the one that tells them that they are
too old. So: plain ASCII, no annotations, no f-strings, nothing imported before the version is known.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this line is for the Pythons that the project does not support)
    sys.stderr.write(
        "labkit: this is Python "
        + ".".join(str(part) for part in sys.version_info[:3])
        + " ("
        + str(sys.executable)
        + "), and the lab needs Python 3.11 or newer; start it with one, for example: python3.12 -m labkit\n"
    )
    sys.exit(2)

if __name__ == "__main__":
    from labkit.bootstrap import main

    sys.exit(main(sys.argv[1:]))
