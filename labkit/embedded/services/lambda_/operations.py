"""AWS Lambda: the table of its operations. moto has no part in it.

    lambda_create       CreateFunction, UpdateFunctionCode      lambda_pull     may Lambda pull this image?
    lambda_functions    read, list, configure, tag, delete      lambda_roles    may Lambda assume this role?
    lambda_invoke       Invoke                                  lambda_checks   shapes and combinations
    lambda_names        which function a call means             lambda_shapes   a function as the API shows it
    functions           the records                             lambda_errors   the table of errors
      lambda_code       unpacked images                         lambda_environments   warm processes, containers
    lambda_runners      which of the two                        engine                the engine for containers
      containers        a function in a container               container_images      its image in the engine

What an operation needs as permission is decided before these are called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Handler
from labkit.embedded.services.lambda_.functions import create, functions
from labkit.embedded.services.lambda_.invoke import invoke

OPERATIONS: dict[str, Handler] = {
    "CreateFunction": create.create_function,
    "UpdateFunctionCode": create.update_function_code,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "ListFunctions": functions.list_functions,
    "UpdateFunctionConfiguration": functions.update_function_configuration,
    "DeleteFunction": functions.delete_function,
    "ListTags": functions.list_tags,
    "TagResource": functions.tag_resource,
    "UntagResource": functions.untag_resource,
    "Invoke": invoke.invoke,
}

#: These take the lab's lock by themselves.
UNLOCKED = frozenset({"Invoke"})
