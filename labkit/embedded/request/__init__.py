"""One request, from its signature to its answer: authenticate, parse, gather the context, authorize, execute, render.

Nothing here knows a service by name: the model says how its requests and answers look, and the row of its table that
is handed in says what to ask for and whom to call. So every service goes one and the same way, through the AWS API and
through the registry.

sigv4         who signed it, and when                 principals    which identity a key stands for
parse         operation and parameters; query, values     render    the answer; foreign where there is no such service
permissions   every permission that one call needs    execution     authorized, then done
context       condition keys; sources find them       endpoints     VPC endpoints that calls come through
propagation   policies as they were a moment ago      recording     what CloudTrail keeps of it
"""
