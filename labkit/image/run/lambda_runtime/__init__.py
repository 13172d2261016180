"""What runs inside a function's process, in a folder of its own so that nothing else can be imported from there.

bootstrap        starts AWS's runtime client with the handler
runtime_client   a stand-in for that client's native module, where there is none
"""
