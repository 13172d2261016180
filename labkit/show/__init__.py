"""What people see: steps, decisions, the organization, as text, HTML and widgets. Nothing is decided here.

Each widget has a folder: a model that is plain Python, the widget that draws it, and their parts. A view is taken from
``labkit`` (``from labkit import policy_editor``), and loads no other.
"""
