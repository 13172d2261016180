"""The services: their operations, and the permissions that each of them needs."""
