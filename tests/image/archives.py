"""Archives made by hand."""

import io
import tarfile


def tar(*members):
    """Return a tar archive of ``(name, content)`` files and ``(name, type, linkname)`` others."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, *rest in members:
            info = tarfile.TarInfo(name)
            if len(rest) == 1:
                info.size = len(rest[0])
                archive.addfile(info, io.BytesIO(rest[0]))
            else:
                info.type, info.linkname = rest
                info.mode = 0o755
                archive.addfile(info)
    return out.getvalue()
