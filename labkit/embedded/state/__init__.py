"""What the embedded AWS keeps, and what it is at its first start.

moto keeps users, roles, policies, organizations and repositories (``backend``, the only module that imports it); access
keys, sessions and blobs are labkit's own. What can be decided on is read as plain ``records``. ``persistence`` and
``snapshot`` put it on disk before the call that changed it is answered; ``world``, ``settings`` and ``founding`` make
it from nothing; ``runtime`` says where the process is found.
"""
