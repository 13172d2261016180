"""The services' models, from botocore's public data: operations, shapes, URIs. Each is loaded once, on first use."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

#: The services that the embedded AWS answers.
SERVICES = frozenset({"sts", "iam", "organizations", "ecr", "lambda", "cloudtrail"})


@cache
def service_model(service: str) -> ServiceModel:
    """The model of one of `SERVICES`."""
    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


@cache
def _loader() -> Loader:
    return Loader()  # it looks once which services there are, which takes longer than most models


def protocol_of(service: str) -> str:
    """The protocol in which one of `SERVICES` is spoken to: ``query``, ``json`` or ``rest-json``."""
    return str(service_model(service).protocol)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    """The model of an operation; raises `botocore.model.OperationNotFoundError`."""
    return service_model(service).operation_model(operation)


@cache
def operation_names(service: str) -> frozenset[str]:
    """The names of all operations that the service's model has."""
    return frozenset(service_model(service).operation_names)
