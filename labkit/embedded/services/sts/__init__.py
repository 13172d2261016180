"""AWS STS: who am I, and may I become somebody else?"""
