"""What runs inside a function's process: the bootstrap, and a stand-in for AWS's native runtime client."""
