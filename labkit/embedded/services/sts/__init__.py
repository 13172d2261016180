"""AWS STS: who am I, and may I become somebody else? Sessions are labkit's own; moto has no part in it."""
