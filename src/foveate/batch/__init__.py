"""Many recordings in one command: found, worked on one by one through ``job``, and told on one page and in one table."""
