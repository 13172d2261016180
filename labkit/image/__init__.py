"""Everything about a container image that needs neither AWS nor Docker. Standard library only.

- :mod:`~labkit.image.dockerfile`, :mod:`~labkit.image.base`, :mod:`~labkit.image.assemble`: a Dockerfile becomes an
  image that can be pushed, on a stand-in for AWS's base image.
- :mod:`~labkit.image.manifest`, :mod:`~labkit.image.filesystem`: what a registry and Lambda need to know of any image.
- :mod:`~labkit.image.runtime`, :mod:`~labkit.image.pool`, :mod:`~labkit.image.local`: an image's function runs.
"""

from labkit.image.assemble import build
from labkit.image.model import Image

__all__ = ["Image", "build"]
