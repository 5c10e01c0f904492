"""The behaviour suite: written once, run over {SQLite, PostgreSQL} and {in-process bus, RabbitMQ}."""
