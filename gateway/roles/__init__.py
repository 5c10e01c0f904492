"""The loop of each role. A role waits for work, hands it to its use case, and stops gracefully.

Each has ``run()``, which returns only after ``stop()`` (or raises: the supervisor then logs, counts and restarts it).
A database or broker that is away is a log line and another try, never a stack trace.
"""
