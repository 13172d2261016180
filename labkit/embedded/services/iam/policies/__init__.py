"""Documents, managed and inline policies, attachments, boundaries."""
