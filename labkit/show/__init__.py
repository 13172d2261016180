"""What people see: steps, decisions, the organization, as text, HTML and widgets. Nothing is decided here."""
