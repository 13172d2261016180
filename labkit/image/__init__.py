"""Everything about a container image that needs neither AWS nor Docker. Standard library only.

- :mod:`~labkit.image.build.dockerfile`, :mod:`~labkit.image.build.stand_in`, :mod:`~labkit.image.build.assemble`: a
  Dockerfile becomes an image that can be pushed, on a stand-in for AWS's base image.
- :mod:`~labkit.image.format.manifest`, :mod:`~labkit.image.run.filesystem`: what a registry and Lambda need to know of
  any image.
- :mod:`~labkit.image.run.runtime`, :mod:`~labkit.image.run.pool`, :mod:`~labkit.image.run.local`: an image's function
  runs.
"""

from labkit.image.build.assemble import build
from labkit.image.format.image import Image

__all__ = ["Image", "build"]
