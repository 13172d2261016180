"""Answers of AWS become `Facts`: one reader for what is asked of accounts now, collected in a folder, or saved by hand.

    answers        one call and what AWS answered; all of them, to be looked up
    folder         a folder of them: written, and read again
    saved          what people save from the aws CLI: recognised by its shape and its file's name
    authorization_details   one answer of IAM that holds the answers of many calls
    shapes         what stands in an answer, whatever stands there
    missing        from AWS's refusals to what is not known, and who could tell

The format of a folder. Each file holds one record, or a list of records, as JSON in UTF-8::

    {"call": ["ecr", "get-repository-policy", {"repositoryName": "app", "registryId": "813835382529"}],
     "account": "813835382529",          the account that asked (whose profile it was)
     "region": "eu-central-1",
     "answer": {"registryId": "...", "repositoryName": "app", "policyText": "..."}}

The service and the operation are named as the aws CLI names them, the parameters as the API does. An answer is that of
boto3 or the CLI without ``ResponseMetadata``, with all pages in one; times are ISO 8601. Where AWS refused, ``error``
stands in place of ``answer``: ``{"Code": "RepositoryPolicyNotFoundException", "Message": "..."}``; also where nothing
was answered at all (``NoCredentialsError``, ``EndpointConnectionError``, ``ExpiredTokenException``). ``index.json``
says what was asked and when: ``{"format": 1, "question": {...}, "time": "2026-11-28T12:00:00Z"}``, the question as a
diagnosis prints it.

Beside such records a folder may hold raw answers of the aws CLI, what it prints where it fails, and bare policy
documents named by their file: ``repository-policy.json``, ``scp-1-root.json``.
"""
