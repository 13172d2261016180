"""What a terminal shows of decisions, pulls and scenarios. Drawn by rich."""
