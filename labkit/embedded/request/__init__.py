"""One request, from its signature to its answer: authenticate, parse, gather the context, authorize, execute, render.

Nothing here knows a service by name: the model says how its requests and answers look, and the row of its table that
is handed in says what to ask for and whom to call. So every service goes one and the same way, through the AWS API and
through the registry.
"""
