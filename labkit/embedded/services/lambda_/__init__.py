"""AWS Lambda: functions made of container images, and their invocations."""
