"""A Docker engine: found, used to build, push, pull and try images.

    engine_choice    which engine is wanted: Docker, the lab by itself, or whichever is there
    daemon           whether a Docker engine answers, never longer than three seconds
    base_images      what FROM names, present in the engine: pulled, or the lab's stand-in loaded
    building         the image of a folder, built by the engine
    buildx           the image of a folder, built with or without provenance by docker's buildx
    registry         names, login, push and pull through the engine
    moved_registry   images follow the registry when its address changes
    trial            the image in a container, behind the emulator's URL
    trial_marks      which of such containers belong to a process that is gone
    streams          what an engine says while it works

An image has one name everywhere, its ECR name. Docker alone is told another where the registry is not at the host of
that name, as on the embedded AWS: the registry's address with the ECR name behind it. Who uses an engine, and when, is
decided above (`labkit.lab.engine`, `labkit.embedded.services.lambda_.invoke.runners`).
"""
