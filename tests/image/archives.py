"""Archives made by hand, and what is written in an image."""

import io
import json
import tarfile

from labkit.image.format.archive import read
from labkit.image.format.image import Image


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


def document_of(image: Image):
    """Return an image's configuration document as it is written."""
    return json.loads(read(image.blobs[image.config_digest]))
