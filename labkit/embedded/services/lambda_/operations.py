"""AWS Lambda: the table of its operations. moto has no part in it.

    functions.create      CreateFunction, UpdateFunctionCode      names    which function a call means
    functions.functions   read, list, configure, tag, delete      roles    may Lambda assume this role?
    functions.pull        may Lambda pull this image?             checks   shapes and combinations
    functions.store       the records                             shapes   a function as the API shows it
    invoke.invoke         Invoke                                  errors   the table of errors
    invoke.code           unpacked images                         permissions   on which ARN a call is authorized
    invoke.environments   warm processes, containers              invoke.engine     the engine for containers
    invoke.runners        which of the two                        invoke.containers, container_images

What an operation needs as permission is decided before these are called.
"""

from __future__ import annotations

from labkit.embedded.protocol.calls import Operation
from labkit.embedded.services.lambda_.functions import create, functions
from labkit.embedded.services.lambda_.invoke import invoke
from labkit.embedded.services.lambda_.permissions import on_function, on_version
from labkit.embedded.services.permissions import in_account

OPERATIONS: dict[str, Operation] = {
    "CreateFunction": Operation(create.create_function, on_function),
    "UpdateFunctionCode": Operation(create.update_function_code, on_function),
    "GetFunction": Operation(functions.get_function, on_version()),
    "GetFunctionConfiguration": Operation(functions.get_function_configuration, on_version()),
    "ListFunctions": Operation(functions.list_functions, in_account),
    "UpdateFunctionConfiguration": Operation(functions.update_function_configuration, on_function),
    "DeleteFunction": Operation(functions.delete_function, on_version()),
    "ListTags": Operation(functions.list_tags, on_function),
    "TagResource": Operation(functions.tag_resource, on_function),
    "UntagResource": Operation(functions.untag_resource, on_function),
    "Invoke": Operation(invoke.invoke, on_version("InvokeFunction"), locks_itself=True),
}
