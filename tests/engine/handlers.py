"""A handler that does what the event asks for."""

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

def sleep(event, context):
    time.sleep(60)

def much(event, context):
    return "x" * 7_000_000

def eat(event, context):
    return len(bytearray(400 << 20))
"""
