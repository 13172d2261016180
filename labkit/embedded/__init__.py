"""The embedded AWS: a process of its own that answers STS, IAM, ECR, Lambda and Organizations over HTTP on loopback.

    client.py      finds, starts, stops and resets the process            (what the rest of the lab imports)
    __main__.py    the process: server.py (cheroot) in front of gateway.py
    gateway.py     one request: sigv4 → principals → parse → actions → handler → render
    core.py        `Embedded`, the world that handlers are given
    sts.py iam.py organizations.py ecr.py lambda_.py    the operations, one table per service
    backend.py     moto as the state behind it; the only module that imports moto

Importing this package imports nothing of the above.
"""
