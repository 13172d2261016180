"""A function for each thing that a handler may do, as the module ``code``."""

CASES = """\
import json, os, signal, subprocess, sys
def raises(event, context): raise ValueError("bad value")
def a_set(event, context): return {1}
def exits(event, context): print("about to"); sys.exit(event)
def hard(event, context): os._exit(7)
def killed(event, context): os.kill(os.getpid(), event)
def echo(event, context): return event
def pid(event, context): return os.getpid()
def umlaut(event, context): return "ü"
def big(event, context): return "x" * (event - 2)
def talks(event, context): print("one"); print("two", file=sys.stderr); sys.stdout.write("three")
def chatty(event, context): print("x" * 5000 + "end")
def environment(event, context): return dict(os.environ)
def where(event, context): return [os.getcwd(), sys.path[0], __file__]
def about(event, context):
    return [context.aws_request_id, context.invoked_function_arn, context.function_name, context.function_version,
            context.memory_limit_in_mb, 0 < context.get_remaining_time_in_millis() <= 60_000]
def client(event, context): return context.client_context.custom
"""
