"""Django's PostgreSQL backend, whose connections take the role of their process."""
