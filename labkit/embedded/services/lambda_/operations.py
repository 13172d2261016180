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

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.lambda_.functions import create, functions
from labkit.embedded.services.lambda_.invoke import invoke
from labkit.embedded.services.lambda_.permissions import on_function, on_resource
from labkit.embedded.services.permissions import in_account

OPERATIONS: dict[str, Operation] = {
    "CreateFunction": Operation(create.create_function, on_function()),
    "UpdateFunctionCode": Operation(create.update_function_code, on_function()),
    "GetFunction": Operation(functions.get_function, on_function()),
    "GetFunctionConfiguration": Operation(functions.get_function_configuration, on_function()),
    "ListFunctions": Operation(functions.list_functions, in_account),
    "UpdateFunctionConfiguration": Operation(functions.update_function_configuration, on_function()),
    "DeleteFunction": Operation(functions.delete_function, on_function()),
    "ListTags": Operation(functions.list_tags, on_resource("Resource")),
    "TagResource": Operation(functions.tag_resource, on_resource("Resource")),
    "UntagResource": Operation(functions.untag_resource, on_resource("Resource")),
    "Invoke": Operation(invoke.invoke, on_function("InvokeFunction"), locks_itself=True),
}
