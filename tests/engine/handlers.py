"""A handler that does what the event asks for, and how to ask."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.embedded.lab_of_tests import Lab

HANDLERS = """
import json, os, socket, sys, time, urllib.request

count = 0

def handler(event, context):
    return globals()[event["do"]](event, context)

def greet(event, context):
    global count
    count += 1
    return [sys.executable, count]

def environment(event, context):
    return dict(os.environ)

def status(event, context):
    lines = open("/proc/self/status").read().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

def write(event, context):
    with open(event["path"], "w") as file:
        file.write("x")
    return os.path.exists(event["path"])

def reach(event, context):
    try:
        return urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"]).status
    except urllib.error.HTTPError as error:
        return error.code

def say(event, context):
    print("said by the handler")
    print("and to standard error", file=sys.stderr)

def fail(event, context):
    raise ValueError("bad value")

def leave(event, context):
    sys.exit(event["code"])

def end(event, context):
    os._exit(event["code"])

def wait(event, context):
    with socket.create_connection(event["at"]) as test:
        test.recv(1)

def sleep(event, context):
    time.sleep(60)

def much(event, context):
    return "x" * 7_000_000

def eat(event, context):
    return len(bytearray(400 << 20))
"""


def invoke(aws: Lab, function: str, do: str = "greet", log: bool = False, **event: Any) -> Any:
    """What the handler answers, or with ``log`` the log."""
    more = {"LogType": "Tail"} if log else {}
    answer = aws.client("registry", "lambda").invoke(
        FunctionName=function, Payload=json.dumps({"do": do, **event}), **more
    )
    payload = json.loads(answer["Payload"].read())
    if log:
        return base64.b64decode(answer["LogResult"]).decode()
    return payload
