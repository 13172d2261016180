"""Invocations: what a function runs in, as a process or in a container.

invocation         Invoke: the handler really runs, as its execution role
environments       warm ones, a pool for each function and version of its code and configuration
code               images unpacked into directories, by digest, as long as a function runs them
seals              is unpacked code still what was unpacked?
restored           what functions run from is unpacked again when they come back with a snapshot
runners            which of the two: a container where there is an engine for the image, else a process
container_engine   the engine, where one answers
container_images   the images of functions in it
containers         a function in a container
"""
