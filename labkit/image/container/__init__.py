"""A base image that runs as a container, for machines that cannot pull AWS's.

Unlike the lab's other stand-in, which is the same everywhere and has nothing to run, this one is made of the machine:
its interpreter, the libraries that this needs, AWS's runtime client, and an entrypoint and an emulator that do what
those of AWS's base images do. Its labels say so; it is never AWS's image under another name.

- :mod:`~labkit.image.container.base`: what is in it, and the archive that ``docker load`` takes.
- :mod:`~labkit.image.container.libraries`: the shared libraries that programs need.
- :mod:`~labkit.image.container.emulator`: runs inside, in the place of AWS's Runtime Interface Emulator.
"""
