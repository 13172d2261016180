"""How policies grow with a company: how long they become, and who can pull what by then."""
