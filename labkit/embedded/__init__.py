"""The embedded AWS: a process of its own that answers STS, IAM, Organizations, ECR and Lambda over HTTP on loopback.

The way of a request from its bytes to its answer:

    http/connection, server     bytes of a socket become one HTTP request, whose body is read in pieces
    http/gateway                is it the AWS API, or a plain route (the registry at /v2/, a layer's download)?
    request/sigv4, principals   who signed it: an `Identity`, from the keys and policies that state/ has at this moment
    request/parse               which operation, with which parameters: a `Call`, by botocore's model in protocol/
    services/*/operations       the operation's row in its service's table: its handler, and what it needs as permission
    request/execution           may the caller? The policy engine decides, on the keys of request/context
    services/*                  the handler does it, in state/backend (moto), the image store or the function store
    core                        `Embedded`, which handlers are given, writes what has changed by state/persistence
    request/render              the handler's output, or the error, in the protocol of the service

From low to high: protocol, state, request, services, services/registry, core, http. Each imports what is lower, and
`Embedded` for its annotations only. process/ finds, starts and stops all this from outside; the server never imports
it. Importing this package imports nothing of the above.
"""
