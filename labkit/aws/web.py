"""How requests reaches an AWS that answers in this very process: by a transport adapter, its own interface for that.

Apart from `labkit.aws.transport`, which does the same for boto3, since what reads accounts has boto3 and nothing else.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from labkit.ground.addresses import application_at, exchange


class Adapter(HTTPAdapter):
    """Requests' transport that asks this process first."""

    def send(self, request: requests.PreparedRequest, *more: Any, **options: Any) -> requests.Response:
        """Send one request. Raises what `HTTPAdapter` raises."""
        url = str(request.url)
        application = application_at(url)
        if application is None:
            return super().send(request, *more, **options)
        answered = exchange(application, str(request.method), url, request.headers, request.body)
        return self.build_response(
            request,
            HTTPResponse(
                answered.body, answered.headers, answered.status, reason=answered.reason, preload_content=False
            ),
        )


def web() -> requests.Session:
    """A session of requests that reaches this process too; close it."""
    session = requests.Session()
    session.mount("http://127.0.0.1", Adapter())
    return session
