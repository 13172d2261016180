"""Running the handler of an image: its files, its process, Lambda's Runtime API.

    filesystem       layers become a directory, which nothing leaves
    limits           what layers may ask for: bytes, entries, depth, room on the disk
    function         what Lambda knows of a function when it starts it
    runtime_api      where AWS's runtime client gets events and leaves answers
    process          a function's process, with all that it starts
    confinement      what it is kept from; orphans ends what it has left behind
    interpreter      a handler in this very interpreter, where there are no processes
    surroundings     what surrounds it there
    runtime          an execution environment: one process, one invocation at a time
    pool             as many of them as calls, up to a limit
    result           what an invocation returns, in Lambda's words
    local            an image tried before any AWS, behind the emulator's URL
    emulator         the same inside a container on the lab's stand-in
    loopback, peers  a small server on 127.0.0.1, and who is at the other end
    lambda_runtime   what runs inside a function's process

What goes wrong in a function is a result, as on Lambda, not an exception. A container runs through the same code: it is
another `labkit.image.run.runtime.Process`.
"""
