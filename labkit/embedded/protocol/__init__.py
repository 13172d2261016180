"""The words of AWS's protocols, in which everything above speaks: calls, HTTP messages, models, constraints, errors.

Values and tables, no state: a `Call` is what was understood of a request, an `Operation` is a row of a service's table,
a `ServiceError` is an answer. What differs between the query, JSON and REST protocols is in tables by the protocol.
"""
