"""The embedded AWS: STS, IAM, Organizations, ECR, Lambda and CloudTrail, over HTTP or in the process that asks.

The way of a request from its bytes to its answer:

    http/http_server            accepts connections, and has the threads that work on requests
    http/connection(_handler)   bytes of a socket become one HTTP request, whose body is handed on in pieces
    http/gateway                is it the AWS API, or a plain route (the registry at /v2/, a layer's download)?
    request/sigv4, principals   who signed it: an `Identity`, from the keys that records/ has at this moment
    request/parse               which operation, with which parameters: a `Call`, by botocore's model in protocol/
    services/*/operations       the operation's row in its service's table: its handler, and what it needs as permission
    request/execution           may the caller? The policy engine decides, on the keys of request/context
    services/*                  the handler does it, in a unit of the database that is in force whole or not at all
    core                        `Embedded`, which handlers are given: the database, the stores, the clock
    request/render              the handler's output, or the error, in the protocol of the service

From low to high: protocol, state, records, request, services, services/registry, core, http. Each imports what is
lower, and `Embedded` for its annotations only. process/ finds, starts and stops all this from outside; the server
never imports it. Importing this package imports nothing of the above.
"""
